//! JSON as relaxed parsers take it: keys without quotes, single quotes, trailing commas, comments. One
//! captured message was routed on AWS although it had an unquoted key, so the service may have such a
//! parser; which of these it takes is not known.

use serde_json::{Map, Value};

/// So deep may values be in each other, as for the strict parser.
const MAX_DEPTH: usize = 127;

/// The value that the text spells, if it spells one.
pub(super) fn read(text: &str) -> Option<Value> {
    let mut reader = Reader { rest: text };
    let value = reader.value(0)?;
    reader.skip()?;
    reader.rest.is_empty().then_some(value)
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    /// Passes over white space and comments; `None` if a comment has no end.
    fn skip(&mut self) -> Option<()> {
        loop {
            self.rest = self.rest.trim_start();
            if let Some(comment) = self.rest.strip_prefix("//").or_else(|| self.rest.strip_prefix('#')) {
                self.rest = comment.split_once('\n').map_or("", |(_, after)| after);
            } else if let Some(comment) = self.rest.strip_prefix("/*") {
                self.rest = comment.split_once("*/")?.1;
            } else {
                return Some(());
            }
        }
    }

    fn takes(&mut self, token: char) -> bool {
        let after = self.rest.strip_prefix(token);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip()?;
        if depth > MAX_DEPTH {
            return None;
        }
        if self.takes('{') {
            return self.object(depth);
        }
        if self.takes('[') {
            return self.array(depth);
        }
        if let Some(quote) = self.rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            return self.quoted(quote).map(Value::String);
        }
        let word = self.word();
        match word {
            "" => None,
            // Numbers and the three names; any other word is a text.
            word => Some(serde_json::from_str(word).unwrap_or_else(|_| word.into())),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        let mut map = Map::new();
        loop {
            self.skip()?;
            if self.takes('}') {
                return Some(Value::Object(map));
            }
            let key = match self.rest.chars().next()? {
                quote @ ('"' | '\'') => self.quoted(quote)?,
                _ => Some(self.word()).filter(|word| !word.is_empty())?.to_owned(),
            };
            self.skip()?;
            if !self.takes(':') {
                return None;
            }
            map.insert(key, self.value(depth + 1)?);
            self.skip()?;
            if !self.takes(',') && !self.rest.starts_with('}') {
                return None;
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<Value> {
        let mut items = Vec::new();
        loop {
            self.skip()?;
            if self.takes(']') {
                return Some(Value::Array(items));
            }
            items.push(self.value(depth + 1)?);
            self.skip()?;
            if !self.takes(',') && !self.rest.starts_with(']') {
                return None;
            }
        }
    }

    /// A text in its quotes. The strict parser reads what is between them, so that escapes are the same.
    fn quoted(&mut self, quote: char) -> Option<String> {
        let inside = self.rest.strip_prefix(quote)?;
        let mut escaped = false;
        let end = inside.char_indices().find(|(_, c)| {
            let ends = *c == quote && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        })?;
        let (text, after) = inside.split_at(end.0);
        self.rest = after.strip_prefix(quote)?;
        let text = if quote == '"' { text.to_owned() } else { text.replace("\\'", "'").replace('"', "\\\"") };
        serde_json::from_str(&format!("\"{text}\"")).ok()
    }

    /// What stands there without quotes.
    fn word(&mut self) -> &str {
        let in_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '.' | '+');
        let end = self.rest.find(|c| !in_word(c)).unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at(end);
        self.rest = after;
        word
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_relaxed_parsers_take_is_read() {
        for (text, value) in [
            (r#"{"a":1}"#, json!({ "a": 1 })),
            (r#"{a: 'it\'s "x"', b: [1, 2,], }"#, json!({ "a": "it's \"x\"", "b": [1, 2] })),
            ("// why\n{ /* this */ action: join }", json!({ "action": "join" })),
            ("{a: true, b: null, c: -1.5e3}", json!({ "a": true, "b": null, "c": -1.5e3 })),
        ] {
            assert_eq!(read(text), Some(value), "{text}");
        }
        for text in ["", "{", "{a}", "{a:}", "[1 2]", "{a:1} x", "'open", "/* open"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&"[".repeat(10_000)), None);
    }

    proptest! {
        #[test]
        fn no_text_panics_the_reader(text in r#"[\[\]{}:,"'\\/*#a1é \n-]{0,40}"#) {
            let _ = read(&text);
        }

        #[test]
        fn what_is_json_reads_the_same(key in "[a-z\"\\\\é]{0,8}", number in any::<i32>()) {
            let value = json!({ key.clone(): [number, key, { "x": null }] });
            prop_assert_eq!(read(&value.to_string()), Some(value));
        }
    }
}
