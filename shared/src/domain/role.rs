//! What somebody may do in a room.

use std::fmt;

/// Who proved nothing is a viewer. In the order of rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads and writes messages.
    #[default]
    Viewer,
    /// Keeps order as well.
    Moderator,
    /// Whose room it is.
    Owner,
}

impl Role {
    /// A word that is no role makes a viewer: a right is never guessed.
    pub fn parse(text: &str) -> Self {
        match text {
            "moderator" => Self::Moderator,
            "owner" => Self::Owner,
            _ => Self::Viewer,
        }
    }

    /// Whether it keeps order in its room.
    pub fn moderates(self) -> bool {
        self >= Self::Moderator
    }

    /// The word on the wire and in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Moderator => "moderator",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_role_is_a_viewer() {
        for role in [Role::Viewer, Role::Moderator, Role::Owner] {
            assert_eq!(Role::parse(role.as_str()), role);
        }
        assert_eq!(Role::parse("Owner"), Role::Viewer);
    }
}
