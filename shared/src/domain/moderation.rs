//! What keeps order in a room, and who may do it.

use std::time::Duration;

use super::{Content, Invalid, Rejection, Role, Sequence, Timestamp, UserId};

/// What a moderator does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The user may not speak for a while.
    Timeout {
        /// Who.
        user: UserId,
        /// In whole seconds.
        duration: Duration,
    },
    /// The user may not be there, nor speak.
    Ban {
        /// Who.
        user: UserId,
    },
    /// Takes back a ban and a timeout.
    Unban {
        /// Who.
        user: UserId,
    },
    /// Takes away what a message says.
    Delete {
        /// Which.
        sequence: Sequence,
    },
    /// Tells everybody something.
    Announce {
        /// What.
        content: Content,
    },
    /// Sets the least time between two messages of one user.
    SlowMode {
        /// In whole seconds; zero switches it off.
        interval: Duration,
    },
}

impl Operation {
    /// Two weeks, in seconds: for longer there are bans.
    pub const MAX_TIMEOUT_SECONDS: u64 = 1_209_600;

    /// The frame's `op`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Timeout { .. } => "timeout",
            Self::Ban { .. } => "ban",
            Self::Unban { .. } => "unban",
            Self::Delete { .. } => "delete",
            Self::Announce { .. } => "announce",
            Self::SlowMode { .. } => "slowMode",
        }
    }

    /// A timeout of 1 to [`Self::MAX_TIMEOUT_SECONDS`].
    pub fn timeout(seconds: Option<u64>) -> Result<Duration, Invalid> {
        match seconds {
            Some(seconds) if (1..=Self::MAX_TIMEOUT_SECONDS).contains(&seconds) => {
                Ok(Duration::from_secs(seconds))
            }
            _ => {
                let max = Self::MAX_TIMEOUT_SECONDS;
                Err(Invalid::new("seconds", format!("must be a whole number from 1 to {max}")))
            }
        }
    }
}

/// Who does something in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: Role,
}

impl Actor {
    /// Whether this is one of the room's moderators or its owner.
    pub fn may_moderate(&self) -> Result<(), Rejection> {
        allowed(self.role.moderates())
    }

    /// Whether this outranks a user with `role`. Nobody outranks the owner, and nobody oneself.
    pub fn outranks(&self, role: Role) -> Result<(), Rejection> {
        allowed(self.role.moderates() && self.role > role)
    }

    /// Whether this may take away a message: one's own, or one by somebody of lower rank.
    pub fn may_delete(&self, author: &UserId, role: Role) -> bool {
        self.role.moderates() && (self.role > role || self.user == *author)
    }
}

fn allowed(allowed: bool) -> Result<(), Rejection> {
    if allowed { Ok(()) } else { Err(Rejection::Forbidden) }
}

/// Somebody is not to be in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// Who decided it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

impl Ban {
    /// Whether it keeps out somebody with this role. Roles come from tokens, so who bans need not
    /// have known that it was the owner.
    pub fn keeps_out(role: Role) -> bool {
        role != Role::Owner
    }

    /// Whether somebody may take it back: not who is of lower rank than who decided it.
    pub fn may_be_lifted_by(&self, actor: &Actor) -> Result<(), Rejection> {
        allowed(actor.role >= self.by.role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(user: &str, role: Role) -> Actor {
        Actor { user: UserId::parse(user).expect("valid"), role }
    }

    #[test]
    fn rank_decides_who_may_act_on_whom() {
        use Role::*;
        for (role, outranked) in
            [(Viewer, vec![]), (Moderator, vec![Viewer]), (Owner, vec![Viewer, Moderator])]
        {
            for target in [Viewer, Moderator, Owner] {
                let may = actor("mia", role).outranks(target).is_ok();
                assert_eq!(may, outranked.contains(&target), "{role} on {target}");
            }
        }
    }

    #[test]
    fn a_moderator_deletes_what_viewers_said_and_what_it_said_itself() {
        let mia = actor("mia", Role::Moderator);
        let user = |name| UserId::parse(name).expect("valid");
        assert!(mia.may_delete(&user("bob"), Role::Viewer));
        assert!(mia.may_delete(&user("mia"), Role::Moderator));
        assert!(!mia.may_delete(&user("max"), Role::Moderator));
        assert!(!mia.may_delete(&user("olga"), Role::Owner));
        assert!(!actor("bob", Role::Viewer).may_delete(&user("bob"), Role::Viewer));
    }

    #[test]
    fn a_ban_by_the_owner_is_the_owners_to_lift() {
        let ban = |role| Ban { by: actor("x", role), at: Timestamp::from_millis(1).expect("valid") };
        assert!(ban(Role::Owner).may_be_lifted_by(&actor("mia", Role::Moderator)).is_err());
        assert!(ban(Role::Moderator).may_be_lifted_by(&actor("max", Role::Moderator)).is_ok());
        assert!(ban(Role::Moderator).may_be_lifted_by(&actor("olga", Role::Owner)).is_ok());
        assert!(!Ban::keeps_out(Role::Owner) && Ban::keeps_out(Role::Moderator));
    }

    #[test]
    fn a_timeout_is_of_a_second_to_two_weeks() {
        let seconds = |seconds| Operation::timeout(seconds).map(|duration| duration.as_secs());
        assert_eq!((seconds(Some(1)), seconds(Some(1_209_600))), (Ok(1), Ok(1_209_600)));
        for bad in [None, Some(0), Some(1_209_601), Some(u64::MAX)] {
            assert_eq!(seconds(bad).expect_err("out of bounds").field, "seconds");
        }
    }
}
