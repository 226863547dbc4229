//! What must not be said in a room.

use std::sync::Arc;

use aho_corasick::AhoCorasick;

use super::normal_form::normal_form;
use crate::domain::{Invalid, Rejection};

/// Words and phrases, found in one pass however many there are. They are compared in a normal form, as
/// whole words: `ass` is not in `class`. Scripts that are written without spaces have no such words;
/// there a term is found anywhere. Cheap to clone, as every message does.
#[derive(Clone, Debug, Default)]
pub struct BlockedTerms {
    terms: Arc<[String]>,
    /// `None` where there are no terms.
    found: Option<Arc<AhoCorasick>>,
}

impl BlockedTerms {
    /// More terms than that, or longer ones, do not fit well into one item.
    pub const MAX_TERMS: usize = 200;
    /// In Unicode scalar values.
    pub const MAX_CHARS: usize = 50;

    /// Refuses too many terms, and ones that are too long or say nothing.
    pub fn parse<T: AsRef<str>>(terms: &[T]) -> Result<Self, Invalid> {
        let terms: Arc<[String]> = terms.iter().map(|term| term.as_ref().trim().to_owned()).collect();
        if terms.len() > Self::MAX_TERMS {
            return Err(invalid());
        }
        let patterns: Vec<String> = terms.iter().map(|term| pattern(term)).collect::<Result<_, _>>()?;
        let found = match patterns.is_empty() {
            true => None,
            false => Some(Arc::new(AhoCorasick::new(patterns).map_err(|_too_large| invalid())?)),
        };
        Ok(Self { terms, found })
    }

    /// The terms as they were given.
    pub fn as_slice(&self) -> &[String] {
        &self.terms
    }

    pub(super) fn judge(&self, text: &str) -> Result<(), Rejection> {
        match &self.found {
            Some(found) if found.is_match(&normal_form(text)) => Err(Rejection::BlockedTerm),
            _ => Ok(()),
        }
    }
}

impl PartialEq for BlockedTerms {
    fn eq(&self, other: &Self) -> bool {
        self.terms == other.terms
    }
}

impl Eq for BlockedTerms {}

fn pattern(term: &str) -> Result<String, Invalid> {
    let form = normal_form(term);
    if term.chars().count() > BlockedTerms::MAX_CHARS || form.trim().is_empty() {
        return Err(invalid());
    }
    Ok(if form.chars().any(written_without_spaces) { form.trim().to_owned() } else { form })
}

fn invalid() -> Invalid {
    let (terms, chars) = (BlockedTerms::MAX_TERMS, BlockedTerms::MAX_CHARS);
    Invalid::new(
        "blockedTerms",
        format!("must be at most {terms} texts of 1 to {chars} characters with a letter or digit"),
    )
}

/// Thai, Lao, Burmese, Khmer, kana and Han.
fn written_without_spaces(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(terms: &[&str], text: &str) -> bool {
        BlockedTerms::parse(terms).expect("good terms").judge(text).is_err()
    }

    #[test]
    fn a_term_is_found_however_it_is_written() {
        for text in ["spam", "SPAM!", "no s p a m here", "s.p.a.m", "ｓｐａｍ", "sp\u{200b}am", "(spam)"]
        {
            assert!(blocks(&["Spam"], text), "{text:?}");
        }
        assert!(blocks(&["buy followers"], "Buy   FOLLOWERS now"));
        assert!(blocks(&["one", "two"], "and two"));
    }

    #[test]
    fn a_term_in_a_longer_word_is_another_word() {
        assert!(!blocks(&["ass"], "a class of its own"));
        assert!(!blocks(&["buy followers"], "followers buy"));
        assert!(!blocks(&[], "anything"));
    }

    #[test]
    fn where_words_have_no_spaces_a_term_is_found_anywhere() {
        assert!(blocks(&["悪い"], "これは悪いことば"));
    }

    #[test]
    fn a_refusal_does_not_say_the_word() {
        let refused = BlockedTerms::parse(&["spam"]).expect("good").judge("spam").expect_err("blocked");
        assert_eq!(refused, Rejection::BlockedTerm);
        assert!(!refused.to_string().contains("spam"));
    }

    #[test]
    fn terms_are_few_and_short_and_say_something() {
        assert!(BlockedTerms::parse(&vec!["x"; 200]).is_ok());
        for bad in [vec!["x"; 201], vec![""], vec!["..."], vec!["\u{200b}"]] {
            assert!(BlockedTerms::parse(&bad).is_err(), "{bad:?}");
        }
        assert!(BlockedTerms::parse(&["x".repeat(51)]).is_err());
    }
}
