//! The open connections of an emulator, and posting to them: what a broadcast calls for every
//! recipient, so it is kept short. The HTTP form of the same is in `management`.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use bytes::Bytes;
use parking_lot::RwLock;
use tokio::sync::watch;

use crate::codec::{EncodedFrame, MAX_MESSAGE_BYTES};
use crate::faults::{ConnectionsFault, Faults};
use crate::gateway::{Connection, Ending, Throttle};
use crate::ids::Id;
use crate::template::MAX_INTEGRATION_TIMEOUT;
use crate::{management, sdk};

/// So many that posting from every core seldom meets another one.
const SHARDS: usize = 16;

/// The open connections of one emulator. Cheap to clone; may be made before the emulator, so that
/// functions can hold it.
#[derive(Clone, Debug, Default)]
pub struct Connections(Arc<Registry>);

#[derive(Debug, Default)]
struct Registry {
    shards: [RwLock<HashMap<Id, Arc<Connection>>>; SHARDS],
    hasher: RandomState,
    faults: OnceLock<Faults>,
    /// The stages that URLs may name.
    stages: RwLock<Vec<String>>,
    /// Connections that `$connect` is deciding on, where somebody may wait for that.
    connecting: OnceLock<RwLock<HashMap<Id, watch::Receiver<()>>>>,
}

/// A handshake that `$connect` is deciding on.
pub(crate) struct Connecting {
    connections: Connections,
    id: Id,
    /// Those who wait are told by its end.
    _undecided: watch::Sender<()>,
}

impl Drop for Connecting {
    fn drop(&mut self) {
        if let Some(connecting) = self.connections.0.connecting.get() {
            connecting.write().remove(&self.id);
        }
    }
}

/// Why a post was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// Closed, never there, or not yet open. HTTP 410.
    #[error("the connection is gone")]
    Gone,
    /// Not of the service's form. HTTP 400.
    #[error("the connection id is malformed")]
    InvalidId,
    /// More than 128 KB. HTTP 413.
    #[error("the message is over 128 KB")]
    TooLarge,
    /// The client does not read fast enough. HTTP 429.
    #[error("the client's queue is full")]
    LimitExceeded,
    /// The service failed, or its answer was lost; only where a fault was wanted. HTTP 500.
    #[error("internal server error")]
    Internal,
    /// Clients get text frames, which must be UTF-8. HTTP 400.
    #[error("the message is not UTF-8")]
    NotText,
}

impl Connections {
    /// No connections.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many connections are open.
    pub fn len(&self) -> usize {
        self.0.shards.iter().map(|shard| shard.read().len()).sum()
    }

    /// Whether no connection is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sends a text message of at most 128 KB to one client. Accepted is not received.
    pub fn post(&self, connection_id: &str, data: &[u8]) -> Result<(), PostError> {
        let connection = self.find(connection_id)?;
        let wire = wire(&connection, data)?;
        self.post_faulty(connection, wire)
    }

    /// Sends a message that is encoded already; its text is not checked again.
    pub fn post_frame(&self, connection_id: &str, frame: &EncodedFrame) -> Result<(), PostError> {
        let connection = self.find(connection_id)?;
        let wire = connection.wire(frame);
        self.post_faulty(connection, wire)
    }

    /// An HTTP client for an unmodified `aws-sdk-apigatewaymanagement` client: it is answered by
    /// these connections, without a socket. The endpoint's path must be the stage, as on AWS.
    pub fn http_client(&self) -> SharedHttpClient {
        let connections = self.clone();
        sdk::breakable(move |request| {
            let connections = connections.clone();
            async move {
                let answer = management::respond(&connections, &request, false).await;
                answer.unwrap_or_else(|| Ok(management::forbidden()))
            }
        })
    }

