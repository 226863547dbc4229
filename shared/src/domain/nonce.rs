//! A client's own name for a message, so that sending it twice stores it once.

use std::time::Duration;

use super::Invalid;

/// 1 to 64 Unicode scalar values, without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    const MAX_CHARS: usize = 64;

    /// How long a second message with the same nonce is taken for the first one.
    pub const REMEMBERED: Duration = Duration::from_secs(10 * 60);

    /// Refuses what is empty, too long or unprintable.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let length = text.chars().count();
        if length == 0 || length > Self::MAX_CHARS || text.chars().any(char::is_control) {
            let max = Self::MAX_CHARS;
            return Err(Invalid::new(
                "nonce",
                format!("must be 1 to {max} characters without control characters"),
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The nonce as the client gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
