//! Who somebody is, across all of their connections.

use std::fmt;

use super::Invalid;
use super::invalid::identifier;

/// 1 to 64 characters of `A-Z a-z 0-9 _ - . @`, and of `%` where it escapes a byte that is none of
/// them: a token's subject may hold anything.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(String);

impl UserId {
    const ALSO: &str = "_-.@";
    const MAX_BYTES: usize = 64;

    /// Refuses anything but the alphabet above, so that a user can be part of a storage key. An
    /// escape is refused as well where there is another way to write the same: no user has two ids.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let mut rest = text.as_bytes();
        while let [byte, others @ ..] = rest {
            rest = match (byte, others) {
                (b'%', [high, low, others @ ..]) if is_escape(*high, *low) => others,
                (byte, others) if is_plain(*byte) => others,
                // Says what the alphabet is.
                _ => return Self::claimed(text),
            };
        }
        match text.len() {
            1..=Self::MAX_BYTES => Ok(Self(text.to_owned())),
            _ => Self::claimed(text),
        }
    }

    /// An id that somebody claims without proof. Escapes are not among them: they are what tokens
    /// make of subjects.
    pub fn claimed(text: &str) -> Result<Self, Invalid> {
        identifier("userId", text, Self::MAX_BYTES, Self::ALSO).map(Self)
    }

    /// The user that a token's `sub` names, percent-encoded byte by byte. Two subjects never make
    /// the same user. Refuses an empty one, and one whose encoding is over 64 characters.
    pub fn of_subject(subject: &str) -> Result<Self, Invalid> {
        let mut encoded = String::new();
        for byte in subject.bytes() {
            match is_plain(byte) {
                true => encoded.push(char::from(byte)),
                false => encoded.push_str(&format!("%{byte:02X}")),
            }
        }
        Self::parse(&encoded)
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

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || UserId::ALSO.as_bytes().contains(&byte)
}

/// Two upper-case hex digits of a byte that has to be escaped.
fn is_escape(high: u8, low: u8) -> bool {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    matches!((digit(high), digit(low)), (Some(high), Some(low)) if !is_plain(high << 4 | low))
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
        for bad in ["", "a#b", "a/b", "a|b", "a b", "ä", &"x".repeat(65)] {
            assert!(UserId::parse(bad).is_err(), "{bad:?} must be refused");
        }
    }

    #[test]
    fn an_escape_is_part_of_an_id_that_a_token_made_and_of_no_claim() {
        for good in ["a%23b", "auth0%7Cabc", "%25", "%C3%A4"] {
            assert!(UserId::parse(good).is_ok(), "{good:?}");
            assert!(UserId::claimed(good).is_err(), "{good:?} must be refused");
        }
        for bad in ["%", "%2", "a%7c", "%41", "%2D", "%G0", "%%25", &"%25".repeat(22)] {
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
