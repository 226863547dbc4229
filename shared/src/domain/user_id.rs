//! Who somebody is, across all of their connections.

use std::fmt;

use super::Invalid;
use super::invalid::identifier;

/// 1 to 64 characters of `A-Z a-z 0-9 _ - . @`. Without tokens it is only a claim.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(String);

impl UserId {
    /// Refuses anything but the alphabet above, so that a user can be part of a storage key.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        identifier("userId", text, 64, "_-.@").map(Self)
    }

    /// A user who gave no name: `anonymous-` and eight hex digits of `random`.
    pub fn anonymous(random: u32) -> Self {
        Self(format!("anonymous-{random:08x}"))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_may_look_like_a_mail_address_and_not_like_a_key() {
        assert!(UserId::parse("alice.b@example-site.com").is_ok());
        for bad in ["", "a#b", "a/b", "a|b", "a%23b", "a b", "ä", &"x".repeat(65)] {
            assert!(UserId::parse(bad).is_err(), "{bad:?} must be refused");
        }
    }

    #[test]
    fn an_anonymous_id_is_valid_and_has_eight_hex_digits() {
        let id = UserId::anonymous(0xbeef);
        assert_eq!(id.as_str(), "anonymous-0000beef");
        assert_eq!(UserId::parse(id.as_str()), Ok(id));
    }
}
