//! One WebSocket of one user: frames out, and the answer to each by its nonce.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio_tungstenite::tungstenite::{Error, Message};

/// What the server said about a message.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    #[serde(rename = "type")]
    kind: String,
    nonce: String,
    pub(crate) sequence: Option<u64>,
    /// RFC 3339.
    pub(crate) timestamp: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) retry_after_ms: Option<u64>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("the handshake was refused with status {status}: {body}")]
    Refused { status: u16, body: String },
    #[error("cannot connect")]
    Failed(#[source] Box<Error>),
}

/// Those who wait, by nonce. Dropping one tells it that there will be no answer.
type Waiting = Arc<Mutex<Option<HashMap<String, oneshot::Sender<Answer>>>>>;

/// Dropping it closes the socket.
#[derive(Debug)]
pub(crate) struct Connection {
    outbox: mpsc::UnboundedSender<String>,
    waiting: Waiting,
    socket: AbortHandle,
}

impl Connection {
    pub(crate) async fn open(url: &str) -> Result<Self, OpenError> {
        let (socket, _) = tokio_tungstenite::connect_async(url).await.map_err(|error| match error {
            Error::Http(response) => {
                let body = response.body().as_deref().unwrap_or_default();
                let body = String::from_utf8_lossy(&body[..body.len().min(200)]).escape_debug().to_string();
                OpenError::Refused { status: response.status().as_u16(), body }
            }
            other => OpenError::Failed(Box::new(other)),
        })?;
        let (mut sink, mut stream) = socket.split();
        let (outbox, mut queue) = mpsc::unbounded_channel::<String>();
        let waiting: Waiting = Arc::new(Mutex::new(Some(HashMap::new())));
        let answers = Arc::clone(&waiting);
        let socket = tokio::spawn(async move {
            loop {
                tokio::select! {
                    frame = queue.recv() => match frame {
                        Some(frame) => if sink.send(Message::text(frame)).await.is_err() { break },
                        None => break,
                    },
                    received = stream.next() => match received {
                        Some(Ok(Message::Text(text))) => text.split('\n').for_each(|line| answer(&answers, line)),
                        Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                        Some(Ok(_)) => {}
                    },
                }
            }
            // Whoever waits still learns that it is in vain.
            answers.lock().unwrap_or_else(PoisonError::into_inner).take();
            let _closed_already = sink.close().await;
        });
        Ok(Self { outbox, waiting, socket: socket.abort_handle() })
    }

    /// The network goes away: nobody says goodbye.
    pub(crate) fn vanish(self) {
        self.socket.abort();
    }

    /// Whether there can still be answers.
    pub(crate) fn is_open(&self) -> bool {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Sends a frame that has this nonce; `None` if the connection ended before the answer.
    pub(crate) async fn ask(&self, nonce: &str, frame: String) -> Option<Answer> {
        let (reply, answer) = oneshot::channel();
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.as_mut()?.insert(nonce.to_owned(), reply);
        }
        self.outbox.send(frame).ok()?;
        answer.await.ok()
    }
}

/// The sender's own copy of a message has its nonce too, and is no answer.
fn answer(waiting: &Waiting, line: &str) {
    if !line.contains("\"nonce\"") {
        return;
    }
    let Ok(answer) = serde_json::from_str::<Answer>(line) else { return };
    if answer.kind != "ack" && answer.kind != "error" {
        return;
    }
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let reply = waiting.as_mut().and_then(|waiting| waiting.remove(&answer.nonce));
    if let Some(reply) = reply {
        // Nobody waits any more where time ran out, and it is asked again.
        let _timed_out = reply.send(answer);
    }
}
