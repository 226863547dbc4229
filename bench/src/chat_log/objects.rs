//! The objects of a log one by one, without reading it whole: lines, elements of an array, or
//! elements of the array `comments` of an object. Only brackets and strings are looked at, so that a
//! broken object is one object and not the end.

use std::io::{self, BufRead};

use super::detect::Format;

/// Longest object in bytes; Twitch's messages have 500 characters, their emotes some thousands.
pub(super) const LONGEST: usize = 1 << 20;

/// What stands at a place of the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    Object(&'a [u8]),
    TooLong,
    /// The log ends inside an object or a document.
    CutOff,
}

/// Calls `on` with the line number of each object's end, from 1.
pub(super) fn each(log: impl BufRead, format: Format, on: impl FnMut(u64, Found<'_>)) -> io::Result<()> {
    match format {
        Format::Hubbub | Format::ChatDownloaderLines => lines(log, on),
        Format::ChatDownloader => Scanner::new(None).run(log, on),
        Format::TwitchDownloader => Scanner::new(Some(b"comments")).run(log, on),
    }
}

fn lines(mut log: impl BufRead, mut on: impl FnMut(u64, Found<'_>)) -> io::Result<()> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        // One byte more shows that there is more.
        let mut limited = io::Read::take(&mut log, LONGEST as u64 + 1);
        if limited.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.len() > LONGEST && line.last() != Some(&b'\n') {
            on(number, Found::TooLong);
            skip_line(&mut log)?;
            continue;
        }
        let text = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line).trim_ascii();
        if !text.is_empty() {
            on(number, Found::Object(text));
        }
    }
    Ok(())
}

fn skip_line(log: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = log.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(buffer.len(), |end| end + 1);
        log.consume(length);
        if end.is_some() {
            return Ok(());
        }
    }
}

struct Scanner {
    /// The key of the array in an object; `None` for an array at the top.
    key: Option<&'static [u8]>,
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// The last string outside of objects that are taken, as far as a key is long.
    string: Vec<u8>,
    /// Inside the array whose elements are wanted.
    inside: bool,
    object: Option<Vec<u8>>,
    too_long: bool,
}

impl Scanner {
    fn new(key: Option<&'static [u8]>) -> Self {
        Self {
            key,
            depth: 0,
            in_string: false,
            escaped: false,
            string: Vec::new(),
            inside: false,
            object: None,
            too_long: false,
        }
    }

    fn run(mut self, mut log: impl BufRead, mut on: impl FnMut(u64, Found<'_>)) -> io::Result<()> {
        let mut line = 1;
        loop {
            let buffer = log.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            for byte in buffer {
                line += u64::from(*byte == b'\n');
                if self.byte(*byte) {
                    let found = if self.too_long { None } else { self.object.as_deref() };
                    on(line, found.map_or(Found::TooLong, Found::Object));
                    (self.object, self.too_long) = (None, false);
                }
            }
            let length = buffer.len();
            log.consume(length);
        }
        if self.depth > 0 || self.in_string {
            on(line, Found::CutOff);
        }
        Ok(())
    }

    fn depth_of_elements(&self) -> usize {
        if self.key.is_some() { 2 } else { 1 }
    }

    /// `true` when an object is complete.
    fn byte(&mut self, byte: u8) -> bool {
        if let Some(object) = &mut self.object {
            if object.len() < LONGEST { object.push(byte) } else { self.too_long = true }
        }
        if self.in_string {
            self.in_string_byte(byte);
            return false;
        }
        match byte {
            b'"' => {
                self.in_string = true;
                self.string.clear();
            }
            b'{' | b'[' => self.open(byte),
            b'}' | b']' => return self.close(byte),
            _ => {}
        }
        false
    }

    fn in_string_byte(&mut self, byte: u8) {
        if self.escaped {
            self.escaped = false;
        } else if byte == b'\\' {
            self.escaped = true;
        } else if byte == b'"' {
            self.in_string = false;
        } else if self.object.is_none() && self.string.len() < 64 {
            self.string.push(byte);
        }
    }

    fn open(&mut self, byte: u8) {
        let is_array = byte == b'[';
        let wanted = match self.key {
            None => self.depth == 0,
            Some(key) => self.depth == 1 && self.string == key,
        };
        if is_array && wanted {
            self.inside = true;
        } else if !is_array && self.inside && self.depth == self.depth_of_elements() {
            self.object = Some(vec![byte]);
        }
        self.depth += 1;
    }

    fn close(&mut self, byte: u8) -> bool {
        self.depth = self.depth.saturating_sub(1);
        if byte == b']' && self.inside && self.depth + 1 == self.depth_of_elements() {
            self.inside = false;
        }
        byte == b'}' && self.object.is_some() && self.depth == self.depth_of_elements()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::BufReader;

    use super::*;

    fn found(text: &[u8], format: Format) -> Vec<String> {
        let mut all = Vec::new();
        // A buffer of three bytes: where reads end must not matter.
        each(BufReader::with_capacity(3, text), format, |line, found| {
            all.push(match found {
                Found::Object(text) => format!("{line} {}", String::from_utf8_lossy(text)),
                other => format!("{line} {other:?}"),
            });
        })
        .unwrap();
        all
    }

    #[test]
    fn elements_are_told_apart_whatever_stands_in_their_strings() {
        let text = br#"[{"a":"}]\"{"},
            {"b":[{"c":1}]}, 5, {"d":{}}]"#;
        let expected = [r#"1 {"a":"}]\"{"}"#, r#"2 {"b":[{"c":1}]}"#, r#"2 {"d":{}}"#];
        assert_eq!(found(text, Format::ChatDownloader), expected);
    }

    #[test]
    fn only_the_comments_of_a_document_are_taken() {
        let text = br#"{"video":{"comments":[{"x":1}]},"other":[{"y":1}],"comments":[{"a":1},{"b":2}],"embedded":[{"z":1}]}"#;
        assert_eq!(found(text, Format::TwitchDownloader), [r#"1 {"a":1}"#, r#"1 {"b":2}"#]);
    }

    #[test]
    fn a_log_that_ends_too_early_gives_what_it_has_and_says_so() {
        assert_eq!(found(b"[{\"a\":1},\n{\"b\":", Format::ChatDownloader), ["1 {\"a\":1}", "2 CutOff"]);
        assert_eq!(found(b"{\"comments\":[{\"a\":1}", Format::TwitchDownloader), ["1 {\"a\":1}", "1 CutOff"]);
        assert_eq!(found(b"{\"a\":1}\n\n{\"b\":", Format::Hubbub), ["1 {\"a\":1}", "3 {\"b\":"]);
    }

    #[test]
    fn an_endless_object_does_not_fill_the_memory() {
        let long = format!("{{\"a\":\"{}\"}}\n", "x".repeat(LONGEST));
        let lines = format!("{long}{{\"b\":1}}");
        assert_eq!(found(lines.as_bytes(), Format::Hubbub), ["1 TooLong", "2 {\"b\":1}"]);
        let array = format!("[{long},{{\"b\":1}}]");
        assert_eq!(found(array.as_bytes(), Format::ChatDownloader), ["1 TooLong", "2 {\"b\":1}"]);
    }
}
