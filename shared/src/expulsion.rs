//! Closing the connections of somebody who may not be in a room.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use crate::App;
use crate::domain::ConnectionId;
use crate::logging::chain;
use crate::management::{Connections, DeliveryError};

/// How long a connection that is not open yet, or a gateway that is busy, is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

const FIRST_BACKOFF: Duration = Duration::from_millis(50);

/// Closes connections. One that cannot be closed is forgotten, so that no message reaches it; who is
/// on it stays muted. Best effort: what holds whatever happens here is the ban and the mute.
pub async fn close_all(app: &App, connections: &Connections, ids: impl IntoIterator<Item = ConnectionId>) {
    join_all(ids.into_iter().map(|id| close(app, connections, id))).await;
}

async fn close(app: &App, connections: &Connections, id: ConnectionId) {
    let deadline = Instant::now() + PATIENCE;
    let mut backoff = FIRST_BACKOFF;
    loop {
        match connections.close(&id).await {
            // Its row goes with `$disconnect`.
            Ok(()) => return,
            // A connection whose 101 is on its way is as gone to the gateway as one that was closed.
            Err(DeliveryError::Gone | DeliveryError::Throttled) if Instant::now() + backoff < deadline => {
                sleep(backoff).await;
                backoff *= 2;
            }
            Err(error) => {
                if !matches!(error, DeliveryError::Gone) {
                    let connection_id = id.as_str();
                    tracing::warn!(connection_id, error = chain(&error), "a connection could not be closed");
                }
                break;
            }
        }
    }
    if let Err(error) = app.store.connection_delete(&id).await {
        let connection_id = id.as_str();
        tracing::warn!(connection_id, error = chain(&error), "a connection could not be forgotten");
    }
}
