//! Waits until the server has counted what it stored, and reads both back.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::recount::Said;
use crate::client::{HttpApi, HttpError};

/// How often the analytics are asked whether they are there yet.
const EVERY: Duration = Duration::from_millis(250);

/// The analytics of a room once they have counted `messages`, or what they say when time is up.
pub(crate) async fn analytics(
    api: &HttpApi,
    room: &str,
    messages: u64,
    now: Option<i64>,
    deadline: Instant,
) -> Result<Value, HttpError> {
    let path = format!("/api/rooms/{room}/analytics?window=24h");
    loop {
        let said = api.json(&path, now).await?;
        let counted = said["total"]["messages"].as_u64().unwrap_or_default() >= messages;
        if (counted && said["lagMs"].as_u64() == Some(0)) || Instant::now() > deadline {
            return Ok(said);
        }
        sleep(EVERY).await;
    }
}

/// All messages of a room, oldest first.
pub(crate) async fn history(api: &HttpApi, room: &str, now: Option<i64>) -> Result<Vec<Said>, HttpError> {
    let mut all = Vec::new();
    let mut after = Some(0);
    while let Some(cursor) = after {
        let page = api.json(&format!("/api/rooms/{room}/messages?limit=200&after={cursor}"), now).await?;
        let text = |message: &Value, field: &str| message[field].as_str().unwrap_or_default().to_owned();
        all.extend(page["messages"].as_array().into_iter().flatten().map(|message| Said {
            sequence: message["sequence"].as_u64().unwrap_or_default(),
            user: text(message, "userId"),
            content: text(message, "content"),
            timestamp: text(message, "timestamp"),
        }));
        after = page["next"].as_u64();
    }
    Ok(all)
}
