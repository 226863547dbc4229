//! What somebody says.

use super::{Rejection, rules};

/// 1 to 1,000 Unicode scalar values after trimming white space at both ends, without control
/// characters other than newline and tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content(String);

impl Content {
    /// Longest content, in Unicode scalar values. A room may allow less.
    pub const MAX_CHARS: usize = 1000;

    /// Trims and checks.
    pub fn parse(text: &str) -> Result<Self, Rejection> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Rejection::invalid("content", "must not be blank"));
        }
        rules::characters(text)?;
        rules::length(text, Self::MAX_CHARS)?;
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn length_is_counted_in_characters_after_trimming() {
        assert!(Content::parse(&"語".repeat(1000)).is_ok());
        assert!(Content::parse(&format!("  {}\n", "語".repeat(1000))).is_ok());
        assert_eq!(
            Content::parse(&"語".repeat(1001)),
            Err(Rejection::ContentTooLong { length: 1001, max: 1000 })
        );
    }

    #[test]
    fn blank_is_no_content() {
        for blank in ["", " ", "\n\t ", "\u{2003}\u{3000}"] {
            assert!(Content::parse(blank).is_err(), "{blank:?} must be refused");
        }
    }

    #[test]
    fn control_characters_are_refused_but_for_newline_and_tab() {
        assert_eq!(Content::parse("a\n\tb").map(|c| c.as_str().to_owned()), Ok("a\n\tb".to_owned()));
        for bad in ["a\0b", "a\u{7}b", "a\u{1b}[2Jb", "a\r\nb", "a\u{85}b"] {
            assert!(Content::parse(bad).is_err(), "{bad:?} must be refused");
        }
    }

    proptest! {
        #[test]
        fn accepted_content_is_within_the_rules_and_stable(text in any::<String>()) {
            if let Ok(content) = Content::parse(&text) {
                let length = content.as_str().chars().count();
                prop_assert!((1..=Content::MAX_CHARS).contains(&length));
                prop_assert_eq!(content.as_str(), content.as_str().trim());
                let again = Content::parse(content.as_str());
                prop_assert_eq!(again, Ok(content));
            }
        }
    }
}
