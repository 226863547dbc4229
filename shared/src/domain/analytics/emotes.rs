//! What counts as an emote: a Unicode emoji, `:name:`, or a name from a list.

use std::collections::BTreeSet;

/// Names that stand for an emote wherever they are a whole word, as on Twitch: `Kappa`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmoteNames(BTreeSet<String>);

impl EmoteNames {
    /// From names separated by commas or white space.
    pub fn parse(list: &str) -> Self {
        let names = list.split(|c: char| c == ',' || c.is_whitespace());
        Self(names.filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    pub(super) fn contains(&self, word: &str) -> bool {
        self.0.contains(word)
    }
}

/// Longest `:name:`, in characters without the colons.
const LONGEST_NAME: usize = 32;

/// The `:name:` that `text` begins with, colons included. A name has a letter, so that a time of day
/// is none.
pub(super) fn named(text: &str) -> Option<&str> {
    let name = text.strip_prefix(':')?;
    let length = name.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+')))?;
    let fits = (1..=LONGEST_NAME).contains(&length) && name[length..].starts_with(':');
    let has_letter = name[..length].chars().any(|c| c.is_ascii_alphabetic());
    (fits && has_letter).then(|| &text[..length + 2])
}

/// Whether a grapheme is shown as an emoji: it begins with a pictograph, or asks for its picture.
pub(super) fn is_emoji(grapheme: &str) -> bool {
    const AS_PICTURE: char = '\u{FE0F}';
    let Some(first) = grapheme.chars().next() else { return false };
    match first {
        '\u{1F000}'..='\u{1FAFF}' => true,
        // Characters of these blocks that are pictures without asking for it (`Emoji_Presentation`):
        // <https://www.unicode.org/Public/UCD/latest/ucd/emoji/emoji-data.txt>
        '⌚'
        | '⌛'
        | '⏩'..='⏬'
        | '⏰'
        | '⏳'
        | '◽'
        | '◾'
        | '☔'
        | '☕'
        | '♈'..='♓'
        | '♿'
        | '⚓'
        | '⚡'
        | '⚪'
        | '⚫'
        | '⚽'
        | '⚾'
        | '⛄'
        | '⛅'
        | '⛎'
        | '⛔'
        | '⛪'
        | '⛲'
        | '⛳'
        | '⛵'
        | '⛺'
        | '⛽'
        | '✅'
        | '✊'
        | '✋'
        | '✨'
        | '❌'
        | '❎'
        | '❓'..='❕'
        | '❗'
        | '➕'..='➗'
        | '➰'
        | '➿'
        | '⬛'
        | '⬜'
        | '⭐'
        | '⭕' => true,
        _ => {
            !first.is_ascii_alphanumeric() && grapheme.contains(AS_PICTURE) || grapheme.ends_with('\u{20E3}')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_between_colons_is_an_emote_and_a_time_is_none() {
        assert_eq!(named(":wave: hello"), Some(":wave:"));
        assert_eq!(named(":+1a:"), Some(":+1a:"));
        for text in [":30:", "::", ":)", ":no space:", ":open", "wave:", ":é:"] {
            assert_eq!(named(text), None, "{text}");
        }
    }

    #[test]
    fn pictures_are_emoji_and_letters_and_digits_are_not() {
        for emoji in ["😂", "👍🏽", "👩‍🚀", "🇩🇪", "❤️", "⭐", "1️⃣", "🫠"] {
            assert!(is_emoji(emoji), "{emoji}");
        }
        for other in ["a", "1", "é", "語", "→", "©", "❤", "…"] {
            assert!(!is_emoji(other), "{other}");
        }
    }

    #[test]
    fn a_list_may_use_commas_and_spaces() {
        let names = EmoteNames::parse("Kappa, PogChamp LUL,,");
        assert!(names.contains("Kappa") && names.contains("LUL") && !names.contains("kappa"));
        assert_eq!(EmoteNames::parse(" "), EmoteNames::default());
    }
}
