//! A moment, to the millisecond.

use std::fmt;
use std::time::Duration;

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use super::Invalid;

/// Milliseconds since the Unix epoch. Comes from events, never from a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// Always three digits, so that texts sort as times do. (The Go predecessor trimmed zeros and its
/// index sorted `00.51Z` before `00.5Z`.)
const RFC_3339_MS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

impl Timestamp {
    /// The beginning of 1970.
    pub const EPOCH: Self = Self(0);

    /// The last millisecond of the year 9999: beyond it RFC 3339 has no text.
    const MAX_MS: i64 = 253_402_300_799_999;

    /// The last moment there is: what lasts until then lasts for ever.
    pub const MAX: Self = Self(Self::MAX_MS);

    /// Refuses moments before 1970 and after 9999.
    pub fn from_millis(millis: i64) -> Result<Self, Invalid> {
        if (0..=Self::MAX_MS).contains(&millis) {
            Ok(Self(millis))
        } else {
            Err(Invalid::new("timestamp", "must be between the years 1970 and 9999"))
        }
    }

    /// Reads what [`Display`](fmt::Display) writes.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let moment = PrimitiveDateTime::parse(text, RFC_3339_MS)
            .map_err(|_| Invalid::new("timestamp", "must be like 2026-11-24T08:31:00.123Z"))?;
        let millis = moment.assume_utc().unix_timestamp_nanos() / 1_000_000;
        Self::from_millis(i64::try_from(millis).unwrap_or(-1))
    }

    /// Milliseconds since the Unix epoch.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, as DynamoDB's TTL wants them.
    pub fn as_secs(self) -> i64 {
        self.0 / 1000
    }

    /// The moment `duration` later, at the latest the end of the year 9999.
    pub fn plus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(Self::MAX_MS);
        Self(self.0.saturating_add(millis).min(Self::MAX_MS))
    }

    /// The moment `duration` earlier, at the earliest 1970.
    pub fn minus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(Self::MAX_MS);
        Self(self.0.saturating_sub(millis).max(0))
    }

    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000);
        let text = moment.ok().and_then(|moment| moment.format(RFC_3339_MS).ok());
        f.write_str(&text.ok_or(fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).expect("a valid moment")
    }

    #[test]
    fn a_timestamp_is_written_with_three_digits_whatever_the_time() {
        assert_eq!(at(1_795_509_060_123).to_string(), "2026-11-24T08:31:00.123Z");
        assert_eq!(at(1_795_509_060_000).to_string(), "2026-11-24T08:31:00.000Z");
        assert_eq!(at(1_795_509_060_500).to_string(), "2026-11-24T08:31:00.500Z");
        assert_eq!(at(Timestamp::MAX_MS).to_string(), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn moments_without_a_text_do_not_exist() {
        assert!(Timestamp::from_millis(-1).is_err());
        assert!(Timestamp::from_millis(Timestamp::MAX_MS + 1).is_err());
        assert_eq!(at(Timestamp::MAX_MS).plus(Duration::MAX), at(Timestamp::MAX_MS));
    }

    #[test]
    fn what_is_written_is_read_again() {
        for millis in [0, 1_795_509_060_123, Timestamp::MAX_MS] {
            assert_eq!(Timestamp::parse(&at(millis).to_string()), Ok(at(millis)));
        }
        for bad in ["", "2026-11-24", "2026-11-24T08:31:00Z", "1969-12-31T23:59:59.999Z"] {
            assert!(Timestamp::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_moment_is_no_time_after_a_later_one() {
        assert_eq!(at(10).since(at(4)), Duration::from_millis(6));
        assert_eq!(at(4).since(at(10)), Duration::ZERO);
    }
}
