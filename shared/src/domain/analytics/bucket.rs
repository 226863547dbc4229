//! Minutes, hours and days of event time, in UTC.

use crate::domain::Timestamp;

const MINUTE_MS: i64 = 60_000;
const HOUR_MINUTES: i64 = 60;
const DAY_HOURS: i64 = 24;

/// Minutes since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minute(i64);

/// Hours since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(i64);

/// Days since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Minute {
    /// The one that a moment is in.
    pub fn of(at: Timestamp) -> Self {
        Self(at.as_millis() / MINUTE_MS)
    }

    /// Its number since the Unix epoch.
    pub fn number(self) -> i64 {
        self.0
    }

    /// The minute of this number.
    pub fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Its first moment.
    pub fn start(self) -> Timestamp {
        start(self.0)
    }

    /// The hour that it is in.
    pub fn hour(self) -> Hour {
        Hour(self.0.div_euclid(HOUR_MINUTES))
    }

    /// The minute this many minutes before it.
    pub fn back(self, minutes: i64) -> Self {
        Self(self.0 - minutes)
    }

    /// All minutes from this one to `last`, both included.
    pub fn through(self, last: Self) -> impl DoubleEndedIterator<Item = Self> {
        (self.0..=last.0).map(Self)
    }
}

impl Hour {
    /// Its number since the Unix epoch.
    pub fn number(self) -> i64 {
        self.0
    }

    /// The hour of this number.
    pub fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Its first minute.
    pub fn first_minute(self) -> Minute {
        Minute(self.0 * HOUR_MINUTES)
    }

    /// Its last minute.
    pub fn last_minute(self) -> Minute {
        Minute(self.0 * HOUR_MINUTES + HOUR_MINUTES - 1)
    }

    /// Its first moment.
    pub fn start(self) -> Timestamp {
        self.first_minute().start()
    }

    /// The day that it is in.
    pub fn day(self) -> Day {
        Day(self.0.div_euclid(DAY_HOURS))
    }

    /// The hour this many hours before it.
    pub fn back(self, hours: i64) -> Self {
        Self(self.0 - hours)
    }

    /// All hours from this one to `last`, both included.
    pub fn through(self, last: Self) -> impl DoubleEndedIterator<Item = Self> {
        (self.0..=last.0).map(Self)
    }
}

impl Day {
    /// Its number since the Unix epoch.
    pub fn number(self) -> i64 {
        self.0
    }

    /// The day of this number.
    pub fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// The day this many days before it.
    pub fn back(self, days: i64) -> Self {
        Self(self.0 - days)
    }

    /// All days from this one to `last`, both included.
    pub fn through(self, last: Self) -> impl DoubleEndedIterator<Item = Self> {
        (self.0..=last.0).map(Self)
    }

    /// Its first hour.
    pub fn first_hour(self) -> Hour {
        Hour(self.0 * DAY_HOURS)
    }

    /// Its last hour.
    pub fn last_hour(self) -> Hour {
        Hour(self.0 * DAY_HOURS + DAY_HOURS - 1)
    }

    /// Its first moment.
    pub fn start(self) -> Timestamp {
        self.first_hour().start()
    }
}

/// Buckets outside the years that a timestamp knows have no message in them.
fn start(minute: i64) -> Timestamp {
    let millis = minute.saturating_mul(MINUTE_MS).max(0);
    Timestamp::from_millis(millis).unwrap_or(Timestamp::EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_in_its_minute_hour_and_day() {
        let at = Timestamp::from_millis(1_795_509_060_123).expect("valid");
        let minute = Minute::of(at);
        assert_eq!(minute.start().to_string(), "2026-11-24T08:31:00.000Z");
        assert_eq!(minute.hour().start().to_string(), "2026-11-24T08:00:00.000Z");
        assert_eq!(minute.hour().day().start().to_string(), "2026-11-24T00:00:00.000Z");
        assert_eq!(minute.hour().last_minute().start().to_string(), "2026-11-24T08:59:00.000Z");
        assert_eq!(minute.hour().day().last_hour().start().to_string(), "2026-11-24T23:00:00.000Z");
        assert_eq!(minute.back(2).through(minute).count(), 3);
    }
}
