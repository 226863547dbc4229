//! The stretches of time that can be asked for.

use super::bucket::Minute;
use crate::domain::{Invalid, Timestamp};

/// Up to now, the running minute included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Window {
    /// The last 15 minutes.
    #[default]
    Minutes15,
    /// The last 60 minutes.
    Hour,
    /// The running hour and the 23 before it.
    Hours24,
    /// The running day and the 29 before it.
    Days30,
}

impl Window {
    /// `15m`, `1h`, `24h` or `30d`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let all = [Self::Minutes15, Self::Hour, Self::Hours24, Self::Days30];
        let found = all.into_iter().find(|window| window.as_str() == text);
        found.ok_or_else(|| Invalid::new("window", "must be 15m, 1h, 24h or 30d"))
    }

    /// As a parameter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minutes15 => "15m",
            Self::Hour => "1h",
            Self::Hours24 => "24h",
            Self::Days30 => "30d",
        }
    }

    /// Whether it is told minute by minute; 30 days would be 43,200 of them.
    pub fn has_series(self) -> bool {
        self != Self::Days30
    }

    /// The first and the last of its minutes.
    pub fn minutes(self, now: Timestamp) -> (Minute, Minute) {
        let last = Minute::of(now);
        let first = match self {
            Self::Minutes15 => last.back(14),
            Self::Hour => last.back(59),
            Self::Hours24 => last.hour().back(23).first_minute(),
            Self::Days30 => last.hour().day().back(29).first_hour().first_minute(),
        };
        (first, last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_with_the_running_minute() {
        let now = Timestamp::parse("2026-11-24T08:31:02.000Z").expect("valid");
        let minutes = |text: &str| {
            let (first, last) = Window::parse(text).expect("valid").minutes(now);
            (first.start().to_string(), first.through(last).count())
        };
        assert_eq!(minutes("15m"), ("2026-11-24T08:17:00.000Z".to_owned(), 15));
        assert_eq!(minutes("1h"), ("2026-11-24T07:32:00.000Z".to_owned(), 60));
        assert_eq!(minutes("24h"), ("2026-11-23T09:00:00.000Z".to_owned(), 23 * 60 + 32));
        assert_eq!(minutes("30d"), ("2026-10-26T00:00:00.000Z".to_owned(), (29 * 24 + 8) * 60 + 32));
        for bad in ["", "15", "2h", "1H", "1h "] {
            assert!(Window::parse(bad).is_err(), "{bad}");
        }
    }
}
