//! The rules of rooms as they were last seen. Nobody trusts them blindly: a message that they let
//! through takes its place on condition that they still hold, and one that they refuse has them
//! confirmed first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{RoomId, RoomRules};

/// What an execution environment remembers: about 1 MB at the most, and more where rooms block many
/// terms.
const ROOMS: usize = 1000;

/// For this long rules that were confirmed may refuse a message without being confirmed again, so that
/// who is refused costs at most one read a second.
const FRESH: Duration = Duration::from_secs(1);

/// Cheap to clone; clones share everything.
#[derive(Clone, Debug, Default)]
pub(super) struct RoomsKnown(Arc<Mutex<HashMap<RoomId, (RoomRules, Instant)>>>);

impl RoomsKnown {
    /// These rules hold now.
    pub(super) fn remember(&self, room: &RoomId, rules: &RoomRules) {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match rooms.get_mut(room) {
            Some((known, confirmed)) => {
                known.clone_from(rules);
                *confirmed = Instant::now();
            }
            None => {
                if rooms.len() >= ROOMS {
                    rooms.clear();
                }
                rooms.insert(room.clone(), (rules.clone(), Instant::now()));
            }
        }
    }

    /// The rules that were last seen.
    pub(super) fn last_seen(&self, room: &RoomId) -> Option<RoomRules> {
        let rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.get(room).map(|(rules, _)| rules.clone())
    }

    /// The rules, if they were seen within the last second.
    pub(super) fn fresh(&self, room: &RoomId) -> Option<RoomRules> {
        let rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.get(room).filter(|(_, confirmed)| confirmed.elapsed() < FRESH).map(|(rules, _)| rules.clone())
    }
}
