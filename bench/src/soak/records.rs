//! What people were told is stored, and how often something did not go as asked.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Mutex, PoisonError};

/// A message, as its sender knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) user: String,
    pub(super) content: String,
}

/// By sequence.
pub(super) type Room = BTreeMap<u64, Said>;

/// How often things happened.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) connects: u64,
    pub(super) refused_connects: u64,
    pub(super) goodbyes: u64,
    pub(super) vanished: u64,
    /// Connections that the server or a fault ended.
    pub(super) lost_connections: u64,
    pub(super) repeats: u64,
}

#[derive(Debug, Default)]
pub(super) struct Records(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    rooms: BTreeMap<String, Room>,
    tally: Tally,
}

#[derive(Debug, thiserror::Error)]
#[error("message {sequence} of {room} was acknowledged as {0:?} and as {1:?}", messages.0, messages.1)]
pub(super) struct TwoMessages {
    room: String,
    sequence: u64,
    messages: Box<(Said, Said)>,
}

impl Records {
    pub(super) fn acknowledged(&self, room: &str, sequence: u64, said: Said) -> Result<(), TwoMessages> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state.rooms.entry(room.to_owned()).or_default().entry(sequence) {
            Entry::Vacant(place) => {
                place.insert(said);
                Ok(())
            }
            Entry::Occupied(place) => {
                let messages = Box::new((place.get().clone(), said));
                Err(TwoMessages { room: room.to_owned(), sequence, messages })
            }
        }
    }

    pub(super) fn count(&self, what: impl FnOnce(&mut Tally) -> &mut u64) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *what(&mut state.tally) += 1;
    }

    pub(super) fn tally(&self) -> Tally {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).tally.clone()
    }

    pub(super) fn rooms(&self) -> BTreeMap<String, Room> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).rooms.clone()
    }

    pub(super) fn messages(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).rooms.values().map(BTreeMap::len).sum()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn one_place_cannot_hold_two_messages() {
        let said = |content: &str| Said { user: "u".to_owned(), content: content.to_owned() };
        let records = Records::default();
        records.acknowledged("a", 1, said("x")).unwrap();
        records.acknowledged("b", 1, said("x")).unwrap();
        let error = records.acknowledged("a", 1, said("y")).unwrap_err().to_string();
        assert!(error.contains("message 1 of a") && error.contains("\"y\""), "{error}");
        assert_eq!(records.messages(), 2);
    }
}
