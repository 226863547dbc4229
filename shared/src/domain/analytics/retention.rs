//! How long what is counted is kept.

use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// At least: the stream may bring a record again for a day.
const SHORTEST: Duration = Duration::from_secs(2 * 86_400);
/// At most, where messages are kept for ever.
const LONGEST: Duration = Duration::from_secs(400 * 86_400);

/// Days, which have nobody's name in them, and moments.
pub const LONG: Duration = Duration::from_secs(400 * 86_400);

/// Minutes are kept as long as their messages and a day more, so that whatever is deleted leaves the
/// minute that it was counted in: 2 to 400 days.
pub fn of_minutes(messages: Option<Duration>) -> Duration {
    messages.map_or(LONGEST, |kept| (kept + DAY).clamp(SHORTEST, LONGEST))
}

/// Hours have names in them, so that they end with the messages too; a day after their minutes, because a
/// day is made of them.
pub fn of_hours(messages: Option<Duration>) -> Duration {
    of_minutes(messages) + DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_outlive_their_messages() {
        assert_eq!(of_minutes(Some(DAY * 30)), DAY * 31);
        assert_eq!(of_minutes(Some(DAY)), DAY * 2);
        assert_eq!(of_minutes(None), DAY * 400);
        assert_eq!(of_hours(Some(DAY * 30)), DAY * 32);
    }
}
