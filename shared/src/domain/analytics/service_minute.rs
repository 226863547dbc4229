//! A minute of many rooms together.
//!
//! Each room's part is kept apart: whoever comes again, or comes late, puts the room's newest part in
//! place of the one before, and the sum counts every message once.

use std::collections::BTreeMap;

use super::binary::{Damaged, Reader, Writer};
use super::hash;
use super::ledger::Tally;
use crate::domain::{RoomId, Timestamp};

/// The first byte: that of tallies.
const VERSION: u8 = 2;

/// Lanes that the service's rooms are spread over: one row would have to take every room's writes.
pub const SERVICE_LANES: u64 = 4;

/// The lane that a room is counted in, always.
pub fn service_lane(room: &RoomId) -> u64 {
    hash::stable(room.as_str()) % SERVICE_LANES
}

/// What a room's minute adds to the service's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The version of the room's row: of two parts the one of the later version holds.
    pub version: u64,
    /// What the room had.
    pub tally: Tally,
    /// When the newest of its messages was said.
    pub newest: Timestamp,
}

/// One minute of the rooms of one lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceMinute {
    rooms: BTreeMap<String, (u64, Tally)>,
    newest: i64,
}

impl ServiceMinute {
    /// Puts a room's part in, unless a later one is in.
    pub fn set(&mut self, room: &RoomId, part: Part) {
        self.newest = self.newest.max(part.newest.as_millis());
        let known = self.rooms.entry(room.as_str().to_owned()).or_default();
        if part.version >= known.0 {
            *known = (part.version, part.tally);
        }
    }

    /// All rooms together.
    pub fn tally(&self) -> Tally {
        Tally::sum(self.rooms.values().map(|(_, tally)| *tally))
    }

    /// When the newest message was said; `None` before the first.
    pub fn newest(&self) -> Option<Timestamp> {
        Timestamp::from_millis(self.newest).ok().filter(|_| self.newest > 0)
    }

    /// About 20 bytes for each room with messages in the minute.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.byte(VERSION);
        writer.number(self.newest.unsigned_abs());
        writer.length(self.rooms.len());
        for (room, (version, tally)) in &self.rooms {
            writer.text(room);
            writer.number(*version);
            tally.write(&mut writer);
        }
        writer.finish()
    }

    /// What [`to_bytes`](Self::to_bytes) wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        let mut reader = Reader::new(bytes);
        let version = reader.byte()?;
        let newest = i64::try_from(reader.number()?).map_err(|_| Damaged)?;
        let mut rooms = BTreeMap::new();
        for _ in 0..reader.length()? {
            let room = reader.text()?.to_owned();
            rooms.insert(room, (reader.number()?, Tally::read(&mut reader, version)?));
        }
        if reader.is_empty() { Ok(Self { rooms, newest }) } else { Err(Damaged) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(version: u64, messages: u64) -> Part {
        let tally = Tally { messages, characters: messages, newcomers: 0, estimated: false };
        Part {
            version,
            tally,
            newest: Timestamp::from_millis(1_000 + i64::try_from(version).expect("small")).expect("valid"),
        }
    }

    #[test]
    fn a_room_counts_once_and_its_latest_part_holds() {
        let room = |name| RoomId::parse(name).expect("valid");
        let mut minute = ServiceMinute::default();
        minute.set(&room("a"), part(2, 5));
        minute.set(&room("b"), part(1, 1));
        minute.set(&room("a"), part(1, 3));
        minute.set(&room("a"), part(2, 5));
        assert_eq!(minute.tally().messages, 6);
        minute.set(&room("a"), part(3, 4));
        assert_eq!(minute.tally().messages, 5);
        assert_eq!(minute.newest().map(Timestamp::as_millis), Some(1_003));
        assert_eq!(ServiceMinute::from_bytes(&minute.to_bytes()), Ok(minute));
    }
}
