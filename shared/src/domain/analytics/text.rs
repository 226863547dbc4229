//! What a message's text says to the counters.

use unicode_segmentation::UnicodeSegmentation;

use super::emotes::{self, EmoteNames};
use super::{hash, stop_words};

/// Longest word that is counted, in bytes: what is longer is no word, and fills a row.
const LONGEST_WORD: usize = 48;

/// A message as it is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Unicode scalar values.
    pub characters: u64,
    /// In lower case; without stop words, links, emotes, and what has no letter.
    pub words: Vec<String>,
    /// Emoji, `:name:`, and names of the list.
    pub emotes: Vec<String>,
    /// `!word` at the beginning, in lower case.
    pub command: Option<String>,
    /// Whether it asks something: there is a question mark outside its links.
    pub question: bool,
    /// Whether there is a link in it.
    pub link: bool,
    /// The same for texts that differ in case and white space only.
    pub likeness: u64,
}

impl Reading {
    /// Reads a message's content.
    pub fn of(content: &str, names: &EmoteNames) -> Self {
        let mut reading = Self { characters: content.chars().count() as u64, ..Self::default() };
        reading.command = command(content);
        let mut like = String::with_capacity(content.len());
        for (position, token) in content.split_whitespace().enumerate() {
            if position > 0 {
                like.push(' ');
            }
            like.extend(token.chars().flat_map(char::to_lowercase));
            match (position, &reading.command) {
                (0, Some(_)) => {}
                _ => reading.token(token, names),
            }
        }
        reading.likeness = hash::stable(&like);
        reading
    }

    fn token(&mut self, token: &str, names: &EmoteNames) {
        if is_link(token) {
            self.link = true;
            return;
        }
        self.question |= token.contains(['?', '？', '؟']);
        let bare = token.trim_matches(|c: char| !c.is_alphanumeric());
        if names.contains(token) || names.contains(bare) {
            let name = if names.contains(token) { token } else { bare };
            self.emotes.push(name.to_owned());
            return;
        }
        let mut rest = token;
        while let Some(colon) = rest.find(':') {
            let (before, from) = rest.split_at(colon);
            self.plain(before);
            match emotes::named(from) {
                Some(name) => {
                    self.emotes.push(name.to_owned());
                    rest = &from[name.len()..];
                }
                None => {
                    rest = &from[1..];
                }
            }
        }
        self.plain(rest);
    }

    fn plain(&mut self, text: &str) {
        if text.is_ascii() && text.bytes().all(|byte| byte.is_ascii_lowercase()) {
            // The commonest case, which needs no segmentation.
            self.word(text.to_owned());
            return;
        }
        for piece in text.split_word_bounds() {
            if piece.chars().any(char::is_alphabetic) {
                self.word(piece.to_lowercase().replace('’', "'"));
            } else if !piece.is_ascii() || piece.contains('\u{20E3}') {
                let emoji = piece.graphemes(true).filter(|grapheme| emotes::is_emoji(grapheme));
                let emoji: Vec<String> = emoji.map(str::to_owned).collect();
                self.emotes.extend(emoji.into_iter().filter(|emoji| emoji.len() <= LONGEST_WORD));
            }
        }
    }

    fn word(&mut self, word: String) {
        if !word.is_empty() && word.len() <= LONGEST_WORD && !stop_words::contains(&word) {
            self.words.push(word);
        }
    }
}

fn is_link(token: &str) -> bool {
    let token = token.trim_start_matches(|c: char| !c.is_alphanumeric());
    ["http://", "https://", "www."].iter().any(|start| {
        token.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
            && token.len() > start.len()
    })
}

fn command(content: &str) -> Option<String> {
    let name = content.strip_prefix('!')?.split_whitespace().next()?;
    let is_name = name.starts_with(char::is_alphanumeric)
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    (content.as_bytes().get(1).is_some_and(|next| !next.is_ascii_whitespace())
        && is_name
        && name.len() <= LONGEST_WORD)
        .then(|| format!("!{}", name.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &str) -> Reading {
        Reading::of(content, &EmoteNames::parse("Kappa PogChamp"))
    }

    #[test]
    fn words_are_what_is_left_of_a_text() {
        let reading =
            read("The Kernel's panic: I don’t know, see https://a.example/the?q=1 and 42 Überläufe?");
        assert_eq!(reading.words, ["kernel's", "panic", "know", "see", "überläufe"]);
        assert!(reading.question && reading.link);
        assert!(!read("look at https://a.example/?q=1").question);
        assert_eq!(read("語を話す").characters, 4);
    }

    #[test]
    fn emotes_are_emoji_names_between_colons_and_names_of_the_list() {
        let reading = read("lol😂😂 :wave::wave: Kappa, kappa PogChamp at 12:30:45 👩‍🚀");
        assert_eq!(reading.emotes, ["😂", "😂", ":wave:", ":wave:", "Kappa", "PogChamp", "👩‍🚀"]);
        assert_eq!(reading.words, ["lol", "kappa"]);
    }

    #[test]
    fn a_command_begins_the_message() {
        assert_eq!(read("!Help me").command.as_deref(), Some("!help"));
        assert_eq!(read("!Help me").words, Vec::<String>::new());
        for none in ["say !help", "! help", "!", "!!", "!?", "!a.b"] {
            assert_eq!(read(none).command, None, "{none}");
        }
    }

    #[test]
    fn texts_that_differ_in_case_and_space_are_alike() {
        assert_eq!(read("GG  wp").likeness, read("gg WP").likeness);
        assert_ne!(read("gg wp").likeness, read("ggwp").likeness);
    }

    #[test]
    fn what_is_too_long_for_a_word_is_none() {
        assert_eq!(read(&"a".repeat(49)).words, Vec::<String>::new());
        assert_eq!(read(&"a".repeat(48)).words.len(), 1);
    }
}
