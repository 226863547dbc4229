//! A user's wish to be forgotten: takes what they said out of storage, history and, through the stream
//! of messages, out of everything that was counted.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;

use crate::domain::{RoomId, Timestamp, UserId};
use crate::storage::{Store, StoreError};

/// Messages that one call takes away, so that it ends in time.
const AT_MOST: usize = 1_000;

/// Rows written at once.
const AT_ONCE: usize = 16;

/// What one call did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Messages.
    pub messages: usize,
    /// Whether there are more: call again.
    pub more: bool,
}

/// Takes away what a user said, newest first: 1,000 messages at the most. Rows stay, so that their
/// places are nobody else's, without text and without the user. What was said within the last moments
/// can be missed, and is taken away by another call.
pub async fn erase_user(store: &Store, user: &UserId, now: Timestamp) -> Result<Erased, StoreError> {
    let (mut places, more) = store.user_message_places(user, AT_MOST + 1).await?;
    let more = more || places.len() > AT_MOST;
    places.truncate(AT_MOST);
    for places in places.chunks(AT_ONCE) {
        let erased = places.iter().map(|(room, sequence)| store.message_erase(room, *sequence, user, now));
        try_join_all(erased).await?;
    }
    let rooms: BTreeSet<&RoomId> = places.iter().map(|(room, _)| room).collect();
    for room in rooms {
        store.chatter_delete(room, user.as_str()).await?;
    }
    Ok(Erased { messages: places.len(), more })
}
