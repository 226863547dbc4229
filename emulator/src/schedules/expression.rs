//! When a schedule runs: `rate(5 minutes)`, `cron(0 10 * * ? *)` or `at(2026-11-24T10:00:00)`, in UTC or
//! in a time zone, and between which times.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use crate::clock::Timestamp;

const AT_FORMAT: &str = "%Y-%m-%dT%H:%M:%S";

/// A schedule expression that was understood.
#[derive(Clone, Debug)]
pub struct ScheduleExpression {
    text: String,
    times: Times,
    zone: Tz,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

#[derive(Clone, Debug)]
enum Times {
    Every(Duration),
    Cron(Box<Cron>),
    Once(NaiveDateTime),
}

/// Why an expression was not understood, with the mend.
#[derive(Debug, thiserror::Error)]
pub enum BadSchedule {
    /// None of the three forms.
    #[error("rate(…), cron(…) or at(…) is wanted")]
    Form,
    /// `rate(1 minutes)`, `rate(0 days)`, …
    #[error("a rate is a whole number from 1 and a unit: `1 minute`, `5 minutes`, `2 hours`, `7 days`")]
    Rate,
    /// Not six fields, or neither of the days is `?`.
    #[error(
        "a cron expression has six fields (minutes, hours, day of month, month, day of week, year), and one of the two days is `?`"
    )]
    Fields,
    /// A field is wrong.
    #[error("the cron expression cannot be read: {0}")]
    Cron(String),
    /// Not `yyyy-mm-ddThh:mm:ss`.
    #[error("a time such as at(2026-11-24T10:00:00) is wanted")]
    Time,
}

impl FromStr for ScheduleExpression {
    type Err = BadSchedule;

    fn from_str(text: &str) -> Result<Self, BadSchedule> {
        let (form, rest) = text.trim().split_once('(').ok_or(BadSchedule::Form)?;
        let inner = rest.strip_suffix(')').ok_or(BadSchedule::Form)?.trim();
        let times = match form {
            "rate" => Times::Every(rate(inner)?),
            "cron" => Times::Cron(Box::new(cron(inner)?)),
            "at" => {
                let time = NaiveDateTime::parse_from_str(inner, AT_FORMAT).map_err(|_| BadSchedule::Time)?;
                Times::Once(time)
            }
            _ => return Err(BadSchedule::Form),
        };
        Ok(Self { text: text.to_owned(), times, zone: Tz::UTC, start: None, end: None })
    }
}

impl ScheduleExpression {
    /// The same by the clocks of a time zone (`Europe/Berlin`); `None` if there is no such zone.
    pub(crate) fn in_zone(self, zone: &str) -> Option<Self> {
        Some(Self { zone: zone.parse().ok()?, ..self })
    }

