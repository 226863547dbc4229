//! The users' connections: opened when somebody speaks, a bounded number at a time, the one that has
//! been silent for longest closed for a new one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::client::{Connection, OpenError};

#[derive(Debug)]
pub(super) struct People {
    /// `ws://host:port/ws`.
    url: String,
    most: usize,
    seats: Mutex<Seats>,
}

#[derive(Debug, Default)]
struct Seats {
    taken: HashMap<(String, String), Seat>,
    /// Counts what is said; a seat's newest number says how long it has been silent.
    clock: u64,
}

#[derive(Clone, Debug)]
struct Seat {
    cell: Arc<OnceCell<Connection>>,
    used: u64,
}

impl People {
    pub(super) fn new(url: String, most: usize) -> Self {
        Self { url, most, seats: Mutex::new(Seats::default()) }
    }

    /// The user's connection in the room, which stays open while this is held.
    pub(super) async fn seat(&self, room: &str, user: &str) -> Result<Arc<OnceCell<Connection>>, OpenError> {
        let cell = self.take(room, user);
        let username: String = user.chars().take(50).collect();
        let url = format!("{}?room={room}&userId={user}&username={username}", self.url);
        cell.get_or_try_init(|| Connection::open(&url)).await?;
        Ok(cell)
    }

    fn take(&self, room: &str, user: &str) -> Arc<OnceCell<Connection>> {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        seats.clock += 1;
        let (key, now) = ((room.to_owned(), user.to_owned()), seats.clock);
        let ended = |seat: &Seat| seat.cell.get().is_some_and(|connection| !connection.is_open());
        if let Some(seat) = seats.taken.get_mut(&key).filter(|seat| !ended(seat)) {
            seat.used = now;
            return Arc::clone(&seat.cell);
        }
        if seats.taken.len() >= self.most && !seats.taken.contains_key(&key) {
            // Held by somebody else than us: somebody waits for an answer there.
            let idle = seats.taken.iter().filter(|(_, seat)| Arc::strong_count(&seat.cell) == 1);
            let silent = idle.min_by_key(|(_, seat)| seat.used).map(|(key, _)| key.clone());
            if let Some(silent) = silent {
                seats.taken.remove(&silent);
            }
        }
        let seat = Seat { cell: Arc::new(OnceCell::new()), used: now };
        let cell = Arc::clone(&seat.cell);
        seats.taken.insert(key, seat);
        cell
    }
}
