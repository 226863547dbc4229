//! When a user may speak: mutes, slow mode, repetitions and the rate limit, which all judge by the one
//! item that is written with every message of the user.

use std::time::Duration;

use super::{Fingerprint, RoomRules};
use crate::domain::{Content, Gcra, Rejection, Role, Timestamp, Verdict};

/// What is asked of somebody who wants to speak now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How many messages a second.
    pub rate: Option<Gcra>,
    /// Least time since the user's last message.
    pub slow_mode: Option<Duration>,
    /// What the user wants to say. Written down with every message, so that a room which begins to refuse
    /// repetitions knows what was said before everybody has heard of it.
    pub said: Fingerprint,
    /// Whether it may not be what was said last.
    pub refuses_repetition: bool,
    /// Nobody can silence the owner of a room.
    pub heeds_mutes: bool,
}

/// What is known of the user in the room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spoken {
    /// The rate limit's theoretical arrival time in microseconds.
    pub tat_us: Option<i64>,
    /// When the last message was let through.
    pub at: Option<Timestamp>,
    /// What it said.
    pub said: Option<Fingerprint>,
    /// Until when the user may not speak.
    pub muted_until: Option<Timestamp>,
}

impl Pace {
    /// For how long nobody may repeat what they said last.
    pub const REPETITION: Duration = Duration::from_secs(30);

    /// What `rules` and the service's rate ask of somebody with this role. Who keeps order is not
    /// slowed down.
    pub fn new(rate: Option<Gcra>, rules: &RoomRules, role: Role, content: &Content) -> Self {
        let slowed = !role.moderates();
        Self {
            rate,
            slow_mode: rules.slow_mode.filter(|_| slowed),
            said: Fingerprint::of(content),
            refuses_repetition: slowed && rules.refuse_repetition,
            heeds_mutes: role != Role::Owner,
        }
    }

    /// Whether anything but a mute can refuse, so that what is said has to be written down.
    pub fn asks(&self) -> bool {
        self.rate.is_some() || self.slow_mode.is_some() || self.refuses_repetition
    }

    /// Judges a message that comes now. Of several rules that refuse, the most lasting speaks.
    pub fn judge(&self, spoken: &Spoken, now: Timestamp) -> Result<(), Rejection> {
        match spoken.muted_until {
            Some(until) if self.heeds_mutes && until > now => {
                let retry_after = (until < Timestamp::MAX).then(|| until.since(now));
                return Err(Rejection::Muted { retry_after });
            }
            _ => {}
        }
        self.judge_room(spoken, now)?;
        match (self.rate, spoken.tat_us) {
            (Some(rate), Some(tat_us)) => match rate.judge(tat_us, now) {
                Verdict::Pass => Ok(()),
                Verdict::Wait(retry_after) => Err(Rejection::RateLimited { retry_after }),
            },
            _ => Ok(()),
        }
    }

    /// Judges by what the room asks alone.
    pub fn judge_room(&self, spoken: &Spoken, now: Timestamp) -> Result<(), Rejection> {
        let Some(spoke_at) = spoken.at else { return Ok(()) };
        let left = |wait: Duration| wait.checked_sub(now.since(spoke_at)).filter(|left| !left.is_zero());
        if let Some(retry_after) = self.slow_mode.and_then(left) {
            return Err(Rejection::SlowMode { retry_after });
        }
        if self.refuses_repetition
            && spoken.said.as_ref() == Some(&self.said)
            && let Some(retry_after) = left(Self::REPETITION)
        {
            return Err(Rejection::Repetition { retry_after });
        }
        Ok(())
    }

    /// How long what is known of a user may matter after a message.
    pub fn horizon(&self) -> Duration {
        let rate = self.rate.map_or(Duration::ZERO, Gcra::horizon);
        rate.max(self.slow_mode.unwrap_or_default()).max(Self::REPETITION)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).expect("a valid moment")
    }

    fn content() -> Content {
        Content::parse("hello").expect("valid")
    }

    fn strict() -> RoomRules {
        RoomRules { slow_mode: Some(Duration::from_secs(5)), refuse_repetition: true, ..RoomRules::default() }
    }

    fn pace(role: Role) -> Pace {
        Pace::new(Gcra::new(1.0, 1), &strict(), role, &content())
    }

    fn spoken() -> Spoken {
        Spoken {
            tat_us: Some(11_000_000),
            at: Some(at(10_000)),
            said: Some(Fingerprint::of(&content())),
            muted_until: Some(at(60_000)),
        }
    }

    #[test]
    fn the_most_lasting_rule_speaks() {
        let viewer = pace(Role::Viewer);
        let mut spoken = spoken();
        let wait = |millis| Duration::from_millis(millis);
        let judge = |spoken: &Spoken, millis| viewer.judge(spoken, at(millis));
        assert_eq!(judge(&spoken, 10_400), Err(Rejection::Muted { retry_after: Some(wait(49_600)) }));
        spoken.muted_until = Some(at(10_400));
        assert_eq!(judge(&spoken, 10_400), Err(Rejection::SlowMode { retry_after: wait(4600) }));
        assert_eq!(judge(&spoken, 15_000), Err(Rejection::Repetition { retry_after: wait(25_000) }));
        assert_eq!(judge(&spoken, 40_000), Ok(()));
        spoken.said = Some(Fingerprint::stored("something else"));
        assert_eq!(judge(&spoken, 15_000), Ok(()));
    }

    #[test]
    fn a_mute_for_ever_says_no_time() {
        let spoken = Spoken { muted_until: Some(Timestamp::MAX), ..Spoken::default() };
        let refused = pace(Role::Moderator).judge(&spoken, at(1)).expect_err("muted");
        assert_eq!(refused, Rejection::Muted { retry_after: None });
    }

    #[test]
    fn a_moderator_is_not_slowed_down_but_muted_and_an_owner_neither() {
        let mut spoken = spoken();
        assert!(matches!(pace(Role::Moderator).judge(&spoken, at(20_000)), Err(Rejection::Muted { .. })));
        assert_eq!(pace(Role::Owner).judge(&spoken, at(20_000)), Ok(()));
        spoken.muted_until = None;
        assert_eq!(pace(Role::Moderator).judge(&spoken, at(11_000)), Ok(()));
        let limited = pace(Role::Owner).judge(&spoken, at(10_000));
        assert!(matches!(limited, Err(Rejection::RateLimited { .. })), "the rate is everybody's");
    }

    #[test]
    fn who_never_spoke_may() {
        assert_eq!(pace(Role::Viewer).judge(&Spoken::default(), at(1)), Ok(()));
    }
}
