//! What one execution environment measures, and when it may say so: once a second, however much there
//! is to say.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::analytics::{Latencies, service_lane};
use crate::domain::{RoomId, Timestamp};

const ONCE: Duration = Duration::from_secs(1);

/// Rooms whose last frames are remembered; older ones are forgotten first, and may then be told early.
const MOST_ROOMS: usize = 10_000;

/// Cheap to clone; clones measure together.
#[derive(Clone, Default)]
pub struct Meter(Arc<Mutex<Measured>>);

#[derive(Default)]
struct Measured {
    lanes: BTreeMap<u64, Deliveries>,
    flushed: Option<Instant>,
    told: HashMap<RoomId, Instant>,
}

/// Deliveries of rooms of one lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deliveries {
    /// How long each took.
    pub latencies: Latencies,
    /// When the oldest of the messages was said.
    pub first: Timestamp,
    /// And the newest.
    pub last: Timestamp,
}

impl Meter {
    /// Adds a message's delivery, and returns by lane what was measured since the last time, if that
    /// is a second ago: the caller writes it down. What an environment measures last can stay unsaid.
    pub fn delivered(&self, room: &RoomId, said: Timestamp, latency: Duration) -> BTreeMap<u64, Deliveries> {
        let mut measured = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = measured.lanes.entry(service_lane(room)).or_insert_with(|| Deliveries {
            latencies: Latencies::default(),
            first: said,
            last: said,
        });
        lane.latencies.record(latency);
        lane.first = lane.first.min(said);
        lane.last = lane.last.max(said);
        let now = Instant::now();
        if measured.flushed.is_some_and(|flushed| now - flushed < ONCE) {
            return BTreeMap::new();
        }
        measured.flushed = Some(now);
        std::mem::take(&mut measured.lanes)
    }

    /// Takes the room's next turn, and says when that is: at the earliest a second after the last one.
    pub fn turn(&self, room: &RoomId) -> Instant {
        let mut measured = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if measured.told.len() >= MOST_ROOMS {
            measured.told.retain(|_, told| now < *told + ONCE);
        }
        let turn = measured.told.get(room).map_or(now, |told| (*told + ONCE).max(now));
        measured.told.insert(room.clone(), turn);
        turn
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meter")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> RoomId {
        RoomId::parse("global").expect("valid")
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_deliveries_are_written_down_once_a_second() {
        let meter = Meter::default();
        let mut written = 0;
        let mut count = 0;
        for millis in 0..3_000 {
            let at = Timestamp::from_millis(millis).expect("valid");
            let lanes = meter.delivered(&room(), at, Duration::from_millis(3));
            written += lanes.len();
            count += lanes.values().map(|lane| lane.latencies.count()).sum::<u64>();
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert_eq!((written, count), (3, 2_001));
    }

    #[tokio::test(start_paused = true)]
    async fn a_room_is_told_at_most_once_a_second() {
        let meter = Meter::default();
        let start = Instant::now();
        let turns: Vec<Duration> = (0..3).map(|_| meter.turn(&room()) - start).collect();
        assert_eq!(turns, [0, 1, 2].map(Duration::from_secs));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(meter.turn(&room()), Instant::now());
    }
}
