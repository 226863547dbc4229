//! Where a page of a user's messages starts: they are ordered by time, across rooms.

use std::fmt;

use super::{Invalid, RoomId, Sequence, Timestamp};

/// Just before a message, going back; without one, before everything said at that moment. As text
/// `1795509060123.global.42`, or the milliseconds alone: nothing in it needs an escape in a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCursor {
    /// When the message was said.
    pub at: Timestamp,
    /// Which of the messages of that millisecond. `None` where its room must not be named.
    pub message: Option<(RoomId, Sequence)>,
}

impl UserCursor {
    /// Reads what [`fmt::Display`] writes, and nothing else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::read(text).ok_or_else(|| {
            Invalid::new("before", "must be a `next` of an earlier page, or milliseconds since 1970")
        })
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let at = i64::try_from(digits(parts.next()?)?).ok()?;
        let at = Timestamp::from_millis(at).ok()?;
        let message = match (parts.next(), parts.next(), parts.next()) {
            (None, None, None) => None,
            (Some(room), Some(sequence), None) => {
                Some((RoomId::parse(room).ok()?, Sequence::new("before", digits(sequence)?).ok()?))
            }
            _ => return None,
        };
        Some(Self { at, message })
    }
}

fn digits(text: &str) -> Option<u64> {
    let only_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then(|| text.parse().ok()).flatten()
}

impl fmt::Display for UserCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.at.as_millis())?;
        match &self.message {
            Some((room, sequence)) => write!(f, ".{room}.{sequence}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_was_written_is_read() {
        for good in
            ["0", "1795509060123", "1795509060123.global.42", "253402300799999.a_b-c.9007199254740991"]
        {
            assert_eq!(UserCursor::parse(good).map(|cursor| cursor.to_string()), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "-1",
            "+1",
            "x",
            "1.5",
            "253402300800000",
            "99999999999999999999999999",
            "1795509060123.global",
            "1795509060123.global.0",
            "1795509060123.global.-1",
            "1795509060123.global.9007199254740992",
            "1795509060123.a b.1",
            "1795509060123.a#b.1",
            "1795509060123..1",
            "1795509060123.global.1.",
            "1795509060123.global.1.2",
            ".global.1",
            "٣",
        ] {
            assert!(UserCursor::parse(bad).is_err(), "{bad:?} must be refused");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>()) {
            let _outcome = UserCursor::parse(&text);
        }
    }
}