    /// The same between two times; a rate counts from the first.
    pub(crate) fn between(self, start: Option<Timestamp>, end: Option<Timestamp>) -> Self {
        Self { start, end, ..self }
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first time after `moment`, for expressions that the clock alone decides: not for a rate.
    pub(crate) fn by_clock(&self, moment: Timestamp) -> Option<Timestamp> {
        if matches!(self.times, Times::Every(_)) { None } else { self.after(moment) }
    }

    /// The first time after `moment`, where a rate counts from; `None` if there is none any more.
    pub(crate) fn after(&self, moment: Timestamp) -> Option<Timestamp> {
        // The start itself is not too early.
        let moment = self.start.map_or(moment, |start| moment.max(Timestamp(start.0 - 1)));
        let next = match &self.times {
            Times::Every(period) => {
                let period = i64::try_from(period.as_millis()).ok()?;
                // Without a start it counts from wherever it was last.
                let passed = self.start.map_or(0, |start| (moment.0 - start.0).rem_euclid(period));
                Timestamp(moment.0.saturating_add(period - passed))
            }
            Times::Once(time) => self.at(*time).filter(|time| *time > moment)?,
            Times::Cron(cron) => self.next(cron, moment)?,
        };
        self.end.is_none_or(|end| next <= end).then_some(next)
    }

    /// The next time that a clock on the wall shows what the expression says. As on AWS, a time that the
    /// clock skips in spring is skipped, and one that it shows twice in autumn is the first of the two.
    /// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time>
    fn next(&self, cron: &Cron, moment: Timestamp) -> Option<Timestamp> {
        // To the second: whatever is less would stay in the result.
        let second = DateTime::<Utc>::from_timestamp(moment.0.div_euclid(1000), 0)?;
        let moment_there = second.with_timezone(&self.zone);
        // Reckoned as if it were UTC, which skips and repeats nothing.
        let mut wall = moment_there.naive_local().and_utc();
        loop {
            wall = cron.find_next_occurrence(&wall, false).ok()?;
            if let Some(time) = self.at(wall.naive_utc())
                && time > moment
            {
                return Some(time);
            }
        }
    }

    /// When the zone's clocks show that time, for the first time; `None` if they never do.
    fn at(&self, wall: NaiveDateTime) -> Option<Timestamp> {
        match self.zone.from_local_datetime(&wall) {
            LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => {
                Some(Timestamp(time.timestamp_millis()))
            }
            LocalResult::None => None,
        }
    }
}

fn rate(text: &str) -> Result<Duration, BadSchedule> {
    let mut words = text.split_whitespace();
    let (Some(value), Some(unit), None) = (words.next(), words.next(), words.next()) else {
        return Err(BadSchedule::Rate);
    };
    let value: u32 = value.parse().ok().filter(|value| *value > 0).ok_or(BadSchedule::Rate)?;
    let singular = if value == 1 { Some(unit) } else { unit.strip_suffix('s') };
    let seconds = match singular {
        Some("minute") => 60,
        Some("hour") => 60 * 60,
        Some("day") => 24 * 60 * 60,
        _ => return Err(BadSchedule::Rate),
    };
    Ok(Duration::from_secs(u64::from(value) * seconds))
}

fn cron(text: &str) -> Result<Cron, BadSchedule> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [_, _, day_of_month, _, day_of_week, _] = *fields else { return Err(BadSchedule::Fields) };
    if (day_of_month == "?") == (day_of_week == "?") {
        return Err(BadSchedule::Fields);
    }
    // Seconds first and Sunday as 1: what the parser's other dialect is for.
    let parser =
        CronParser::builder().seconds(Seconds::Required).year(Year::Required).alternative_weekdays(true);
    let pattern = format!("0 {}", fields.join(" "));
    parser.build().parse(&pattern).map_err(|error| BadSchedule::Cron(error.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn time(text: &str) -> Timestamp {
        let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap();
        Timestamp(time.and_utc().timestamp_millis())
    }

    /// The examples of AWS's page, from a Tuesday.
    #[test]
    fn expressions_mean_what_they_mean_on_aws() {
        for (expression, from, next) in [
            ("rate(1 minute)", "2026-11-24 14:10:11", Some("2026-11-24 14:11:11")),
            ("rate(5 hours)", "2026-11-24 14:10:11", Some("2026-11-24 19:10:11")),
            ("rate(7 days)", "2026-11-24 14:10:11", Some("2026-12-01 14:10:11")),
            ("cron(0 10 * * ? *)", "2026-11-24 14:10:11", Some("2026-11-25 10:00:00")),
            ("cron(15 12 * * ? *)", "2026-11-24 12:15:00", Some("2026-11-25 12:15:00")),
            ("cron(0 18 ? * MON-FRI *)", "2026-11-27 18:00:00", Some("2026-11-30 18:00:00")),
            ("cron(0 8 1 * ? *)", "2026-11-24 14:10:11", Some("2026-12-01 08:00:00")),
            ("cron(0/15 * * * ? *)", "2026-11-24 14:10:11", Some("2026-11-24 14:15:00")),
            ("cron(0/10 * ? * MON-FRI *)", "2026-11-27 23:55:00", Some("2026-11-30 00:00:00")),
            ("cron(0/5 8-17 ? * MON-FRI *)", "2026-11-24 17:55:00", Some("2026-11-25 08:00:00")),
            // Sunday is 1, and 7 is Saturday.
            ("cron(0 0 ? * 1 *)", "2026-11-24 14:10:11", Some("2026-11-29 00:00:00")),
            ("cron(0 0 ? * 7 *)", "2026-11-24 14:10:11", Some("2026-11-28 00:00:00")),
            ("cron(0 0 ? * 3#2 *)", "2026-11-24 14:10:11", Some("2026-12-08 00:00:00")),
            ("cron(0 0 L * ? *)", "2026-11-24 14:10:11", Some("2026-11-30 00:00:00")),
            ("cron(0 0 ? * 6L *)", "2026-11-24 14:10:11", Some("2026-11-27 00:00:00")),
            ("cron(0 0 15W * ? *)", "2026-11-01 00:00:00", Some("2026-11-16 00:00:00")),
            ("cron(15 10 ? * 6L 2019-2022)", "2026-11-24 14:10:11", None),
            ("at(2026-11-24T15:00:00)", "2026-11-24 14:10:11", Some("2026-11-24 15:00:00")),
            ("at(2026-11-24T14:00:00)", "2026-11-24 14:10:11", None),
        ] {
            let parsed: ScheduleExpression = expression.parse().unwrap();
            assert_eq!(parsed.after(time(from)), next.map(time), "{expression}");
        }
    }

    #[test]
    fn a_time_zone_has_its_own_clocks_and_their_jumps() {
        for (expression, from, next) in [
            ("cron(0 10 * * ? *)", "2026-07-01 00:00:00", "2026-07-01 08:00:00"),
            ("cron(0 10 * * ? *)", "2026-12-01 00:00:00", "2026-12-01 09:00:00"),
            ("at(2026-07-01T12:00:00)", "2026-07-01 00:00:00", "2026-07-01 10:00:00"),
            ("rate(5 minutes)", "2026-07-01 00:00:00", "2026-07-01 00:05:00"),
            // 02:30 is skipped on 29 March, and the next one is a day later.
            ("cron(30 2 * * ? *)", "2026-03-28 12:00:00", "2026-03-30 00:30:00"),
            // On 25 October 02:30 comes twice, and counts once.
            ("cron(30 2 * * ? *)", "2026-10-24 12:00:00", "2026-10-25 00:30:00"),
            ("cron(30 2 * * ? *)", "2026-10-25 00:30:00", "2026-10-26 01:30:00"),
        ] {
            let parsed: ScheduleExpression = expression.parse().unwrap();
            let parsed = parsed.in_zone("Europe/Berlin").unwrap();
            assert_eq!(parsed.after(time(from)), Some(time(next)), "{expression} from {from}");
        }
        let parsed: ScheduleExpression = "rate(1 hour)".parse().unwrap();
        assert!(parsed.in_zone("Middle/Earth").is_none());
    }

    #[test]
    fn nothing_runs_before_the_start_or_behind_the_end() {
        let between = |expression: &str| {
            let parsed: ScheduleExpression = expression.parse().unwrap();
            parsed.between(Some(time("2026-11-24 12:00:00")), Some(time("2026-11-24 14:00:00")))
        };
        let rate = between("rate(45 minutes)");
        let mut runs = Vec::new();
        let mut moment = time("2026-11-24 07:07:07");
        while let Some(next) = rate.after(moment) {
            runs.push(next);
            moment = next;
        }
        assert_eq!(runs, ["12:00:00", "12:45:00", "13:30:00"].map(|t| time(&format!("2026-11-24 {t}"))));
        let cron = between("cron(0 * * * ? *)");
        assert_eq!(cron.after(time("2026-11-20 00:00:00")), Some(time("2026-11-24 12:00:00")));
        assert_eq!(cron.after(time("2026-11-24 14:00:00")), None);
        assert_eq!(between("at(2026-11-24T11:00:00)").after(time("2026-11-20 00:00:00")), None);
    }

    #[test]
    fn what_aws_refuses_is_refused() {
        for expression in [
            "",
            "rate",
            "every(1 minute)",
            "rate(5 minutes",
            "rate(1 minutes)",
            "rate(5 minute)",
            "rate(0 minutes)",
            "rate(-1 minutes)",
            "rate(1.5 hours)",
            "rate(30 seconds)",
            "rate(1)",
            "rate(1 minute now)",
            "cron(0 10 * * *)",
            "cron(0 10 * * * *)",
            "cron(0 10 ? * ? *)",
            "cron(60 10 * * ? *)",
            "cron(0 10 32 * ? *)",
            "cron(0 10 ? * FUN *)",
            "cron(0 0 10 * * ? *)",
            "at(tomorrow)",
        ] {
            assert!(expression.parse::<ScheduleExpression>().is_err(), "{expression}");
        }
    }
}
