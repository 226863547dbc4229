//! The name of a room.

use std::fmt;

use super::Invalid;
use super::invalid::identifier;

/// 1 to 64 characters of `A-Z a-z 0-9 _ -`. Rooms need not be created: naming one is enough.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomId(String);

impl RoomId {
    /// The room of a client that names none.
    pub const DEFAULT: &'static str = "global";

    /// Refuses anything but the alphabet above, so that a room can be part of a storage key.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        identifier("room", text, 64, "_-").map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_named_by_letters_digits_underscore_and_hyphen() {
        for good in ["global", "a", "Room_1-b", &"x".repeat(64)] {
            assert_eq!(RoomId::parse(good).map(|r| r.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", "a b", "a#0", "a/b", "raum-ä", "a.b", &"x".repeat(65), "a\n"] {
            assert!(RoomId::parse(bad).is_err(), "{bad:?} must be refused");
        }
    }

    #[test]
    fn a_refusal_names_the_field_and_not_the_value() {
        let refusal = RoomId::parse("secret value").expect_err("a space is not allowed").to_string();
        assert_eq!(refusal, "room must be 1 to 64 characters of A-Z a-z 0-9 _ -");
    }
}
