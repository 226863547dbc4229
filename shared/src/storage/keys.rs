//! Keys of items. Rooms and users cannot hold the separator `#`, so no two things share a key.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::domain::{ConnectionId, Message, Nonce, RoomId, Sequence, Timestamp, UserCursor, UserId};

/// The row that every message of a room writes.
pub(super) fn room(room: &RoomId) -> (String, String) {
    (format!("room#{room}"), "room".to_owned())
}

/// What a room's moderators wrote: too much for the row that every message writes.
pub(super) fn room_texts(room: &RoomId) -> (String, String) {
    (format!("room#{room}"), "texts".to_owned())
}

/// When a user may speak in a room.
pub(super) fn limit(room: &RoomId, user: &UserId) -> (String, String) {
    (format!("user#{room}#{user}"), "limit".to_owned())
}

/// What a user's nonce in a room stands for.
pub(super) fn nonce(room: &RoomId, user: &UserId, nonce: &Nonce) -> (String, String) {
    (format!("user#{room}#{user}"), format!("nonce#{}", nonce.as_str()))
}

/// A user's presence in a room.
pub(super) fn member(room: &RoomId, user: &UserId) -> (String, String) {
    (format!("member#{room}"), user.to_string())
}

/// Counters are spread over this many rows of their own partition keys, so that joins and leaves
/// of one room or of the service do not queue up at one item.
pub(super) const COUNT_LANES: u64 = 8;

/// The lane that a user's joins and leaves are counted in.
pub(super) fn lane(user: &UserId) -> u64 {
    // A build that hashed differently would do no harm: only the sum of all lanes means something.
    let mut hasher = DefaultHasher::new();
    user.as_str().hash(&mut hasher);
    hasher.finish() % COUNT_LANES
}

/// A room's counters.
pub(super) fn room_count(room: &RoomId, lane: u64) -> (String, String) {
    (format!("count#{room}#{lane}"), "count".to_owned())
}

/// The service's counters; no room is called `*`.
pub(super) fn service_count(lane: u64) -> (String, String) {
    (format!("count#*#{lane}"), "count".to_owned())
}

/// Where a room's connections are found.
pub(super) fn room_shard(room: &RoomId, shard: u32) -> String {
    format!("{room}#{shard}")
}

/// Where the connections are found that watch a room's numbers.
pub(super) fn room_feed(room: &RoomId) -> String {
    format!("{room}#feed")
}

/// Sorts a room's connections by user.
pub(super) fn member_key(user: &UserId, connection: &ConnectionId) -> String {
    format!("{user}#{connection}")
}

/// Sorts a user's messages by time. Digits are filled up so that texts sort as numbers do: the year 9999
/// has 15 of them, 2^53 has 16.
pub(super) fn sent_at(message: &Message) -> String {
    place(message.timestamp, &message.room_id, message.sequence)
}

/// What sorts just after everything before the cursor.
pub(super) fn sent_before(cursor: &UserCursor) -> String {
    match &cursor.message {
        Some((room, sequence)) => place(cursor.at, room, *sequence),
        None => format!("{:015}", cursor.at.as_millis()),
    }
}

fn place(at: Timestamp, room: &RoomId, sequence: Sequence) -> String {
    format!("{:015}#{room}#{:016}", at.as_millis(), sequence.get())
}
