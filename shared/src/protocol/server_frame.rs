//! The frames that clients get. One JSON object each, `type` first.

use std::time::Duration;

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::values::ErrorCode;
use crate::domain::{
    Content, Message, MessageId, Nonce, Operation, PrivateMessage, Rejection, Role, RoomId, Sequence,
    Timestamp, UserId, Username,
};

/// `chat`: a message of the room, live or from history, or a private one.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename = "chat", rename_all = "camelCase")]
pub struct ChatFrame<'a> {
    #[schema(value_type = MessageId)]
    message_id: String,
    #[schema(value_type = RoomId)]
    room_id: &'a str,
    /// Absent on a private message, which has no place in the room.
    #[schema(value_type = Sequence)]
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    #[schema(value_type = UserId)]
    user_id: &'a str,
    #[schema(value_type = Username)]
    username: &'a str,
    #[schema(value_type = Content)]
    content: &'a str,
    #[schema(value_type = Timestamp)]
    timestamp: String,
    /// The sender's own copy has the nonce that the message was sent with.
    #[schema(value_type = Nonce)]
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    /// The message of the same room that this one answers.
    #[schema(value_type = Sequence)]
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<u64>,
    /// To whom a private message is.
    #[schema(value_type = UserId)]
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    /// Absent for a viewer.
    #[schema(value_type = Role)]
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
}

impl<'a> ChatFrame<'a> {
    /// As everybody sees it.
    pub fn new(message: &'a Message) -> Self {
        Self {
            message_id: message.message_id.to_string(),
            room_id: message.room_id.as_str(),
            sequence: Some(message.sequence.get()),
            user_id: message.user_id.as_str(),
            username: message.username.as_str(),
            content: message.content.as_str(),
            timestamp: message.timestamp.to_string(),
            nonce: None,
            reply_to: message.reply_to.map(Sequence::get),
            to: None,
            role: above_viewer(message.role),
        }
    }

    /// A private message, as both of them see it.
    pub fn private(message: &'a PrivateMessage) -> Self {
        let from = &message.from;
        Self {
            message_id: message.message_id.to_string(),
            room_id: from.room_id.as_str(),
            sequence: None,
            user_id: from.user_id.as_str(),
            username: from.username.as_str(),
            content: message.content.as_str(),
            timestamp: message.timestamp.to_string(),
            nonce: None,
            reply_to: message.reply_to.map(Sequence::get),
            to: Some(message.to.as_str()),
            role: above_viewer(from.role),
        }
    }

    /// As the connection sees it that sent the message.
    pub fn with_nonce(self, nonce: Option<&'a Nonce>) -> Self {
        Self { nonce: nonce.map(Nonce::as_str), ..self }
    }
}

/// A viewer is what everybody is: only more than that is said.
fn above_viewer(role: Role) -> Option<&'static str> {
    (role != Role::Viewer).then(|| role.as_str())
}

/// `ack`: what was asked for is done. A message of the room is stored, and history returns it from now
/// on.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(tag = "type", rename = "ack", rename_all = "camelCase")]
pub struct Ack<'a> {
    /// The message's.
    #[schema(value_type = MessageId)]
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    /// Of a message of the room.
    #[schema(value_type = Sequence)]
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    /// What a moderator did.
    #[schema(value_type = String, example = "timeout")]
    #[serde(skip_serializing_if = "Option::is_none")]
    op: Option<&'static str>,
    #[schema(value_type = Timestamp)]
    timestamp: String,
    /// As it was sent.
    #[schema(value_type = Nonce)]
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

impl<'a> Ack<'a> {
    /// Acknowledges a stored message under the nonce that it was sent with.
    pub fn new(id: MessageId, sequence: Sequence, at: Timestamp, nonce: Option<&'a Nonce>) -> Self {
        Self { sequence: Some(sequence.get()), ..Self::private(id, at, nonce) }
    }

