//! What people do, in requests to DynamoDB and in the capacity units that they consume: a change that
//! makes a message dearer fails here, and the README's table has these numbers. A read unit is 4 KB read
//! consistently, half of one if not; a write unit is 1 KB, for the table and for each of its indexes.

use serde_json::{Value, json};
use shared::App;
use shared::domain::{RoomId, UserId};
use shared::storage::HistoryCursor;
use tests::meter::Meter;

use crate::faults::database::at;
use crate::faults::{Database, Mailbox, NOON, event};

struct Room {
    database: Database,
    app: App,
    meter: Meter,
}

/// Alice and bob are in it, and it has had its first message.
async fn room() -> Room {
    let database = Database::new().await;
    database.connect("global", "alice", "a").await;
    database.connect("global", "bob", "b").await;
    let (app, meter) = database.app_with_meter();
    let room = Room { database, app: App { management: Mailbox::default().management(), ..app }, meter };
    room.say(json!({"content": "the first"}), -60_000).await;
    room.meter.bill();
    room
}

impl Room {
    /// Alice says something of 200 bytes, some time after noon.
    async fn say(&self, mut frame: Value, millis: i64) -> Vec<String> {
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

#[tokio::test]
async fn to_come_and_to_go() {
    let room = room().await;
    connect::handle(&room.app, event("$connect", "carol", "c", NOON, None)).await.unwrap();
    assert_eq!(room.meter.bill(), ["GetItem rooms 1.0", "PutItem connections 2.0"]);
    disconnect::handle(&room.app, event("$disconnect", "carol", "c", NOON, None)).await.unwrap();
    assert_eq!(room.meter.bill(), ["DeleteItem connections 2.0"]);
}

const SEQUENCE: &str = "UpdateItem rooms 1.0";
const STORED: &str = "PutItem messages 2.0";
const RECIPIENTS: &str = "Query connections 0.5";

#[tokio::test]
async fn a_message_of_somebody_who_was_idle() {
    let room = room().await;
    let rate = "UpdateItem rooms 1.0";
    assert_eq!(room.say(json!({}), 0).await, [rate, SEQUENCE, STORED, RECIPIENTS]);
}

#[tokio::test]
async fn a_message_in_a_burst() {
    let room = room().await;
    room.say(json!({}), 0).await;
    let rate = ["UpdateItem ConditionalCheckFailedException", "UpdateItem rooms 1.0"];
    assert_eq!(room.say(json!({}), 10).await, [&rate[..], &[SEQUENCE, STORED, RECIPIENTS]].concat());
}

#[tokio::test]
async fn a_message_with_a_nonce() {
    let room = room().await;
    let (look_up, rate, claim) = ("GetItem rooms 1.0", "UpdateItem rooms 1.0", "PutItem rooms 1.0");
    let bill = room.say(json!({"nonce": "n"}), 0).await;
    assert_eq!(bill, [look_up, rate, SEQUENCE, claim, STORED, RECIPIENTS]);
}

#[tokio::test]
async fn a_message_that_answers_another_one() {
    let room = room().await;
    let (answered, rate) = ("GetItem messages 1.0", "UpdateItem rooms 1.0");
    let bill = room.say(json!({"replyTo": 1}), 0).await;
    assert_eq!(bill, [rate, answered, SEQUENCE, STORED, RECIPIENTS]);
}

#[tokio::test]
async fn a_page_of_history() {
    let room = room().await;
    for n in 0..49 {
        room.say(json!({}), n * 1000).await;
    }
    let (global, now) = (RoomId::parse("global").unwrap(), at(NOON + 60_000));
    let page = room.app.store.message_page(&global, HistoryCursor::Newest, 50, now).await.unwrap();
    assert_eq!(page.messages.len(), 50);
    assert_eq!(room.meter.bill(), ["Query messages 5.0"], "20 KB");

    let alice = UserId::parse("alice").unwrap();
    let page = room.app.store.user_message_page(&alice, None, 50, |_| true, now).await.unwrap();
    assert_eq!(page.messages.len(), 50);
    assert_eq!(room.meter.bill(), ["Query messages 0.5", "BatchGetItem messages 50.0"]);
    drop(room.database);
}
