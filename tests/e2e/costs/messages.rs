//! Who comes, goes and says something: what they wait for.

use serde_json::json;

use super::Room;
use crate::faults::{NOON, event};

#[tokio::test]
async fn to_come_and_to_go() {
    let room = Room::new().await;
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
    let room = Room::new().await;
    let rate = "UpdateItem rooms 1.0";
    assert_eq!(room.say(json!({}), 0).await, [rate, SEQUENCE, STORED, RECIPIENTS]);
}

#[tokio::test]
async fn a_message_in_a_burst() {
    let room = Room::new().await;
    room.say(json!({}), 0).await;
    let rate = ["UpdateItem ConditionalCheckFailedException", "UpdateItem rooms 1.0"];
    assert_eq!(room.say(json!({}), 10).await, [&rate[..], &[SEQUENCE, STORED, RECIPIENTS]].concat());
}

#[tokio::test]
async fn a_message_with_a_nonce() {
    let room = Room::new().await;
    let (look_up, rate, claim) = ("GetItem rooms 1.0", "UpdateItem rooms 1.0", "PutItem rooms 1.0");
    let bill = room.say(json!({"nonce": "n"}), 0).await;
    assert_eq!(bill, [look_up, rate, SEQUENCE, claim, STORED, RECIPIENTS]);
}

#[tokio::test]
async fn a_message_that_answers_another_one() {
    let room = Room::new().await;
    let (answered, rate) = ("GetItem messages 1.0", "UpdateItem rooms 1.0");
    let bill = room.say(json!({"replyTo": 1}), 0).await;
    assert_eq!(bill, [rate, answered, SEQUENCE, STORED, RECIPIENTS]);
}
