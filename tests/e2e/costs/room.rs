//! The room whose bills are read.

use serde_json::Value;
use shared::App;
use tests::meter::Meter;

use crate::faults::{Database, Mailbox, NOON, event};

pub(super) struct Room {
    pub(super) database: Database,
    pub(super) app: App,
    pub(super) meter: Meter,
}

impl Room {
    /// Alice and bob are in it, and it has had its first message.
    pub(super) async fn new() -> Self {
        let database = Database::new().await;
        database.connect("global", "alice", "a").await;
        database.connect("global", "bob", "b").await;
        let (app, meter) = database.app_with_meter();
        let app = App { management: Mailbox::default().management(), ..app };
        let room = Self { database, app, meter };
        room.say(serde_json::json!({"content": "the first"}), -60_000).await;
        room.meter.bill();
        room
    }

    /// Alice says something of 200 bytes, some time after noon; what it cost.
    pub(super) async fn say(&self, mut frame: Value, millis: i64) -> Vec<String> {
        frame["action"] = "sendMessage".into();
        if frame["content"].is_null() {
            frame["content"] = "x".repeat(200).into();
        }
        let event = event("sendMessage", "alice", "a", NOON + millis, Some(&frame.to_string()));
        let answer = send_message::handle(&self.app, event).await.unwrap();
        let answer: Value = serde_json::from_str(answer.body().unwrap()).unwrap();
        assert_eq!(answer["type"], "ack", "{answer}");
        self.meter.bill()
    }
}

/// Of a bill: requests, read units and write units, all tables together.
pub(super) fn total(bill: &[String]) -> (usize, f64, f64) {
    let units = |line: &&String| -> f64 {
        let (_operation, tables) = line.split_once(' ').unwrap();
        let units = tables.split(", ").map(|table| table.rsplit_once(' ').map(|(_, units)| units));
        units.map(|units| units.and_then(|units| units.parse::<f64>().ok()).unwrap_or(0.0)).sum()
    };
    let is_read =
        |line: &&String| ["GetItem", "Query", "BatchGetItem"].contains(&line.split_once(' ').unwrap().0);
    let reads = bill.iter().filter(is_read).map(|line| units(&line)).sum();
    let writes = bill.iter().filter(|line| !is_read(line)).map(|line| units(&line)).sum();
    (bill.len(), reads, writes)
}
