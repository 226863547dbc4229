//! One message of a log, whatever the format.

/// Texts are as the log has them: hostile, and not yet fit for a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Milliseconds since 1970; since the log's beginning where it says no more.
    pub at_ms: i64,
    /// Milliseconds since the beginning of the recording, which labels refer to; before it if negative.
    pub offset_ms: i64,
    /// `None` where the format has no rooms.
    pub room: Option<String>,
    pub user: String,
    pub content: String,
}