    /// A post without HTTP, which meets the same faults.
    fn post_faulty(&self, connection: Arc<Connection>, wire: Bytes) -> Result<(), PostError> {
        if !is_within_limit(&connection) {
            return Err(PostError::LimitExceeded);
        }
        match self.faults().on_connections("POST") {
            None => push(&connection, wire),
            Some(ConnectionsFault::Gone) => Err(PostError::Gone),
            Some(ConnectionsFault::Throttle) => Err(PostError::LimitExceeded),
            Some(ConnectionsFault::Internal) => Err(PostError::Internal),
            Some(ConnectionsFault::LoseReply) => {
                push(&connection, wire)?;
                Err(PostError::Internal)
            }
            Some(ConnectionsFault::Delay(ms)) => {
                // The caller does not wait here: only the frame is late.
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                    if let Err(error) = push(&connection, wire) {
                        tracing::debug!(connection = %connection.id(), %error, "a late post");
                    }
                });
                Ok(())
            }
        }
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        // The first ones stay: connections are of one emulator.
        let _set = self.0.faults.set(faults);
    }

    pub(crate) fn faults(&self) -> &Faults {
        self.0.faults.get_or_init(Faults::none)
    }

    pub(crate) fn insert(&self, connection: Arc<Connection>) {
        self.shard(connection.id()).write().insert(connection.id(), connection);
    }

    pub(crate) fn remove(&self, id: Id) -> Option<Arc<Connection>> {
        self.shard(id).write().remove(&id)
    }

    pub(crate) fn get(&self, id: Id) -> Option<Arc<Connection>> {
        self.shard(id).read().get(&id).cloned()
    }

    /// At most `limit` of the open connections.
    pub(crate) fn some(&self, limit: usize) -> Vec<Arc<Connection>> {
        let mut some = Vec::new();
        for shard in &self.0.shards {
            some.extend(shard.read().values().take(limit - some.len()).cloned());
        }
        some
    }

    /// From here on calls about a connection that is being decided on wait for the decision.
    pub(crate) fn wait_for_connect(&self) {
        let _there = self.0.connecting.get_or_init(RwLock::default);
    }

    /// `$connect` begins to decide, until the result is dropped.
    pub(crate) fn begin_connect(&self, id: Id) -> Option<Connecting> {
        let connecting = self.0.connecting.get()?;
        let (undecided, decided) = watch::channel(());
        connecting.write().insert(id, decided);
        Some(Connecting { connections: self.clone(), id, _undecided: undecided })
    }

    /// Waits until `$connect` has decided on a connection, but no longer than it may take.
    pub(crate) async fn connect_decided(&self, id: Id) {
        let waiting = self.0.connecting.get().and_then(|connecting| connecting.read().get(&id).cloned());
        if let Some(mut decided) = waiting {
            let _in_time = tokio::time::timeout(MAX_INTEGRATION_TIMEOUT, decided.changed()).await;
        }
    }

    /// Asks every connection to close.
    pub(crate) fn close_all(&self, ending: &Ending) -> usize {
        let mut closed = 0;
        for shard in &self.0.shards {
            for connection in shard.read().values() {
                connection.outbox.close(ending.clone());
                closed += 1;
            }
        }
        closed
    }

    pub(crate) fn serve_stage(&self, stage: &str) {
        self.0.stages.write().push(stage.to_owned());
    }

    pub(crate) fn has_stage(&self, stage: &str) -> bool {
        self.0.stages.read().iter().any(|known| known == stage)
    }

    fn find(&self, connection_id: &str) -> Result<Arc<Connection>, PostError> {
        let id = Id::parse(connection_id).ok_or(PostError::InvalidId)?;
        self.get(id).ok_or(PostError::Gone)
    }

    fn shard(&self, id: Id) -> &RwLock<HashMap<Id, Arc<Connection>>> {
        let hash = self.0.hasher.hash_one(id);
        &self.0.shards[hash as usize % SHARDS]
    }
}

pub(crate) fn post_to(connection: &Connection, data: &[u8]) -> Result<(), PostError> {
    push(connection, wire(connection, data)?)
}

/// Whether the stage's limit lets one more call pass.
pub(crate) fn is_within_limit(connection: &Connection) -> bool {
    connection.api.callbacks.as_ref().is_none_or(Throttle::admits)
}

/// The bytes for one client's socket.
fn wire(connection: &Connection, data: &[u8]) -> Result<Bytes, PostError> {
    if data.len() > MAX_MESSAGE_BYTES {
        return Err(PostError::TooLarge);
    }
    let doubts = &connection.api.doubts;
    let frame = match std::str::from_utf8(data) {
        Ok(_) if doubts.whole_posts => EncodedFrame::whole_text(data),
        Ok(_) => EncodedFrame::text(data),
        Err(_) if doubts.binary_posts => EncodedFrame::binary(data),
        Err(_) => return Err(PostError::NotText),
    };
    Ok(connection.wire(&frame))
}

fn push(connection: &Connection, wire: Bytes) -> Result<(), PostError> {
    let limit = connection.api.limits.outbound_bytes;
    let bytes = wire.len();
    connection.outbox.push(wire, limit).map_err(|_full| PostError::LimitExceeded)?;
    connection.touch();
    tracing::debug!(connection = %connection.id(), bytes, "posted");
    Ok(())
}
