//! Who is speaking, and where.

use super::{ConnectionId, Role, RoomId, UserId, Username};

/// What the authorizer established when the connection was opened. Nothing that a client sends
/// later can change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speaker {
    /// The connection that a frame came in on.
    pub connection_id: ConnectionId,
    /// The room of the connection.
    pub room_id: RoomId,
    /// The user behind it.
    pub user_id: UserId,
    /// The name to show.
    pub username: Username,
    /// What the user may do there.
    pub role: Role,
}
