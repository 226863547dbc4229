//! How many are there, now and at the most: of a room, or of the service.
//!
//! The numbers come from several counters that are read one after the other. Each counter's version
//! grows with every change, so the sum of the versions says which of two readings is newer, and two
//! readings with the same versions say that all counters had these values at one moment.

use std::time::Duration;

use super::Timestamp;

/// What a series over time is told by.
const MINUTE: Duration = Duration::from_secs(60);

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Users with a connection; of the service, once for each of their rooms.
    pub members: u64,
    /// Their connections; of the service, those of analytics feeds too.
    pub connections: u64,
}

impl Counts {
    /// The larger of each number.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            members: self.members.max(other.members),
            connections: self.connections.max(other.connections),
        }
    }
}

/// What is kept of the counters' readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attendance {
    /// By the newest reading.
    pub now: Counts,
    /// The sum of the counters' versions then; 0 before the first reading.
    pub version: u64,
    /// The most there ever were of each at one moment.
    pub peak: Counts,
    /// The minute of the newest change, by its first moment in milliseconds.
    pub minute: i64,
    /// The most members in that minute, those included who were there when it began.
    pub minute_peak: u64,
}

/// The counters, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Their sums.
    pub counts: Counts,
    /// The sum of their versions.
    pub version: u64,
    /// Whether they all had these values at one moment. Otherwise somebody who moved from one to
    /// another while they were read may be counted twice, or not at all.
    pub at_one_moment: bool,
}

impl Attendance {
    /// Whether a reading has to be of one moment to be taken in: a maximum that never was would stay.
    pub fn is_exceeded_by(&self, counts: Counts, at: Timestamp) -> bool {
        let minute_peak = if minute(at) > self.minute { self.now.members } else { self.minute_peak };
        self.peak.max(counts) != self.peak || counts.members > minute_peak
    }

    /// With what was read after a change of this time, and the most that earlier readings found.
    #[must_use]
    pub fn with(&self, reading: Reading, most: Counts, at: Timestamp) -> Self {
        let mut next = *self;
        if minute(at) > next.minute {
            next.minute = minute(at);
            next.minute_peak = self.now.members;
        }
        if reading.version > next.version {
            next.version = reading.version;
            next.now = reading.counts;
        }
        let most = if reading.at_one_moment { most.max(reading.counts) } else { most };
        next.peak = next.peak.max(most);
        next.minute_peak = next.minute_peak.max(most.members);
        // A late change opens a minute only if something is new.
        if next.version == self.version && next.peak == self.peak && most.members <= self.minute_peak {
            return *self;
        }
        next
    }
}

fn minute(at: Timestamp) -> i64 {
    let minute = i64::try_from(MINUTE.as_millis()).unwrap_or(i64::MAX);
    at.as_millis() / minute * minute
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000).expect("a valid moment")
    }

    fn reading(members: u64, connections: u64, version: u64) -> Reading {
        Reading { counts: Counts { members, connections }, version, at_one_moment: true }
    }

    fn after(readings: &[(Reading, i64)]) -> Attendance {
        let start = Attendance::default();
        readings.iter().fold(start, |seen, (reading, s)| seen.with(*reading, Counts::default(), at(*s)))
    }

    #[test]
    fn the_newest_reading_is_now_and_the_highest_is_the_peak() {
        let seen = after(&[(reading(3, 5, 3), 60), (reading(9, 9, 9), 61), (reading(4, 4, 14), 62)]);
        assert_eq!((seen.now, seen.version), (Counts { members: 4, connections: 4 }, 14));
        assert_eq!(seen.peak, Counts { members: 9, connections: 9 });
        assert_eq!((seen.minute, seen.minute_peak), (60_000, 9));
    }

    #[test]
    fn an_older_reading_may_still_be_a_peak() {
        let seen = after(&[(reading(4, 4, 14), 62), (reading(9, 9, 9), 61)]);
        assert_eq!((seen.now.members, seen.version, seen.peak.members), (4, 14, 9));
    }

    #[test]
    fn numbers_that_never_were_at_one_moment_are_no_peak() {
        let torn = Reading { at_one_moment: false, ..reading(9, 9, 9) };
        let seen = after(&[(reading(4, 4, 4), 60), (torn, 61)]);
        assert_eq!((seen.now.members, seen.peak.members, seen.minute_peak), (9, 4, 4));
    }

    #[test]
    fn a_minute_begins_with_who_is_there_and_a_late_change_opens_none() {
        let seen = after(&[(reading(9, 9, 9), 61), (reading(8, 8, 10), 125)]);
        assert_eq!((seen.minute, seen.minute_peak), (120_000, 9));
        let late = seen.with(reading(7, 7, 11), Counts::default(), at(61));
        assert_eq!((late.minute, late.minute_peak, late.now.members), (120_000, 9, 7));
        let repeated = seen.with(reading(8, 8, 10), Counts::default(), at(500));
        assert_eq!(repeated, seen, "nothing is new");
    }

    #[test]
    fn only_a_rise_has_to_be_looked_at_twice() {
        let seen = after(&[(reading(9, 9, 9), 61), (reading(5, 5, 13), 62)]);
        let counts = |members, connections| Counts { members, connections };
        assert!(!seen.is_exceeded_by(counts(9, 9), at(70)));
        assert!(seen.is_exceeded_by(counts(9, 10), at(70)));
        assert!(!seen.is_exceeded_by(counts(5, 5), at(130)));
        assert!(seen.is_exceeded_by(counts(6, 6), at(130)), "the most of a new minute");
    }
}
