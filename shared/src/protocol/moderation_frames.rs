//! The frames and entries that tell of what moderators do.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{
    Content, Deed, LogEntry, MessageId, Operation, RoomId, Sequence, SettingsChange, Timestamp, UserId,
};

/// `system`: an announcement to everybody in the room.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename = "system", rename_all = "camelCase")]
pub struct SystemFrame<'a> {
    #[schema(value_type = RoomId)]
    room_id: &'a str,
    #[schema(value_type = Content)]
    content: &'a str,
    #[schema(value_type = Timestamp)]
    timestamp: String,
}

impl<'a> SystemFrame<'a> {
    /// An announcement in a room.
    pub fn new(room: &'a RoomId, content: &'a Content, at: Timestamp) -> Self {
        Self { room_id: room.as_str(), content: content.as_str(), timestamp: at.to_string() }
    }
}

/// `delete`: a message was deleted; clients take it away.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename = "delete", rename_all = "camelCase")]
pub struct DeleteFrame<'a> {
    #[schema(value_type = RoomId)]
    room_id: &'a str,
    #[schema(value_type = Sequence)]
    sequence: u64,
    #[schema(value_type = MessageId)]
    message_id: String,
}

impl<'a> DeleteFrame<'a> {
    /// A message of a room.
    pub fn new(room: &'a RoomId, sequence: Sequence, message_id: MessageId) -> Self {
        Self { room_id: room.as_str(), sequence: sequence.get(), message_id: message_id.to_string() }
    }
}

/// An entry of a room's moderation log. Which fields there are depends on `op`.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModerationEntry {
    /// Names the entry.
    id: String,
    #[schema(value_type = Timestamp)]
    timestamp: String,
    /// Who did it.
    #[schema(value_type = UserId)]
    moderator: String,
    /// `timeout`, `ban`, `unban`, `delete`, `announce`, `slowMode` or `settings`.
    #[schema(example = "timeout")]
    op: &'static str,
    /// To whom.
    #[schema(value_type = UserId)]
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    /// For how long, or of slow mode, how slow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64)]
    seconds: Option<u64>,
    /// Which message.
    #[schema(value_type = Sequence)]
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    /// What was announced.
    #[schema(value_type = Content)]
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    /// What the settings were changed to.
    #[schema(value_type = ChangedSettings)]
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<ChangedSettings>,
}

/// Settings of a room that were changed; what is not there stayed as it was.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChangedSettings {
    /// 0 switched slow mode off.
    #[schema(value_type = u64)]
    #[serde(skip_serializing_if = "Option::is_none")]
    slow_mode_seconds: Option<u64>,
    /// In Unicode scalar values.
    #[schema(value_type = usize)]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_content_length: Option<usize>,
    /// Whether nobody may repeat within 30 seconds what they said last.
    #[schema(value_type = bool)]
    #[serde(skip_serializing_if = "Option::is_none")]
    refuse_repetition: Option<bool>,
    /// `null` where it was taken away.
    #[schema(value_type = Option<Content>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    announcement: Option<Option<String>>,
    /// All of them, as they were from then on.
    #[schema(value_type = Vec<String>, max_items = 200)]
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_terms: Option<Vec<String>>,
}

impl ChangedSettings {
    fn new(change: &SettingsChange) -> Self {
        let SettingsChange { slow_mode, max_chars, refuse_repetition, blocked_terms, announcement } = change;
        let text = |text: &Option<Content>| text.as_ref().map(|text| text.as_str().to_owned());
        Self {
            slow_mode_seconds: slow_mode.map(|slow| slow.as_secs()),
            max_content_length: *max_chars,
            refuse_repetition: *refuse_repetition,
            announcement: announcement.as_ref().map(text),
            blocked_terms: blocked_terms.as_ref().map(|terms| terms.as_slice().to_vec()),
        }
    }
}

impl ModerationEntry {
    /// As moderators of the room see it.
    pub fn new(entry: &LogEntry) -> Self {
        let written = Self {
            id: entry.id.to_string(),
            timestamp: entry.at.to_string(),
            moderator: entry.by.to_string(),
            op: entry.deed.name(),
            ..Self::default()
        };
        let operation = match &entry.deed {
            Deed::Operation(operation) => operation,
            Deed::Settings(change) => {
                return Self { settings: Some(ChangedSettings::new(change)), ..written };
            }
        };
        match operation {
            Operation::Timeout { user, duration } => {
                Self { user_id: Some(user.to_string()), seconds: Some(duration.as_secs()), ..written }
            }
            Operation::Ban { user } | Operation::Unban { user } => {
                Self { user_id: Some(user.to_string()), ..written }
            }
            Operation::Delete { sequence } => Self { sequence: Some(sequence.get()), ..written },
            Operation::Announce { content } => Self { content: Some(content.as_str().to_owned()), ..written },
            Operation::SlowMode { interval } => Self { seconds: Some(interval.as_secs()), ..written },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::LogId;

    fn json(frame: &impl Serialize) -> String {
        serde_json::to_string(frame).expect("frames are plain data")
    }

    #[test]
    fn frames_and_entries_are_written_as_the_protocol_says() {
        let at = Timestamp::from_millis(1_795_509_060_123).expect("valid");
        let room = RoomId::parse("global").expect("valid");
        let content = Content::parse("Be kind.").expect("valid");
        assert_eq!(
            json(&SystemFrame::new(&room, &content, at)),
            r#"{"type":"system","roomId":"global","content":"Be kind.","timestamp":"2026-11-24T08:31:00.123Z"}"#
        );
        let sequence = Sequence::new("sequence", 42).expect("valid");
        assert_eq!(
            json(&DeleteFrame::new(&room, sequence, MessageId::new(at, [7; 10]))),
            r#"{"type":"delete","roomId":"global","sequence":42,"messageId":"01a20cae-021b-7707-8707-070707070707"}"#
        );
        let user = |name| UserId::parse(name).expect("valid");
        let operation = Operation::Timeout { user: user("bob"), duration: Duration::from_secs(600) };
        let entry = |deed| LogEntry { id: LogId::new(at, 7), at, by: user("mia"), deed };
        assert_eq!(
            json(&ModerationEntry::new(&entry(Deed::Operation(operation)))),
            r#"{"id":"001795509060123-00000007","timestamp":"2026-11-24T08:31:00.123Z","moderator":"mia","op":"timeout","userId":"bob","seconds":600}"#
        );
        let change = SettingsChange {
            slow_mode: Some(Duration::ZERO),
            announcement: Some(None),
            ..SettingsChange::default()
        };
        assert_eq!(
            json(&ModerationEntry::new(&entry(Deed::Settings(change)))),
            r#"{"id":"001795509060123-00000007","timestamp":"2026-11-24T08:31:00.123Z","moderator":"mia","op":"settings","settings":{"slowModeSeconds":0,"announcement":null}}"#
        );
    }
}
