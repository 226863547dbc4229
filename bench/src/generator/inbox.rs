//! What a text frame means to the ledger. A listener's frame is searched, not parsed: it makes up
//! nearly all of the traffic. The sender's frames are parsed, so that the form of copies, acks and
//! errors is checked once per message.

use std::borrow::Cow;
use std::time::Duration;

use serde::Deserialize;

use super::ledger::{Ledger, Violation};
use super::message::Markers;

/// The connection that sends; all others only listen.
pub(super) const SENDER: usize = 0;

/// How much of a refusal is shown.
const SHOWN: usize = 300;

pub(super) fn text(
    markers: &Markers,
    ledger: &mut Ledger,
    connection: usize,
    now: Duration,
    frame: &[u8],
) -> Result<(), Violation> {
    let before = ledger.totals.deliveries;
    if connection == SENDER {
        for object in frame.split(|byte| *byte == b'\n').filter(|object| !object.is_empty()) {
            sender(markers, ledger, now, object)?;
        }
    } else {
        for marker in markers.find(frame) {
            ledger.received(connection, now, marker.ok_or(Violation::Mangled { connection })?)?;
        }
    }
    if ledger.totals.deliveries > before {
        ledger.totals.frames += 1;
        ledger.totals.frame_bytes += frame.len() as u64;
    }
    Ok(())
}

/// The fields that matter here; protocol.md lets a server add others.
#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow, default)]
    r#type: Cow<'a, str>,
    #[serde(borrow, default)]
    content: Cow<'a, str>,
    sequence: Option<u64>,
}

fn sender(markers: &Markers, ledger: &mut Ledger, now: Duration, object: &[u8]) -> Result<(), Violation> {
    let parsed: Object<'_> = serde_json::from_slice(object).map_err(Violation::NotJson)?;
    match parsed.r#type.as_ref() {
        "chat" if markers.any(parsed.content.as_bytes()) => {
            let marker = markers.whole(&parsed.content).ok_or(Violation::Mangled { connection: SENDER })?;
            ledger.received(SENDER, now, marker)?;
            ledger.copied(parsed.sequence.ok_or(Violation::NoSequence)?);
        }
        "ack" => ledger.acknowledged(now, parsed.sequence.ok_or(Violation::NoSequence)?),
        // API Gateway's own errors (`{"message": "Internal server error", …}`) have no type.
        "error" | "" => {
            let shown = String::from_utf8_lossy(&object[..object.len().min(SHOWN)]);
            return Err(Violation::Refused(shown.escape_debug().to_string()));
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::generator::message::MARKER;

    const NOW: Duration = Duration::from_millis(5);

    fn room(messages: usize) -> (Markers, Ledger, Vec<String>) {
        let markers = Markers::new(1, MARKER + 3);
        let mut ledger = Ledger::new(2).unwrap();
        let copies = (1..=messages).map(|sequence| {
            let mut text = Vec::new();
            markers.write(ledger.send(Duration::ZERO), &mut text).unwrap();
            let text: serde_json::Value = serde_json::from_slice(&text).unwrap();
            format!(r#"{{"type":"chat","roomId":"r","sequence":{sequence},"content":{}}}"#, text["content"])
        });
        let copies = copies.collect();
        (markers, ledger, copies)
    }

    #[test]
    fn a_merged_frame_counts_every_copy_and_ack_in_it() {
        let (markers, mut ledger, copies) = room(2);
        let merged = format!(
            "{}\n{{\"type\":\"ack\",\"sequence\":1}}\n{{\"type\":\"join\",\"members\":2}}\n{}\n{{\"type\":\"ack\",\"sequence\":2}}",
            copies[0], copies[1]
        );
        text(&markers, &mut ledger, SENDER, NOW, merged.as_bytes()).unwrap();
        text(&markers, &mut ledger, 1, NOW, copies.join("\n").as_bytes()).unwrap();
        assert_eq!(ledger.in_flight(), 0);
        ledger.settle().unwrap();
        assert_eq!((ledger.totals.deliveries, ledger.totals.frames), (4, 2));
    }

    #[test]
    fn chatter_of_others_is_ignored() {
        let (markers, mut ledger, _) = room(1);
        let frame = br#"{"type":"chat","sequence":9,"content":"~00000002.00000000.0000000000000000."}"#;
        for connection in [SENDER, 1] {
            text(&markers, &mut ledger, connection, NOW, frame).unwrap();
        }
        assert_eq!((ledger.totals.deliveries, ledger.totals.frames), (0, 0));
    }

    #[test]
    fn a_refusal_carries_the_servers_words_but_not_its_control_characters() {
        let (markers, mut ledger, _) = room(1);
        for frame in [r#"{"type":"error","code":"rate_limited"}"#, r#"{"message": "Internal server error"}"#]
        {
            let error = text(&markers, &mut ledger, SENDER, NOW, frame.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), format!("the server refused a message: {}", frame.escape_debug()));
        }
    }

    #[test]
    fn a_changed_content_and_a_copy_without_a_sequence_are_violations() {
        let (markers, mut ledger, copies) = room(2);
        let changed = copies[0].replace("xxx", "xx");
        let error = text(&markers, &mut ledger, SENDER, NOW, changed.as_bytes()).unwrap_err();
        assert!(matches!(error, Violation::Mangled { connection: SENDER }), "{error}");
        let bare = copies[1].replace(r#""sequence":2,"#, "");
        let error = text(&markers, &mut ledger, SENDER, NOW, bare.as_bytes()).unwrap_err();
        assert!(matches!(error, Violation::NoSequence), "{error}");
        let error = text(&markers, &mut ledger, SENDER, NOW, b"{").unwrap_err();
        assert!(matches!(error, Violation::NotJson(_)), "{error}");
    }
}
