//! Events that say when they happen: believed where that was asked for, and nowhere else.

use serde_json::Value;

use crate::TEMPLATE;
use crate::harness::{Harness, ok};

const LONG_AGO: i64 = 1_103_977_080_000;

/// The times of a message and of an HTTP request that both say they happened long ago, as their
/// functions get them.
async fn times(told: bool) -> (i64, i64) {
    let harness = Harness::start_with(TEMPLATE, |_| ok(), |builder| builder.told_times(told)).await;
    let mut client = harness.connect("/dev").await;
    client.send(&format!(r#"{{"action":"say","emulatorTime":{LONG_AGO}}}"#)).await;
    let message = harness.log.first("MESSAGE").await;
    harness.http("GET", "/items/1", &format!("X-Emulator-Time: {LONG_AGO}\r\n"), "").await;
    let is_http = |event: &&Value| event["version"] == "2.0";
    let http = harness.log.all().iter().find(is_http).cloned().unwrap();
    let time = |event: &Value, field: &str| event["requestContext"][field].as_i64().unwrap();
    (time(&message, "requestTimeEpoch"), time(&http, "timeEpoch"))
}

#[tokio::test]
async fn an_event_happens_when_it_says_only_where_that_is_believed() {
    assert_eq!(times(true).await, (LONG_AGO, LONG_AGO));
    let (message, http) = times(false).await;
    assert!(message > LONG_AGO && http > LONG_AGO);
}
