//! Which format a log has, by its beginning.

use serde_json::Value;

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `{"at","room","userId","content"}`, an object a line.
    Hubbub,
    /// chat-downloader, an object a line.
    ChatDownloaderLines,
    /// chat-downloader, one array.
    ChatDownloader,
    /// TwitchDownloader: one object with `comments`.
    TwitchDownloader,
}

impl Format {
    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hubbub => "Hubbub's JSON lines",
            Self::ChatDownloaderLines => "chat-downloader's JSON lines",
            Self::ChatDownloader => "chat-downloader's JSON",
            Self::TwitchDownloader => "TwitchDownloader's JSON",
        }
    }

    /// Judges by the beginning of a log; `None` if it is none that is known.
    pub(super) fn of(beginning: &[u8]) -> Option<Self> {
        let beginning = beginning.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(beginning).trim_ascii_start();
        match beginning.first()? {
            b'[' => Some(Self::ChatDownloader),
            b'{' => Some(Self::of_object(beginning)),
            _ => None,
        }
    }

    fn of_object(beginning: &[u8]) -> Self {
        // The first lines may be damaged without the rest being so.
        for line in beginning.split(|byte| *byte == b'\n').take(20) {
            let Ok(Value::Object(object)) = serde_json::from_slice(line) else { continue };
            if object.contains_key("comments") {
                return Self::TwitchDownloader;
            }
            if object.contains_key("userId") || object.contains_key("content") {
                return Self::Hubbub;
            }
            if ["author", "time_in_seconds", "message_type"].iter().any(|key| object.contains_key(*key)) {
                return Self::ChatDownloaderLines;
            }
        }
        // An object that does not end on its line is a document.
        Self::TwitchDownloader
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_told_by_the_content() {
        let of = |text: &str| Format::of(text.as_bytes());
        assert_eq!(of("{\"at\":\"x\",\"userId\":\"a\"}\n"), Some(Format::Hubbub));
        assert_eq!(of("broken\n"), None);
        assert_eq!(of("{broken\n{\"content\":\"x\"}\n"), Some(Format::Hubbub));
        assert_eq!(of("{\"time_in_seconds\":1}\n{}"), Some(Format::ChatDownloaderLines));
        assert_eq!(of("\u{feff} [\n {\"message\""), Some(Format::ChatDownloader));
        assert_eq!(of("{\n \"video\": {}"), Some(Format::TwitchDownloader));
        assert_eq!(of("{\"comments\":[]}"), Some(Format::TwitchDownloader));
        assert_eq!(of(""), None);
    }
}
