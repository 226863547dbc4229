//! Marked windows from a file: `start,end` a line, or a JSON array of `[start,end]` or
//! `{"start","end"}`. Times are seconds of the recording, `h:mm:ss`, or RFC 3339.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::score::Window;

#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    #[error("cannot read {path}")]
    Open {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the labels are no JSON array of [start,end] or {{\"start\",\"end\"}}")]
    Json,
    #[error("label {number}: {text:?} is no `start,end` in seconds, h:mm:ss or RFC 3339")]
    Label { number: usize, text: String },
    #[error("label {number} ends before it starts")]
    Order { number: usize },
}

pub fn read_labels(path: &Path, began_ms: i64) -> Result<Vec<Window>, LabelError> {
    let text =
        fs::read_to_string(path).map_err(|source| LabelError::Open { path: path.to_owned(), source })?;
    labels(&text, began_ms)
}

/// `began_ms` is when the recording began, in milliseconds since 1970, for labels that are dates.
fn labels(text: &str, began_ms: i64) -> Result<Vec<Window>, LabelError> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let pairs = if text.starts_with('[') { json(text)? } else { csv(text) };
    let window = |(number, text): (usize, String)| {
        let (start, end) = text.split_once([',', ';', '\t']).unwrap_or((text.as_str(), ""));
        // What stands behind a second separator, a title for example, is not ours.
        let end = end.split([',', ';', '\t']).next().unwrap_or_default();
        match (second(start, began_ms), second(end, began_ms)) {
            (Some(start), Some(end)) if start <= end => Ok(Some(Window { start, end })),
            (Some(_), Some(_)) => Err(LabelError::Order { number }),
            // A heading.
            _ if number == 1 && !text.starts_with(|c: char| c.is_ascii_digit()) => Ok(None),
            _ => Err(LabelError::Label { number, text }),
        }
    };
    pairs.into_iter().map(window).filter_map(Result::transpose).collect()
}

fn csv(text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().enumerate().map(|(n, line)| (n + 1, line.trim().to_owned()));
    lines.filter(|(_, line)| !line.is_empty()).collect()
}

fn json(text: &str) -> Result<Vec<(usize, String)>, LabelError> {
    let list: Vec<Value> = serde_json::from_str(text).map_err(|_| LabelError::Json)?;
    let plain = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let pair = |(n, value): (usize, &Value)| {
        let (start, end) = match value {
            Value::Array(pair) if pair.len() == 2 => (&pair[0], &pair[1]),
            _ => (&value["start"], &value["end"]),
        };
        (n + 1, format!("{},{}", plain(start), plain(end)))
    };
    Ok(list.iter().enumerate().map(pair).collect())
}

fn second(text: &str, began_ms: i64) -> Option<f64> {
    let text = text.trim().trim_matches('"');
    if let Ok(seconds) = text.parse::<f64>() {
        return seconds.is_finite().then_some(seconds);
    }
    if let Ok(at) = OffsetDateTime::parse(text, &Rfc3339) {
        return Some((at.unix_timestamp_nanos() / 1_000_000 - i128::from(began_ms)) as f64 / 1e3);
    }
    let parts: Vec<f64> = text.split(':').map(str::parse).collect::<Result<_, _>>().ok()?;
    let fits = (2..=3).contains(&parts.len()) && parts.iter().all(|part| part.is_finite() && *part >= 0.0);
    fits.then(|| parts.iter().fold(0.0, |sum, part| sum * 60.0 + part))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn windows_are_read_in_every_form_they_are_written_in() {
        let began = 1_795_507_200_000;
        let expected = vec![Window { start: 60.0, end: 90.5 }, Window { start: 3_600.0, end: 3_660.0 }];
        for text in [
            "start,end\n60,90.5\n\n3600,3660,a title\n",
            "[[60,90.5],[3600,3660]]",
            r#"[{"start":"1:00","end":90.5},{"start":"1:00:00","end":"1:01:00"}]"#,
            "2026-11-24T08:01:00Z,2026-11-24T08:01:30.5Z\n2026-11-24T09:00:00Z,2026-11-24T09:01:00Z",
        ] {
            assert_eq!(labels(text, began).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn a_label_that_is_none_is_named() {
        assert!(matches!(labels("1,2\nx,y", 0), Err(LabelError::Label { number: 2, .. })));
        assert!(matches!(labels("5,2", 0), Err(LabelError::Order { number: 1 })));
        assert!(matches!(labels("[1", 0), Err(LabelError::Json)));
        assert!(labels("NaN,inf\n1,2", 0).is_ok_and(|windows| windows.len() == 1));
    }
}
