//! One message until it is stored: refusals for a while are waited out, lost answers asked again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::time::{sleep, timeout};

use super::people::People;
use super::plan::Post;
use crate::client::{Answer, OpenError};

/// Longer than the server may take for one message.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a message is tried; with the pauses in between about two minutes.
const ATTEMPTS: u32 = 60;
/// Pause before trying again where the server names none.
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Why something is tried again: how often, over all messages.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    pub(super) rate_limited: AtomicU64,
    pub(super) busy: AtomicU64,
    pub(super) lost: AtomicU64,
}

/// Where a message is.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) sequence: u64,
    /// RFC 3339, as the server has it.
    pub(super) timestamp: String,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum PostError {
    #[error("{code}: {message}")]
    Refused { code: String, message: String },
    #[error("an ack without sequence or timestamp")]
    Ack,
    #[error("no answer in {ATTEMPTS} attempts")]
    Lost(#[source] Option<OpenError>),
}

pub(super) async fn post(
    people: &People,
    post: &Post,
    told_time: bool,
    repeats: &Repeats,
) -> Result<Stored, PostError> {
    let mut frame = json!({"action": "sendMessage", "content": post.content, "nonce": post.nonce});
    if told_time {
        frame["emulatorTime"] = post.at_ms.into();
    }
    let frame = frame.to_string();
    let mut last = None;
    for attempt in 0..ATTEMPTS {
        let seat = match people.seat(&post.room, &post.user).await {
            Ok(seat) => seat,
            // A wrong token or a banned user: trying again cannot help.
            Err(OpenError::Refused { status, body }) if status != 429 && status < 500 => {
                return Err(PostError::Refused { code: format!("status {status}"), message: body });
            }
            Err(error) => {
                last = Some(error);
                repeats.lost.fetch_add(1, Ordering::Relaxed);
                sleep(pause(attempt)).await;
                continue;
            }
        };
        let asked = async { seat.get()?.ask(&post.nonce, frame.clone()).await };
        match timeout(PATIENCE, asked).await.ok().flatten() {
            Some(Answer { code: None, sequence: Some(sequence), timestamp: Some(timestamp), .. }) => {
                return Ok(Stored { sequence, timestamp });
            }
            Some(Answer { code: None, .. }) => return Err(PostError::Ack),
            Some(Answer { code: Some(code), message, retry_after_ms, .. }) => {
                let counter = match code.as_str() {
                    "rate_limited" | "slow_mode" => &repeats.rate_limited,
                    "room_busy" | "internal" => &repeats.busy,
                    _ => return Err(PostError::Refused { code, message: message.unwrap_or_default() }),
                };
                counter.fetch_add(1, Ordering::Relaxed);
                sleep(retry_after_ms.map_or(pause(attempt), Duration::from_millis)).await;
            }
            None => {
                repeats.lost.fetch_add(1, Ordering::Relaxed);
                sleep(pause(attempt)).await;
            }
        }
    }
    Err(PostError::Lost(last))
}

fn pause(attempt: u32) -> Duration {
    (PAUSE * (attempt + 1)).min(LONGEST_PAUSE)
}
