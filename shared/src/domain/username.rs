//! The name that others see next to a message.

use std::fmt;

use super::Invalid;

/// 1 to 50 Unicode scalar values, none of them a control character. Neither unique nor proof of
/// anything: that is what a `UserId` is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// The name of somebody who gave none.
    pub const DEFAULT: &'static str = "Anonymous";
    const MAX_CHARS: usize = 50;

    /// Counts characters, not bytes: 50 CJK characters are as good as 50 Latin ones.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let length = text.chars().count();
        if length == 0 || length > Self::MAX_CHARS || text.chars().any(char::is_control) {
            let max = Self::MAX_CHARS;
            return Err(Invalid::new(
                "username",
                format!("must be 1 to {max} characters without control characters"),
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// As much of a name from elsewhere as fits: without control characters, at most 50 others.
    pub fn fitted(text: &str) -> Option<Self> {
        let printable: String = text.chars().filter(|c| !c.is_control()).collect();
        Self::parse(&printable.trim().chars().take(Self::MAX_CHARS).collect::<String>()).ok()
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_in_characters() {
        assert!(Username::parse(&"語".repeat(50)).is_ok());
        assert!(Username::parse(&"語".repeat(51)).is_err());
        assert!(Username::parse("").is_err());
    }

    #[test]
    fn a_name_cannot_draw_on_a_terminal() {
        assert!(Username::parse("a\u{1b}[2J").is_err());
        assert!(Username::parse("a\nb").is_err());
    }
}
