//! A user's wish to be forgotten: takes what they said out of storage, history and, through the stream
//! of messages, out of everything that was counted while those messages were there.

mod counted;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::try_join_all;

use crate::domain::{RoomId, Timestamp, UserId};
use crate::storage::{Store, StoreError};

/// Messages that one call takes away, so that it ends in time.
const AT_MOST: usize = 1_000;

/// Rooms that one call takes the user out of, where messages are gone.
const ROOMS: usize = 10;

/// Days that one call reads, of all rooms together, before it says that there are more. A day can have
/// 300 KB, and `api` has ten seconds and a seventh of a processor.
const DAYS: usize = 100;

/// Rows written at once.
const AT_ONCE: usize = 16;

/// Why a user was not erased, or not everywhere.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The database's fault.
    #[error("a user was not erased")]
    Store(#[from] StoreError),
    /// The system's.
    #[error("there was no random number for an erasure")]
    Random(#[source] getrandom::Error),
}

/// What one call did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Messages.
    pub messages: usize,
    /// Whether there are more, or rooms, or days of them: call again.
    pub more: bool,
}

/// Takes away what a user said, newest first: 1,000 messages at the most. Rows stay, so that their
/// places are nobody else's, without text and without the user. What was said within the last moments
/// can be missed, and is taken away by another call. `retention` is how long messages are kept.
///
/// When no message is left, takes the user out of what was counted of messages that are gone already, in
/// ten rooms and those of the messages, and marks what cannot be counted anew. After about a hundred days the rest
/// of them is another call's.
pub async fn erase_user(
    store: &Store,
    retention: Option<Duration>,
    user: &UserId,
    now: Timestamp,
) -> Result<Erased, EraseError> {
    let (mut places, more) = store.user_message_places(user, AT_MOST + 1).await?;
    let more = more || places.len() > AT_MOST;
    places.truncate(AT_MOST);
    for places in places.chunks(AT_ONCE) {
        let erased = places.iter().map(|(room, sequence)| store.message_erase(room, *sequence, user, now));
        try_join_all(erased).await?;
    }
    let messages = places.len();
    if more {
        return Ok(Erased { messages, more });
    }
    let (chatted, mut more) = store.chatter_rooms(user, ROOMS).await?;
    let rooms: BTreeSet<RoomId> = places.into_iter().map(|(room, _)| room).chain(chatted).collect();
    let mut days_left = DAYS;
    for room in &rooms {
        let random = getrandom::u64().map_err(EraseError::Random)?;
        let is_done = counted::erase(store, retention, room, user, random, now, &mut days_left).await?;
        more |= !is_done;
    }
    Ok(Erased { messages, more })
}
