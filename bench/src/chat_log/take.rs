//! One object of each format as a line, or the reason why it is none.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::detect::Format;

/// What an object says. Times that it does not say are filled in by the reader.
#[derive(Debug, PartialEq)]
pub(super) struct Taken {
    /// Milliseconds since 1970.
    pub(super) at_ms: Option<i64>,
    /// Milliseconds since the recording began.
    pub(super) offset_ms: Option<i64>,
    pub(super) room: Option<String>,
    pub(super) user: String,
    pub(super) content: String,
}

/// Why an object is skipped; the names that are counted.
pub(super) type Reason = &'static str;

pub(super) const CUT_OFF: Reason = "cut off at the end of the file";
pub(super) const TOO_LONG: Reason = "longer than a megabyte";
pub(super) const NOT_UTF_8: Reason = "invalid UTF-8";
pub(super) const NOT_JSON: Reason = "no JSON object";
pub(super) const NO_AUTHOR: Reason = "no author";
pub(super) const NO_TEXT: Reason = "no text";
pub(super) const NO_TIME: Reason = "no time";
pub(super) const SYSTEM: Reason = "system message";

pub(super) fn take(format: Format, object: &[u8]) -> Result<Taken, Reason> {
    let text = std::str::from_utf8(object).map_err(|_| NOT_UTF_8)?;
    let value: Value = serde_json::from_str(text).map_err(|_| NOT_JSON)?;
    if !value.is_object() {
        return Err(NOT_JSON);
    }
    let taken = match format {
        Format::Hubbub => hubbub(&value),
        Format::ChatDownloader | Format::ChatDownloaderLines => chat_downloader(&value),
        Format::TwitchDownloader => twitch_downloader(&value),
    }?;
    if taken.at_ms.is_none() && taken.offset_ms.is_none() { Err(NO_TIME) } else { Ok(taken) }
}

fn hubbub(value: &Value) -> Result<Taken, Reason> {
    Ok(Taken {
        at_ms: rfc_3339(&value["at"]),
        offset_ms: None,
        room: value["room"].as_str().map(str::to_owned),
        user: first_text(&[&value["userId"]]).ok_or(NO_AUTHOR)?,
        content: first_text(&[&value["content"]]).ok_or(NO_TEXT)?,
    })
}

/// Types of chat-downloader's messages that people wrote.
const SAID: [&str; 4] = ["text_message", "paid_message", "highlighted_message", "action_message"];

fn chat_downloader(value: &Value) -> Result<Taken, Reason> {
    let kind = value["message_type"].as_str();
    if kind.is_some_and(|kind| !SAID.contains(&kind)) {
        return Err(SYSTEM);
    }
    let author = &value["author"];
    Ok(Taken {
        // Microseconds.
        at_ms: value["timestamp"].as_f64().and_then(|at| whole(at / 1e3)).filter(|at| *at > 0),
        offset_ms: value["time_in_seconds"].as_f64().and_then(|at| whole(at * 1e3)),
        room: None,
        user: first_text(&[&author["name"], &author["display_name"], &author["id"]]).ok_or(NO_AUTHOR)?,
        content: first_text(&[&value["message"]]).ok_or(NO_TEXT)?,
    })
}

fn twitch_downloader(value: &Value) -> Result<Taken, Reason> {
    let message = &value["message"];
    if message["user_notice_params"]["msg-id"].as_str().is_some_and(|id| !id.is_empty()) {
        return Err(SYSTEM);
    }
    let author = &value["commenter"];
    let names = [&author["name"], &author["display_name"], &author["_id"]];
    Ok(Taken {
        at_ms: rfc_3339(&value["created_at"]),
        offset_ms: value["content_offset_seconds"].as_f64().and_then(|at| whole(at * 1e3)),
        room: None,
        user: first_text(&names).ok_or(NO_AUTHOR)?,
        content: first_text(&[&message["body"]]).ok_or(NO_TEXT)?,
    })
}

fn first_text(candidates: &[&Value]) -> Option<String> {
    let texts = candidates.iter().filter_map(|value| value.as_str());
    texts.map(str::trim).find(|text| !text.is_empty()).map(str::to_owned)
}

/// Milliseconds within a thousand years of 1970.
fn whole(ms: f64) -> Option<i64> {
    (ms.is_finite() && ms.abs() < 3.2e13).then_some(ms.round() as i64)
}

fn rfc_3339(value: &Value) -> Option<i64> {
    let at = OffsetDateTime::parse(value.as_str()?, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok().filter(|at| *at >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(format: Format, object: &str) -> Result<String, Reason> {
        take(format, object.as_bytes()).map(|taken| format!("{}: {}", taken.user, taken.content))
    }

    #[test]
    fn chat_downloader_s_messages_are_taken_and_everything_else_has_a_name() {
        let format = Format::ChatDownloader;
        let whole = br#"{"time_in_seconds":-1.5,"timestamp":1795507200123456,"author":{"id":"7","name":"bob"},"message":"hi","message_type":"text_message","emotes":[]}"#;
        let expected = Taken {
            at_ms: Some(1_795_507_200_123),
            offset_ms: Some(-1_500),
            room: None,
            user: "bob".to_owned(),
            content: "hi".to_owned(),
        };
        assert_eq!(take(format, whole), Ok(expected));
        assert_eq!(reason(format, r#"{"time_in_seconds":1,"author":null,"message":"x"}"#), Err(NO_AUTHOR));
        assert_eq!(
            reason(format, r#"{"time_in_seconds":1,"author":{"id":"7"},"message":null}"#),
            Err(NO_TEXT)
        );
        assert_eq!(reason(format, r#"{"author":{"id":"7"},"message":"x","timestamp":1e300}"#), Err(NO_TIME));
        assert_eq!(reason(format, r#"{"message_type":"subscription","message":"x"}"#), Err(SYSTEM));
        assert_eq!(reason(format, r#"{"message":"#), Err(NOT_JSON));
        assert_eq!(take(format, b"{\"message\":\"\xFF\"}"), Err(NOT_UTF_8));
    }

    #[test]
    fn twitch_downloader_s_comments_are_taken_with_either_name() {
        let format = Format::TwitchDownloader;
        let comment = r#"{"created_at":"2026-11-24T08:00:00.5Z","content_offset_seconds":12,"commenter":{"display_name":"Bob","_id":"1"},"message":{"body":"hi"}}"#;
        assert_eq!(reason(format, comment), Ok("Bob: hi".to_owned()));
        let gone = r#"{"content_offset_seconds":12,"commenter":null,"message":{"body":"hi"}}"#;
        assert_eq!(reason(format, gone), Err(NO_AUTHOR));
        let raid = r#"{"content_offset_seconds":1,"commenter":{"name":"a"},"message":{"body":"x","user_notice_params":{"msg-id":"raid"}}}"#;
        assert_eq!(reason(format, raid), Err(SYSTEM));
    }

    #[test]
    fn hubbub_s_lines_need_a_time_of_their_own() {
        let line = r#"{"at":"2004-12-25T12:18:00.000Z","room":"r","userId":"a","content":" hi "}"#;
        assert_eq!(reason(Format::Hubbub, line), Ok("a: hi".to_owned()));
        assert_eq!(reason(Format::Hubbub, r#"{"at":"today","userId":"a","content":"hi"}"#), Err(NO_TIME));
        assert_eq!(reason(Format::Hubbub, "5"), Err(NOT_JSON));
    }
}
