//! A whole log: read, completed, in order of time.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::detect::Format;
use super::line::Line;
use super::objects::{Found, each};
use super::take::{CUT_OFF, TOO_LONG, Taken, take};

/// How much of the beginning tells the format.
const BEGINNING: usize = 64 * 1024;

/// How files begin that programs compressed.
const COMPRESSED: [(&[u8], &str); 3] =
    [(b"\x1f\x8b", "gzip"), (b"PK\x03\x04", "zip"), (b"\x28\xb5\x2f\xfd", "zstd")];

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("cannot read {path}")]
    Open {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot read the log")]
    Read(#[from] io::Error),
    #[error(
        "this is no chat log that is known: line 1 begins neither an object nor an array. Known are \
         Hubbub's JSON lines, chat-downloader's JSON and TwitchDownloader's JSON"
    )]
    Unknown,
    #[error("the log is compressed ({0}): unpack it first, or name `<(gunzip -c FILE)`")]
    Compressed(&'static str),
    #[error("no message in {format}; {skipped}")]
    Empty { format: &'static str, skipped: String },
}

/// A log in order of time.
#[derive(Clone, Debug)]
pub struct ChatLog {
    pub format: Format,
    pub lines: Vec<Line>,
    /// What was not taken: how often, and the line of the first one.
    pub skipped: BTreeMap<&'static str, Skipped>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub count: u64,
    pub first_line: u64,
}

impl ChatLog {
    /// `nothing skipped`, or `skipped 3: no author (first at line 17)`.
    pub fn skipped_text(&self) -> String {
        skipped_text(&self.skipped)
    }
}

fn skipped_text(skipped: &BTreeMap<&'static str, Skipped>) -> String {
    if skipped.is_empty() {
        return "nothing skipped".to_owned();
    }
    let one = |(reason, skipped): (&&str, &Skipped)| {
        format!("skipped {}: {reason} (first at line {})", skipped.count, skipped.first_line)
    };
    skipped.iter().map(one).collect::<Vec<_>>().join("; ")
}

pub fn read_file(path: &Path) -> Result<ChatLog, ReadError> {
    let file = File::open(path).map_err(|source| ReadError::Open { path: path.to_owned(), source })?;
    read(BufReader::with_capacity(BEGINNING, file))
}

/// Reads a log whose format its first 64 KB tell.
pub fn read(mut log: impl BufRead) -> Result<ChatLog, ReadError> {
    let beginning = log.fill_buf()?;
    if let Some((_, program)) = COMPRESSED.iter().find(|(magic, _)| beginning.starts_with(magic)) {
        return Err(ReadError::Compressed(program));
    }
    let format = Format::of(beginning).ok_or(ReadError::Unknown)?;
    let mut taken = Vec::new();
    let mut skipped: BTreeMap<&'static str, Skipped> = BTreeMap::new();
    each(log, format, |line, found| {
        let reason = match found {
            Found::Object(object) => match take(format, object) {
                Ok(message) => return taken.push(message),
                Err(reason) => reason,
            },
            Found::TooLong => TOO_LONG,
            Found::CutOff => CUT_OFF,
        };
        skipped.entry(reason).or_insert(Skipped { count: 0, first_line: line }).count += 1;
    })?;
    let lines = complete(taken);
    if lines.is_empty() {
        return Err(ReadError::Empty { format: format.name(), skipped: skipped_text(&skipped) });
    }
    Ok(ChatLog { format, lines, skipped })
}

/// Gives every message both of its times: the recording began where the first message that has both
/// says, else with the first message.
fn complete(taken: Vec<Taken>) -> Vec<Line> {
    let both = taken.iter().find_map(|message| Some(message.at_ms? - message.offset_ms?));
    let first = || taken.iter().filter_map(|message| message.at_ms).min();
    // A log without any date begins in 1970. People wait for a stream, so that offsets can be negative.
    let earliest = taken.iter().filter_map(|message| message.offset_ms).min().unwrap_or_default();
    let began = both.or_else(first).unwrap_or(-earliest.min(0));
    let line = |message: Taken| {
        let at_ms = message.at_ms.or_else(|| Some(began + message.offset_ms?))?;
        let offset_ms = message.offset_ms.unwrap_or(at_ms - began);
        let Taken { room, user, content, .. } = message;
        (at_ms >= 0).then_some(Line { at_ms, offset_ms, room, user, content })
    };
    let mut lines: Vec<Line> = taken.into_iter().filter_map(line).collect();
    // Stable: what is said at one time stays in the log's order.
    lines.sort_by_key(|line| line.at_ms);
    lines
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_damaged_log_gives_its_messages_and_says_what_it_skipped_and_where() {
        let mut text =
            b"{\"at\":\"2026-11-24T08:00:01Z\",\"room\":\"r\",\"userId\":\"b\",\"content\":\"two\"}\n"
                .to_vec();
        text.extend_from_slice(
            b"{\"at\":\"2026-11-24T08:00:00Z\",\"room\":\"r\",\"userId\":\"a\",\"content\":\"one\"}\n",
        );
        text.extend_from_slice(
            b"{\"at\":\"2026-11-24T08:00:02Z\",\"userId\":null,\"content\":\"x\"}\n\xFF\n{\"at\":\"20",
        );
        let log = read(text.as_slice()).unwrap();
        let said: Vec<&str> = log.lines.iter().map(|line| line.content.as_str()).collect();
        assert_eq!(said, ["one", "two"]);
        assert_eq!((log.lines[0].offset_ms, log.lines[1].offset_ms), (0, 1_000));
        assert_eq!(
            log.skipped_text(),
            "skipped 1: invalid UTF-8 (first at line 4); skipped 1: no JSON object (first at line 5); \
             skipped 1: no author (first at line 3)"
        );
    }

    #[test]
    fn a_message_without_a_date_gets_it_from_the_others() {
        let text = r#"{"comments":[
            {"content_offset_seconds":5,"commenter":{"name":"a"},"message":{"body":"x"}},
            {"created_at":"2026-11-24T08:00:10Z","content_offset_seconds":10,"commenter":{"name":"a"},"message":{"body":"y"}}"#;
        let log = read(text.as_bytes()).unwrap();
        assert_eq!(log.lines[1].at_ms - log.lines[0].at_ms, 5_000);
        assert_eq!(log.skipped_text(), "skipped 1: cut off at the end of the file (first at line 3)");
    }

    #[test]
    fn who_waits_for_a_stream_is_in_a_log_without_dates() {
        let text = r#"[{"time_in_seconds":-7200.5,"author":{"name":"a"},"message":"x"},
            {"time_in_seconds":3,"author":{"name":"b"},"message":"y"}]"#;
        let log = read(text.as_bytes()).unwrap();
        let times: Vec<_> = log.lines.iter().map(|line| (line.at_ms, line.offset_ms)).collect();
        assert_eq!(times, [(0, -7_200_500), (7_203_500, 3_000)]);
    }

    #[test]
    fn what_is_no_log_is_refused_with_a_reason() {
        assert!(matches!(read(&b"hello"[..]), Err(ReadError::Unknown)));
        assert!(matches!(read(&b"\x1f\x8b\x08"[..]), Err(ReadError::Compressed("gzip"))));
        let error = read(&b"[{\"author\":null,\"message\":\"x\"}]"[..]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no message in chat-downloader's JSON; skipped 1: no author (first at line 1)"
        );
    }
}
