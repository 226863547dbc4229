//! What a message's text says about excitement: whether it only reacts, and which of its words could
//! name what happened.

/// Longest reaction: three words and 24 characters. Marked highlights have shorter messages than the
/// chat around them.
const WORDS: usize = 3;
const CHARS: usize = 24;
/// Longest word that is kept, in bytes.
const LONGEST_WORD: usize = 24;

/// Words that name nothing.
const EMPTY: [&str; 58] = [
    "about", "all", "and", "any", "are", "been", "but", "can", "cant", "could", "did", "does", "dont", "for",
    "from", "get", "got", "had", "has", "have", "her", "him", "his", "how", "into", "its", "just", "like",
    "not", "now", "one", "out", "really", "she", "should", "some", "than", "that", "thats", "the", "their",
    "them", "then", "there", "they", "this", "too", "was", "were", "what", "when", "who", "why", "will",
    "with", "would", "you", "your",
];

/// Whether a message only reacts. Commands, votes and calls of a raid come in bursts too, at the
/// streamer's word and not at what happens.
pub(super) fn is_reaction(text: &str) -> bool {
    let words = text.split_whitespace().count();
    if text.starts_with('!') || text.contains("://") || mentions_raid(text) {
        return false;
    }
    if text.chars().all(|c| c.is_ascii_digit() || c.is_whitespace()) {
        return false;
    }
    let short = words <= WORDS && text.chars().count() <= CHARS;
    // Nothing but the same word or emotes, however long the line is.
    short || alike(text) || text.split_whitespace().all(is_emote)
}

fn alike(text: &str) -> bool {
    let mut words = text.split_whitespace();
    words.next().is_some_and(|first| words.all(|word| word == first))
}

fn mentions_raid(text: &str) -> bool {
    text.split_whitespace()
        .any(|word| word.eq_ignore_ascii_case("raid") || word.eq_ignore_ascii_case("raiders"))
}

/// An emoji, `:name:`, or a word with a capital behind a small letter or a small letter before
/// capitals: `PogChamp`, `monkaS`, `catJAM`. Emotes in capitals alone are shouting just as well and
/// count as words.
pub(super) fn is_emote(word: &str) -> bool {
    let named = word.strip_prefix(':').and_then(|rest| rest.strip_suffix(':'));
    if let Some(name) = named {
        return !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+-".contains(&b));
    }
    let is_pictograph = |c: char| matches!(u32::from(c), 0x2600..=0x27BF | 0x1F000..=0x1FAFF);
    if word.chars().any(is_pictograph) {
        return true;
    }
    let bytes = word.as_bytes();
    let camel = bytes.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    camel && bytes.iter().all(u8::is_ascii_alphanumeric)
}

/// The words and emotes of a message that can say why: emotes as written, words in lower case and
/// without punctuation, each once.
pub(super) fn telling(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let term = if is_emote(word) { word.to_owned() } else { plain(word) };
        let tells = term.len() <= LONGEST_WORD && !term.is_empty() && !found.contains(&term);
        if tells {
            found.push(term);
        }
    }
    found
}

/// Empty where the word says nothing.
fn plain(word: &str) -> String {
    if word.contains("://") || word.starts_with(['@', '!']) {
        return String::new();
    }
    let word: String = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let says = word.chars().count() >= 3 && word.chars().any(char::is_alphabetic);
    if says && !EMPTY.contains(&word.as_str()) { word } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_lines_and_repeated_emotes_react_and_sentences_commands_and_votes_do_not() {
        for reaction in
            ["LUL", "no way", "OMG OMG OMG OMG OMG OMG OMG", "PogChamp monkaS catJAM PogChamp", "😂😂"]
        {
            assert!(is_reaction(reaction), "{reaction}");
        }
        for other in
            ["what are you playing next week", "!join", "1", "2 2 2", "https://a.example", "gronkh RAID"]
        {
            assert!(!is_reaction(other), "{other}");
        }
    }

    #[test]
    fn what_tells_is_kept_once_and_what_every_line_has_is_not() {
        assert_eq!(telling("WHAT a Clutch, the clutch! PogChamp"), ["clutch", "PogChamp"]);
        assert_eq!(telling("@bob !vote https://a.example/b 123 ok"), Vec::<String>::new());
        assert!(telling(&"x".repeat(100)).is_empty());
    }

    #[test]
    fn an_emote_has_a_form() {
        assert!(["PogChamp", "monkaS", ":wave:", "😂", "catJAM"].into_iter().all(is_emote));
        assert!(["Hello", "WOW", "don't", "::", "a:b"].into_iter().all(|word| !is_emote(word)));
    }
}
