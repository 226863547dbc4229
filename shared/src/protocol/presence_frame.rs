//! The frames that tell a room who is there.

use serde::Serialize;

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
    #[serde(rename_all = "camelCase")]
    Presence {
        /// The room.
        room_id: &'a str,
        /// Users present.
        members: u64,
        /// RFC 3339.
        timestamp: String,
    },
}

/// Who came or left.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Who<'a> {
    room_id: &'a str,
    user_id: &'a str,
    username: &'a str,
    timestamp: String,
    members: u64,
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
