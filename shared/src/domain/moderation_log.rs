//! What was done to keep order in a room.

use std::fmt;

use super::{Invalid, Operation, SettingsChange, Timestamp, UserId};

/// The name of an entry of the log. Texts of ids sort as their times do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogId(String);

impl LogId {
    /// 15 digits hold every moment there is.
    const DIGITS: usize = 15;
    const RANDOM: usize = 8;

    /// A new id for something done at this moment; `random` keeps apart what was done at once.
    pub fn new(at: Timestamp, random: u32) -> Self {
        let millis = at.as_millis();
        Self(format!("{millis:015}-{random:08x}"))
    }

    /// Reads what `Display` wrote; `field` is the name that the caller's client knows it by.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Invalid> {
        let is_id = text.split_once('-').is_some_and(|(millis, random)| {
            millis.len() == Self::DIGITS
                && random.len() == Self::RANDOM
                && millis.bytes().all(|byte| byte.is_ascii_digit())
                && random.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        });
        match is_id {
            true => Ok(Self(text.to_owned())),
            false => Err(Invalid::new(field, "must be the `next` of a page of the log")),
        }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was done to keep order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// By a frame to the room.
    Operation(Operation),
    /// The room's settings were changed, these of them.
    Settings(SettingsChange),
}

impl Deed {
    /// The frame's `op`, or `settings`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Operation(operation) => operation.name(),
            Self::Settings(_) => "settings",
        }
    }
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Its name and its place in the log.
    pub id: LogId,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: UserId,
    /// What.
    pub deed: Deed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_are_read_back() {
        let id = |millis| LogId::new(Timestamp::from_millis(millis).expect("valid"), 0xbeef);
        assert_eq!(id(1_795_509_060_123).as_str(), "001795509060123-0000beef");
        assert!(id(999) < id(1000) && id(1000) < id(Timestamp::MAX.as_millis()));
        assert_eq!(LogId::parse("before", id(7).as_str()), Ok(id(7)));
        for bad in ["", "-", "7-1", "00179550906012x-0000beef", "001795509060123-0000BEEF", "001795509060123"]
        {
            assert!(LogId::parse("before", bad).is_err(), "{bad:?} must be refused");
        }
    }
}
