//! What the moderators of a room decide about it.

use std::time::Duration;

use super::{BlockedTerms, Content, Invalid, RoomRules};

/// A room's settings. A room that nobody decided anything about has the defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomSettings {
    /// What messages are judged by.
    pub rules: RoomRules,
    /// What newcomers should know.
    pub announcement: Option<Content>,
}

/// Settings to be changed; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsChange {
    /// Least time between two messages of one user, in whole seconds; zero switches slow mode off.
    pub slow_mode: Option<Duration>,
    /// Longest message, in Unicode scalar values.
    pub max_chars: Option<usize>,
    /// Whether nobody may repeat within 30 seconds what they said last.
    pub refuse_repetition: Option<bool>,
    /// What must not be said.
    pub blocked_terms: Option<BlockedTerms>,
    /// What newcomers should know; `Some(None)` takes it away.
    pub announcement: Option<Option<Content>>,
}

impl SettingsChange {
    /// Six hours.
    pub const MAX_SLOW_MODE_SECONDS: u64 = 21_600;

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Slow mode of 0 to [`Self::MAX_SLOW_MODE_SECONDS`]; `field` is the name that the caller's client
    /// knows the number by.
    pub fn slow_mode(field: &'static str, seconds: Option<u64>) -> Result<Duration, Invalid> {
        match seconds {
            Some(seconds) if seconds <= Self::MAX_SLOW_MODE_SECONDS => Ok(Duration::from_secs(seconds)),
            _ => {
                let max = Self::MAX_SLOW_MODE_SECONDS;
                Err(Invalid::new(field, format!("must be a whole number from 0 to {max}")))
            }
        }
    }

    /// A longest message of 1 to [`Content::MAX_CHARS`].
    pub fn max_chars(field: &'static str, chars: Option<u64>) -> Result<usize, Invalid> {
        let chars = chars.and_then(|chars| usize::try_from(chars).ok());
        chars.filter(|chars| (1..=Content::MAX_CHARS).contains(chars)).ok_or_else(|| {
            let max = Content::MAX_CHARS;
            Invalid::new(field, format!("must be a whole number from 1 to {max}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_within_their_bounds_or_named() {
        let slow = |seconds| SettingsChange::slow_mode("seconds", seconds).map(|d| d.as_secs());
        assert_eq!((slow(Some(0)), slow(Some(21_600))), (Ok(0), Ok(21_600)));
        for bad in [None, Some(21_601), Some(u64::MAX)] {
            assert_eq!(slow(bad).expect_err("out of bounds").field, "seconds");
        }
        let chars = |chars| SettingsChange::max_chars("maxContentLength", chars);
        assert_eq!((chars(Some(1)), chars(Some(1000))), (Ok(1), Ok(1000)));
        for bad in [None, Some(0), Some(1001), Some(u64::MAX)] {
            assert_eq!(chars(bad).expect_err("out of bounds").field, "maxContentLength");
        }
    }

    #[test]
    fn a_change_of_nothing_is_empty() {
        assert!(SettingsChange::default().is_empty());
        assert!(!SettingsChange { announcement: Some(None), ..SettingsChange::default() }.is_empty());
    }
}
