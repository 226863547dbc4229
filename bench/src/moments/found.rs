//! The detector over a log, as the analytics run it over a room.

use std::collections::BTreeMap;

use shared::domain::moments::{Detector, Moment, Said};
use shared::domain::{Invalid, Sequence, Timestamp};

use crate::chat_log::Line;

/// A moment of one room of a log.
#[derive(Clone, Debug)]
pub struct Found {
    pub room: Option<String>,
    pub moment: Moment,
    /// Its start, in seconds of the recording.
    pub second: f64,
}

/// The moments of each room, oldest first; lines must be in order of time within a room. Fails on
/// times before 1970.
pub fn find(lines: &[Line]) -> Result<Vec<Found>, Invalid> {
    let mut rooms: BTreeMap<Option<&str>, (Detector, u64)> = BTreeMap::new();
    let mut found = Vec::new();
    for line in lines {
        let room = line.room.as_deref();
        let (detector, sequence) = rooms.entry(room).or_default();
        *sequence += 1;
        let at = Timestamp::from_millis(line.at_ms)?;
        let sequence = Sequence::new("sequence", *sequence)?;
        detector.fold(&Said { at, sequence, user: &line.user, content: &line.content });
        found.extend(detector.advance(at).into_iter().map(|moment| (room, moment)));
    }
    for (room, (mut detector, _)) in rooms {
        found.extend(detector.finish().into_iter().map(|moment| (room, moment)));
    }
    let began = lines.first().map_or(0, |line| line.at_ms - line.offset_ms);
    let second = |moment: &Moment| (moment.start.as_millis() - began) as f64 / 1000.0;
    let found = found.into_iter().map(|(room, moment)| Found {
        room: room.map(str::to_owned),
        second: second(&moment),
        moment,
    });
    Ok(found.collect())
}
