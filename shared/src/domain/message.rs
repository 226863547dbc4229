//! A chat message, before and after it has its place in the room.

use super::{Content, MessageId, Nonce, Role, RoomId, Sequence, Speaker, Timestamp, UserId, Username};

/// What a client asks to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What to say.
    pub content: Content,
    /// The client's own name for it.
    pub nonce: Option<Nonce>,
    /// The message of the same room that it answers.
    pub reply_to: Option<Sequence>,
    /// The only one who is to hear it; `None` is everybody.
    pub to: Option<UserId>,
}

/// Something said to one user of the room alone. It is delivered and kept nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateMessage {
    /// Unique everywhere.
    pub message_id: MessageId,
    /// By whom, and where.
    pub from: Speaker,
    /// To whom.
    pub to: UserId,
    /// What.
    pub content: Content,
    /// When the gateway received it.
    pub timestamp: Timestamp,
    /// The message of the same room that it answers.
    pub reply_to: Option<Sequence>,
}

/// One stored chat entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Unique everywhere.
    pub message_id: MessageId,
    /// Where it was said.
    pub room_id: RoomId,
    /// Its place in the room.
    pub sequence: Sequence,
    /// Who said it.
    pub user_id: UserId,
    /// Under which name.
    pub username: Username,
    /// As what.
    pub role: Role,
    /// What was said.
    pub content: Content,
    /// When the gateway received it.
    pub timestamp: Timestamp,
    /// The message of the same room that it answers.
    pub reply_to: Option<Sequence>,
}
