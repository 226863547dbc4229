//! What the analytics of real chat cost at a steady rate: the consumer and the questions on a real
//! database, as its answers say. The log is 73,965 messages of #ubuntu, named by HUBBUB_CHAT_LOG or in
//! `../shared/data` beside the workspace. Skipped, saying so, where that is absent.

#![allow(clippy::print_stderr)]

use std::fs;

use serde_json::{Value, json};
use shared::analytics::{moments, of_room, of_service};
use shared::domain::RoomId;
use shared::domain::analytics::Window;
use shared::event::StreamEvent;

use super::{Room, total};
use crate::faults::{NOON, at};

fn log() -> Option<Vec<Value>> {
    let path = std::env::var("HUBBUB_CHAT_LOG")
        .unwrap_or_else(|_| format!("{}/../../shared/data/ubuntu-irc.jsonl", env!("CARGO_MANIFEST_DIR")));
    let Ok(text) = fs::read_to_string(path) else {
        eprintln!("skipped: there is no real chat at ../shared/data/ubuntu-irc.jsonl");
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn said(line: &Value, sequence: usize, millis: i64) -> Value {
    json!({"dynamodb": {
        "ApproximateCreationDateTime": millis / 1000, "SequenceNumber": sequence.to_string(),
        "NewImage": {
            "roomId": {"S": "global"}, "sequence": {"N": sequence.to_string()},
            "userId": {"S": line["userId"]}, "timestamp": {"N": millis.to_string()},
            "content": {"S": line["content"]},
        },
    }})
}

/// The consumer gets batches of what was said within `window` milliseconds each, at `rate` messages a
/// second, for some minutes from an hour's beginning on. Write units of all but the first minute.
async fn talk(room: &Room, lines: &[Value], rate: i64, window: i64, minutes: i64) -> f64 {
    let begin = NOON - NOON % 3_600_000;
    let count = minutes * 60 * rate;
    let mut lines = lines.iter().cycle();
    let mut written = 0.0;
    let mut batch = Vec::new();
    for n in 0..count {
        let millis = n * 1000 / rate;
        let sequence = usize::try_from(n).unwrap() + 1;
        batch.push(said(lines.next().unwrap(), sequence, begin + millis));
        let next = (n + 1) * 1000 / rate;
        if next / window > millis / window {
            let records = std::mem::take(&mut batch);
            let event: StreamEvent = serde_json::from_value(json!({"Records": records})).unwrap();
            analytics::handle(&room.app, event).await.unwrap();
            let (_, _, units) = total(&room.meter.bill());
            written += if millis < 60_000 { 0.0 } else { units };
        }
    }
    written
}

/// Prints the README's table of write units.
#[tokio::test]
#[ignore = "a measurement, of minutes: the README has its numbers"]
async fn what_is_said_costs_less_for_each_message_the_more_is_said() {
    let Some(lines) = log() else { return };
    let mut per_thousand = Vec::new();
    for (rate, window, minutes) in [(1, 1_000, 11), (1, 5_000, 11), (10, 1_000, 6), (100, 1_000, 3)] {
        let room = Room::new().await;
        let written = talk(&room, &lines, rate, window, minutes).await;
        let messages = (minutes - 1) * 60 * rate;
        let units = written * 1000.0 / f64::from(i32::try_from(messages).unwrap());
        eprintln!("{rate} a second, batches of {window} ms: {units:.0} write units per 1,000 messages");
        per_thousand.push(units);
    }
    let [slow, seldom, middle, fast] = per_thousand[..] else { unreachable!("four rates") };
    assert!(slow < 4_000.0 && seldom < slow / 2.0 && middle < 1_200.0 && fast < 400.0, "{per_thousand:?}");
}

/// Prints the README's table of read units.
#[tokio::test]
#[ignore = "a measurement, of minutes: the README has its numbers"]
async fn a_question_reads_what_its_window_has_and_no_more() {
    let Some(lines) = log() else { return };
    let room = Room::new().await;
    // A day and an hour, of which a minute says no more than ten messages.
    let minutes = 25 * 60;
    let begin = NOON - NOON % 3_600_000;
    for minute in 0..minutes {
        let record = |n| {
            let sequence = usize::try_from(minute * 10 + n).unwrap();
            said(&lines[sequence % lines.len()], sequence + 1, begin + minute * 60_000 + n * 6_000)
        };
        let records: Vec<Value> = (0..10).map(record).collect();
        let event: StreamEvent = serde_json::from_value(json!({"Records": records})).unwrap();
        analytics::handle(&room.app, event).await.unwrap();
    }
    room.meter.bill();
    let (global, now) = (RoomId::parse("global").unwrap(), at(begin + minutes * 60_000 - 1));
    let store = &room.app.store;
    let mut most = Vec::new();
    for window in [Window::Minutes15, Window::Hour, Window::Hours24] {
        let numbers = of_room(store, &global, window, now).await.unwrap();
        assert!(numbers.report.messages >= 150);
        most.push((window.as_str(), total(&room.meter.bill())));
    }
    of_service(store, now).await.unwrap();
    most.push(("service", total(&room.meter.bill())));
    moments(store, &global, at(begin), 50, now).await.unwrap();
    most.push(("moments", total(&room.meter.bill())));
    for (what, (requests, units, written)) in &most {
        eprintln!("{what}: {requests} requests, {units} read units");
        assert!(*requests <= 24 && *units < 400.0 && *written == 0.0, "{what}: {requests}, {units}");
    }
}
