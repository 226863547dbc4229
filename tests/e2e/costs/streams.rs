//! What the consumers of the streams do about who comes, goes and says something, in the dearest case:
//! each record in a batch of its own. What is in one batch shares most of it.

use serde_json::{Value, json};
use shared::event::StreamEvent;

use super::{Room, total};
use crate::faults::NOON;
use crate::faults::members::batch;

/// Requests, read units, write units.
type Cost = (usize, f64, f64);

impl Room {
    async fn presence(&self, records: &[(&str, &str, &str, &str)]) -> Cost {
        presence::handle(&self.app, batch(records)).await.unwrap();
        total(&self.meter.bill())
    }

    async fn leave_notices(&self, records: &[(&str, &str, &str, &str)]) -> Cost {
        leave_notices::handle(&self.app, batch(records)).await.unwrap();
        total(&self.meter.bill())
    }

    async fn analytics(&self, records: &[Value]) -> Cost {
        let event: StreamEvent = serde_json::from_value(json!({"Records": records})).unwrap();
        analytics::handle(&self.app, event).await.unwrap();
        total(&self.meter.bill())
    }
}

#[tokio::test]
async fn who_comes_is_counted_and_told() {
    let room = Room::new().await;
    room.presence(&[("INSERT", "global", "alice", "a"), ("INSERT", "global", "bob", "b")]).await;

    room.database.connect("global", "carol", "c1").await;
    let came = [("INSERT", "global", "carol", "c1")];
    // A number that is the most there ever was is read until it is certain.
    assert_eq!(room.presence(&came).await, (12, 37.5, 12.0), "somebody new, at a new peak");
    assert_eq!(room.presence(&came).await, (5, 21.0, 0.0), "the same record once more");

    room.database.connect("global", "carol", "c2").await;
    assert_eq!(
        room.presence(&[("INSERT", "global", "carol", "c2")]).await,
        (11, 38.0, 10.0),
        "a second device"
    );

    for connection in ["c1", "c2"] {
        room.database.disconnect(connection).await;
        room.presence(&[("REMOVE", "global", "carol", connection)]).await;
    }
    room.leave_notices(&[("REMOVE", "global", "carol", "c2")]).await;
    room.database.connect("global", "carol", "c3").await;
    let back = [("INSERT", "global", "carol", "c3")];
    assert_eq!(room.presence(&back).await, (10, 21.5, 12.0), "somebody who was there before, at no peak");
}

#[tokio::test]
async fn ten_who_come_in_one_batch_share_the_counting() {
    let room = Room::new().await;
    room.presence(&[("INSERT", "global", "alice", "a"), ("INSERT", "global", "bob", "b")]).await;
    let people: Vec<_> = (0..10).map(|n| (format!("user{n}"), format!("u{n}"))).collect();
    for (user, connection) in &people {
        room.database.connect("global", user, connection).await;
    }
    let came: Vec<_> = people
        .iter()
        .map(|(user, connection)| ("INSERT", "global", user.as_str(), connection.as_str()))
        .collect();
    assert_eq!(room.presence(&came).await, (30, 64.5, 39.0));
}

#[tokio::test]
async fn who_goes_is_counted_out_and_told_of() {
    let room = Room::new().await;
    room.presence(&[("INSERT", "global", "alice", "a"), ("INSERT", "global", "bob", "b")]).await;
    for connection in ["c1", "c2"] {
        room.database.connect("global", "carol", connection).await;
    }
    room.presence(&[("INSERT", "global", "carol", "c1"), ("INSERT", "global", "carol", "c2")]).await;

    room.database.disconnect("c2").await;
    let gone = [("REMOVE", "global", "carol", "c2")];
    assert_eq!(room.presence(&gone).await, (8, 21.0, 10.0), "one of two devices");
    assert_eq!(room.leave_notices(&gone).await, (4, 4.0, 0.0), "she is still there");

    room.database.disconnect("c1").await;
    let gone = [("REMOVE", "global", "carol", "c1")];
    assert_eq!(room.presence(&gone).await, (8, 20.0, 12.0), "the last one");
    assert_eq!(room.leave_notices(&gone).await, (4, 10.5, 1.0), "she has left");
    assert_eq!(room.leave_notices(&gone).await, (1, 1.0, 0.0), "the same record once more");
}

/// A message of 200 bytes, some time after noon.
fn said(sequence: i64, millis: i64) -> Value {
    json!({"dynamodb": {
        "ApproximateCreationDateTime": (NOON + millis) / 1000, "SequenceNumber": sequence.to_string(),
        "NewImage": {
            "roomId": {"S": "global"}, "sequence": {"N": sequence.to_string()}, "userId": {"S": "alice"},
            "timestamp": {"N": (NOON + millis).to_string()}, "content": {"S": "hello kernel! ".repeat(14)},
        },
    }})
}

#[tokio::test]
async fn what_is_said_is_counted() {
    let room = Room::new().await;
    assert_eq!(room.analytics(&[said(1, 0)]).await, (14, 6.5, 7.0), "the first message of all");
    assert_eq!(room.analytics(&[said(2, 1000)]).await, (9, 5.5, 3.0), "another one of the same minute");
    assert_eq!(room.analytics(&[said(3, 60_000)]).await, (14, 8.5, 5.0), "the first of another minute");
    let ten: Vec<_> = (4..14).map(|sequence| said(sequence, 60_000 + sequence)).collect();
    assert_eq!(room.analytics(&ten).await, (9, 5.5, 3.0), "ten in one batch cost what one does");
    assert_eq!(room.analytics(&ten).await, (6, 5.5, 0.0), "the same batch once more");
}
