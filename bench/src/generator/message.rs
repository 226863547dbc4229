//! The messages the generator sends: how a receipt is recognised without parsing JSON.
//!
//! A message's content begins with a marker, `~run.message.stamp.`: eight hexadecimal digits of the
//! run, eight of the message's number, sixteen of the nanoseconds at which it was sent. The run
//! keeps apart the messages of another generator and of history. Nothing in the marker is ever
//! escaped in JSON, so a search for `~run.` in a frame finds every receipt it holds.

use std::io::Write;
use std::time::Duration;

use memchr::memmem::Finder;

/// Bytes of a marker, and so the shortest possible content.
pub const MARKER: usize = "~00000000.00000000.0000000000000000.".len();
/// Longest content, in bytes, that Hubbub's protocol lets through by default.
pub const MAX_CONTENT: usize = 1_000;

/// Where the number begins inside a marker.
const NUMBER: usize = "~00000000.".len();
/// Where the stamp begins inside a marker.
const STAMP: usize = "~00000000.00000000.".len();

/// One receipt of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marker {
    pub message: u32,
    /// When it was sent, on the generator's own clock.
    pub sent_at: Duration,
}

/// Writes and finds the markers of one run.
#[derive(Debug)]
pub struct Markers {
    prefix: String,
    finder: Finder<'static>,
    payload: usize,
}

impl Markers {
    /// `payload` is the length of a content in bytes; shorter than a marker is made as long as one.
    pub fn new(run: u32, payload: usize) -> Self {
        let prefix = format!("~{run:08x}.");
        let finder = Finder::new(prefix.as_bytes()).into_owned();
        Self { prefix, finder, payload: payload.max(MARKER) }
    }

    /// The frame's text that posts one message.
    pub fn write(&self, marker: Marker, out: &mut Vec<u8>) -> std::io::Result<()> {
        out.extend_from_slice(br#"{"action":"sendMessage","content":""#);
        self.write_content(marker, out)?;
        out.extend_from_slice(br#""}"#);
        Ok(())
    }

    fn write_content(&self, Marker { message, sent_at }: Marker, out: &mut Vec<u8>) -> std::io::Result<()> {
        let begin = out.len();
        // A u64 of nanoseconds lasts 584 years.
        write!(out, "{}{message:08x}.{:016x}.", self.prefix, sent_at.as_nanos() as u64)?;
        out.resize(begin + self.payload, b'x');
        Ok(())
    }

    /// Every marker in one frame, which may hold several objects. A mangled one is `None`.
    pub fn find<'a>(&'a self, frame: &'a [u8]) -> impl Iterator<Item = Option<Marker>> + 'a {
        self.finder.find_iter(frame).map(|at| parse(&frame[at..]))
    }

    /// The marker of exactly the content that was sent, padding included.
    pub fn whole(&self, content: &str) -> Option<Marker> {
        let marker = content.starts_with(&self.prefix).then(|| parse(content.as_bytes()))??;
        let padding = content.as_bytes().get(MARKER..)?;
        (content.len() == self.payload && padding.iter().all(|byte| *byte == b'x')).then_some(marker)
    }

    /// Whether `text` holds one of this run's messages.
    pub fn any(&self, text: &[u8]) -> bool {
        self.finder.find(text).is_some()
    }
}

fn parse(bytes: &[u8]) -> Option<Marker> {
    let message = hex(bytes.get(NUMBER..STAMP - 1)?)?;
    let sent_at = hex(bytes.get(STAMP..MARKER - 1)?)?;
    Some(Marker { message: u32::try_from(message).ok()?, sent_at: Duration::from_nanos(sent_at) })
}

fn hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |number, digit| Some(number << 4 | u64::from((*digit as char).to_digit(16)?)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const SENT: Marker = Marker { message: 0xBEEF, sent_at: Duration::from_nanos(1_234_567_890_123) };

    fn frame(markers: &Markers, marker: Marker) -> Vec<u8> {
        let mut out = Vec::new();
        markers.write(marker, &mut out).unwrap();
        out
    }

    #[test]
    fn every_marker_of_a_merged_frame_is_found() {
        let markers = Markers::new(7, 200);
        let other = Marker { message: 1, sent_at: Duration::ZERO };
        let merged =
            [frame(&markers, SENT), frame(&Markers::new(8, 50), SENT), frame(&markers, other)].join(&b'\n');
        assert_eq!(markers.find(&merged).collect::<Vec<_>>(), [Some(SENT), Some(other)]);
    }

    #[test]
    fn a_content_has_the_length_that_was_asked_for() {
        for (asked, length) in [(0, MARKER), (MARKER, MARKER), (200, 200), (1_000, 1_000)] {
            let markers = Markers::new(u32::MAX, asked);
            let text: serde_json::Value = serde_json::from_slice(&frame(&markers, SENT)).unwrap();
            let content = text["content"].as_str().unwrap();
            assert_eq!((content.len(), markers.whole(content)), (length, Some(SENT)));
        }
    }

    #[test]
    fn a_mangled_content_is_not_taken_for_a_receipt() {
        let markers = Markers::new(7, 100);
        let mut content = Vec::new();
        markers.write_content(SENT, &mut content).unwrap();
        let content = String::from_utf8(content).unwrap();
        assert_eq!(markers.whole(&content[..99]), None);
        assert_eq!(markers.whole(&format!("{content}x")), None);
        assert_eq!(markers.whole(&content.replacen("xx", "xy", 1)), None);
        assert_eq!(markers.find(b"~00000007.0000beeg.0000000000000000.").collect::<Vec<_>>(), [None]);
        assert_eq!(markers.find(b"~00000007.0000be").collect::<Vec<_>>(), [None]);
    }
}
