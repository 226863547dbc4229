//! What EventBridge sends when it is time.
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html>

use serde::Deserialize;

use crate::domain::Timestamp;
use crate::reply::Failure;

/// A schedule's event.
#[derive(Clone, Debug, Deserialize)]
pub struct ScheduledEvent {
    /// When it was due: RFC 3339 to the second.
    pub time: String,
}

impl ScheduledEvent {
    /// *Now* for a handler.
    pub fn now(&self) -> Result<Timestamp, Failure> {
        // Our own texts have milliseconds.
        let seconds = self.time.strip_suffix('Z').unwrap_or(&self.time);
        Ok(Timestamp::parse(&format!("{seconds}.000Z"))?)
    }
}