    /// Acknowledges a private message, which has no place in the room.
    pub fn private(id: MessageId, at: Timestamp, nonce: Option<&'a Nonce>) -> Self {
        let timestamp = at.to_string();
        let nonce = nonce.map(Nonce::as_str);
        Self { message_id: Some(id.to_string()), timestamp, nonce, ..Self::default() }
    }

    /// Acknowledges what a moderator did.
    pub fn done(operation: &Operation, at: Timestamp, nonce: Option<&'a Nonce>) -> Self {
        let nonce = nonce.map(Nonce::as_str);
        Self { op: Some(operation.name()), timestamp: at.to_string(), nonce, ..Self::default() }
    }
}

/// `error`: the frame was refused; nothing was stored.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename = "error", rename_all = "camelCase")]
pub struct ErrorFrame<'a> {
    #[schema(value_type = ErrorCode)]
    code: &'static str,
    /// A sentence for a person.
    #[schema(example = "too many messages; wait a moment")]
    message: String,
    /// As it was sent, where the frame had a good one.
    #[schema(value_type = Nonce)]
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    /// Milliseconds, where waiting helps.
    #[schema(value_type = u64, example = 200)]
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "millis")]
    retry_after_ms: Option<Duration>,
}

impl<'a> ErrorFrame<'a> {
    /// Says why, and under which nonce.
    pub fn new(rejection: &Rejection, nonce: Option<&'a Nonce>) -> Self {
        Self {
            code: rejection.code(),
            message: rejection.to_string(),
            nonce: nonce.map(Nonce::as_str),
            retry_after_ms: rejection.retry_after(),
        }
    }
}

/// `pong`: the answer to `ping`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename = "pong")]
pub struct Pong {}

fn millis<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    duration.map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(frame: &impl Serialize) -> String {
        serde_json::to_string(frame).expect("frames are plain data")
    }

    fn message(role: Role) -> Message {
        let timestamp = Timestamp::from_millis(1_795_509_060_123).expect("a valid moment");
        Message {
            message_id: MessageId::new(timestamp, [7; 10]),
            room_id: RoomId::parse("global").expect("valid"),
            sequence: Sequence::new("sequence", 42).expect("valid"),
            user_id: UserId::parse("alice").expect("valid"),
            username: Username::parse("Alice").expect("valid"),
            role,
            content: Content::parse("hello\n\"you\"").expect("valid"),
            timestamp,
            reply_to: Some(Sequence::new("replyTo", 41).expect("valid")),
        }
    }

    #[test]
    fn a_chat_frame_is_written_as_the_protocol_says() {
        assert_eq!(
            json(&ChatFrame::new(&message(Role::Viewer))),
            r#"{"type":"chat","messageId":"01a20cae-021b-7707-8707-070707070707","roomId":"global","sequence":42,"userId":"alice","username":"Alice","content":"hello\n\"you\"","timestamp":"2026-11-24T08:31:00.123Z","replyTo":41}"#
        );
    }

    #[test]
    fn a_moderators_message_says_so_and_the_senders_copy_has_its_nonce() {
        let message = message(Role::Moderator);
        let nonce = Nonce::parse("n1").expect("valid");
        let frame = json(&ChatFrame::new(&message).with_nonce(Some(&nonce)));
        assert!(frame.ends_with(r#""nonce":"n1","replyTo":41,"role":"moderator"}"#), "{frame}");
    }

    #[test]
    fn an_error_says_when_to_come_back() {
        let rejection = Rejection::RateLimited { retry_after: Duration::from_millis(200) };
        assert_eq!(
            json(&ErrorFrame::new(&rejection, None)),
            r#"{"type":"error","code":"rate_limited","message":"too many messages; wait a moment","retryAfterMs":200}"#
        );
    }

    #[test]
    fn a_frame_is_one_line() {
        assert!(!json(&ChatFrame::new(&message(Role::Viewer))).contains('\n'));
        assert_eq!(json(&Pong {}), r#"{"type":"pong"}"#);
    }
}
