//! The frames that tell a room who is there.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{RoomId, Timestamp, UserId, Username};

/// What a room is told of its members.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum PresenceFrame<'a> {
    /// A user's first connection entered the room.
    Join(Who<'a>),
    /// A user's last connection left the room.
    Leave(Who<'a>),
    /// In a large room, instead of the two: how many are there.
    Presence(HowMany<'a>),
}

/// Who came or left: `join` for a user's first connection, `leave` for the last.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Who<'a> {
    #[schema(value_type = RoomId)]
    room_id: &'a str,
    #[schema(value_type = UserId)]
    user_id: &'a str,
    #[schema(value_type = Username)]
    username: &'a str,
    #[schema(value_type = Timestamp)]
    timestamp: String,
    /// Users present then.
    members: u64,
}

/// How many are in a large room, where `join` and `leave` would be too many.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HowMany<'a> {
    #[schema(value_type = RoomId)]
    room_id: &'a str,
    /// Users present.
    members: u64,
    #[schema(value_type = Timestamp)]
    timestamp: String,
}

impl<'a> HowMany<'a> {
    /// Users present at a moment.
    pub fn new(room: &'a RoomId, members: u64, at: Timestamp) -> Self {
        Self { room_id: room.as_str(), members, timestamp: at.to_string() }
    }
}

impl<'a> Who<'a> {
    /// With the number of users present then.
    pub fn new(
        room: &'a RoomId,
        user: &'a UserId,
        username: &'a Username,
        at: Timestamp,
        members: u64,
    ) -> Self {
        Self {
            room_id: room.as_str(),
            user_id: user.as_str(),
            username: username.as_str(),
            timestamp: at.to_string(),
            members,
        }
    }
}
