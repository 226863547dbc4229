//! The name of a stored or private message.

use std::fmt;

use uuid::Uuid;

use super::{Invalid, Timestamp};

/// A UUID of version 7: unique everywhere, and sortable by time to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(Uuid);

impl MessageId {
    /// A new id for a message of this moment; `random` are ten bytes nobody can foresee.
    pub fn new(at: Timestamp, random: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(at.as_millis().unsigned_abs(), &random).into_uuid())
    }

    /// Reads what `Display` wrote.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Uuid::try_parse(text).map(Self).map_err(|_| Invalid::new("messageId", "must be a UUID"))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_later_messages_sort_later_and_are_read_back() {
        let at = |millis| Timestamp::from_millis(millis).expect("a valid moment");
        let early = MessageId::new(at(1_795_509_060_122), [255; 10]);
        let late = MessageId::new(at(1_795_509_060_123), [0; 10]);
        assert!(early.to_string() < late.to_string());
        assert_eq!(MessageId::parse(&late.to_string()), Ok(late));
    }
}
