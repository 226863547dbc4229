//! The time of day in the forms that events and answers want. Durations are measured elsewhere, on
//! the monotonic clock.

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const COMMON_LOG: &[BorrowedFormatItem<'_>] =
    format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
const ISO_8601: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
const ISO_8601_SECONDS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const HTTP_DATE: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// Milliseconds since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp(pub(crate) i64);

impl Timestamp {
    pub(crate) fn now() -> Self {
        let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
        Self(i64::try_from(now).unwrap_or_default())
    }

    /// `29/Nov/2023:08:04:01 +0000`: an event's `requestTime`.
    pub(crate) fn common_log(self) -> String {
        self.format(COMMON_LOG)
    }

    /// `2024-02-19T07:11:42.789Z`: what GetConnection answers.
    pub(crate) fn iso_8601(self) -> String {
        self.format(ISO_8601)
    }

    /// `2024-02-19T07:11:42Z`: a scheduled event's `time`.
    pub(crate) fn iso_8601_seconds(self) -> String {
        self.format(ISO_8601_SECONDS)
    }

    /// `Wed, 06 Oct 2021 17:57:43 GMT`: an HTTP `Date`.
    pub(crate) fn http_date(self) -> String {
        self.format(HTTP_DATE)
    }

    fn format(self, description: &[BorrowedFormatItem<'_>]) -> String {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .ok()
            .and_then(|time| time.format(description).ok())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_the_one_that_was_captured() {
        let time = Timestamp(1_701_245_041_789);
        assert_eq!(time.common_log(), "29/Nov/2023:08:04:01 +0000");
        assert_eq!(time.iso_8601(), "2023-11-29T08:04:01.789Z");
        assert_eq!(time.iso_8601_seconds(), "2023-11-29T08:04:01Z");
        assert_eq!(time.http_date(), "Wed, 29 Nov 2023 08:04:01 GMT");
    }
}
