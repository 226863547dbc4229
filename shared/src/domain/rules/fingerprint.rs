//! What somebody said last, in few bytes.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::normal_form::normal_form;
use crate::domain::Content;

/// A hash of a text's normal form: enough to see a repetition, too little to know what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// A text of nothing but signs is its own normal form.
    pub fn of(content: &Content) -> Self {
        let form = normal_form(content.as_str());
        let said = if form.trim().is_empty() { content.as_str() } else { &form };
        // A build that hashed differently would miss one repetition.
        let mut hasher = DefaultHasher::new();
        said.hash(&mut hasher);
        Self(format!("{:016x}", hasher.finish()))
    }

    /// As it was stored.
    pub fn stored(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repetition_is_known_by_what_it_says() {
        let of = |text| Fingerprint::of(&Content::parse(text).expect("valid"));
        assert_eq!(of("Hello  there"), of("hello there!"));
        assert_ne!(of("hello there"), of("hello you"));
        assert_ne!(of("!!!"), of("???"));
    }
}
