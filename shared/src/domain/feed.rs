//! What a connection is there for.

use std::fmt;

use super::Invalid;

/// Chosen in the handshake, for as long as the connection lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feed {
    /// The room's messages and notices; whoever has it is a member of the room.
    #[default]
    Chat,
    /// The room's numbers instead. Watches, is no member and gets no messages.
    Analytics,
}

impl Feed {
    /// Refuses anything but `chat` and `analytics`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "chat" => Ok(Self::Chat),
            "analytics" => Ok(Self::Analytics),
            _ => Err(Invalid::new("feed", "must be chat or analytics")),
        }
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Analytics => "analytics",
        }
    }
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_is_one_of_two_words() {
        for feed in [Feed::Chat, Feed::Analytics] {
            assert_eq!(Feed::parse(feed.as_str()), Ok(feed));
        }
        for bad in ["", "Chat", "everything", "chat "] {
            assert!(Feed::parse(bad).is_err(), "{bad:?} must be refused");
        }
    }
}
