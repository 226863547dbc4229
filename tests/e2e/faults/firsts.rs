//! Whose first message is deleted is counted as long as another one of theirs stands.

use serde_json::{Value, json};
use shared::App;
use shared::analytics::of_room;
use shared::domain::analytics::{Estimate, Minute, Window};
use shared::domain::{Actor, Role, RoomId, Sequence, UserId};
use shared::storage::{Bucket, Deletion};
use tests::faults::{ANY, Fault, every, nth};

use super::database::{NOON, at, image};
use super::{Database, event};

const MINUTE: i64 = 60_000;

fn record(old: Value, new: Value) -> Value {
    json!({"dynamodb": {
        "ApproximateCreationDateTime": NOON / 1000 + 600, "SequenceNumber": "1", "OldImage": old, "NewImage": new,
    }})
}

fn said(sequence: u64, user: &str, millis: i64) -> Value {
    record(Value::Null, image(sequence, user, millis, Some("hello kernel")))
}

fn deleted(sequence: u64, user: &str, millis: i64) -> Value {
    record(image(sequence, user, millis, Some("hello kernel")), image(sequence, user, millis, None))
}

async fn deliver(app: &App, records: &[Value]) {
    let event = serde_json::from_value(json!({"Records": records})).unwrap();
    let answer = serde_json::to_value(analytics::handle(app, event).await.unwrap()).unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}));
}

/// Says it, so that the database has it under the next sequence.
async fn say(app: &App, user: &str, millis: i64) {
    let body = r#"{"action":"sendMessage","content":"hello kernel"}"#;
    let event = event("sendMessage", user, user, NOON + millis, Some(body));
    let answer = serde_json::to_value(send_message::handle(app, event).await.unwrap()).unwrap();
    assert!(answer["body"].as_str().unwrap().contains("ack"), "{answer}");
}

async fn delete(app: &App, sequence: u64) {
    let owner = Actor { user: UserId::parse("olga").unwrap(), role: Role::Owner };
    let (room, sequence) = (RoomId::parse("global").unwrap(), Sequence::new("sequence", sequence).unwrap());
    let deletion = app.store.message_delete(&room, sequence, &owner, at(NOON + 10 * MINUTE)).await.unwrap();
    assert!(matches!(deletion, Deletion::Deleted(_)));
}

/// Of the room's whole time: chatters, and newcomers of each minute from the first on.
async fn chatters(app: &App, minutes: i64) -> (Estimate, Vec<u64>) {
    let room = RoomId::parse("global").unwrap();
    let numbers = of_room(&app.store, &room, Window::Hour, at(NOON + 10 * MINUTE)).await.unwrap();
    let mut newcomers = Vec::new();
    for minute in 0..minutes {
        let minute = Bucket::Minute(Minute::of(at(NOON + minute * MINUTE)));
        newcomers.push(app.store.rollup_get(&room, minute).await.unwrap().value.tally().newcomers);
    }
    (numbers.total.chatters(), newcomers)
}

/// Alice and bob in the first minute, bob alone in the second, bob and alice in the third.
const SAID: [(u64, &str, i64); 5] = [
    (1, "alice", 0),
    (2, "bob", 1_000),
    (3, "bob", MINUTE),
    (4, "bob", 2 * MINUTE),
    (5, "alice", 2 * MINUTE + 1_000),
];

async fn history(app: &App) {
    for (_, user, millis) in SAID {
        say(app, user, millis).await;
    }
    let records: Vec<Value> = SAID.iter().map(|(sequence, user, at)| said(*sequence, user, *at)).collect();
    deliver(app, &records).await;
}

#[tokio::test]
async fn the_next_message_that_stands_makes_its_user_new() {
    let database = Database::new().await;
    let app = &database.app;
    history(app).await;
    assert_eq!(chatters(app, 3).await, (Estimate::exact(2), vec![2, 0, 0]));

    delete(app, 2).await;
    deliver(app, &[deleted(2, "bob", 1_000)]).await;
    assert_eq!(chatters(app, 3).await, (Estimate::exact(2), vec![1, 1, 0]));
    // The third is deleted before anybody hears of the second.
    delete(app, 3).await;
    delete(app, 4).await;
    deliver(app, &[deleted(3, "bob", MINUTE)]).await;
    deliver(app, &[deleted(4, "bob", 2 * MINUTE)]).await;
    assert_eq!(chatters(app, 3).await, (Estimate::exact(1), vec![1, 0, 0]), "nothing of bob's stands");

    // He speaks again.
    say(app, "bob", 3 * MINUTE).await;
    deliver(app, &[said(6, "bob", 3 * MINUTE)]).await;
    assert_eq!(chatters(app, 4).await, (Estimate::exact(2), vec![1, 0, 0, 1]));
}

#[tokio::test]
async fn a_record_that_is_still_on_its_way_finds_that_it_is_the_first() {
    let database = Database::new().await;
    let app = &database.app;
    for (_, user, millis) in SAID {
        say(app, user, millis).await;
    }
    delete(app, 2).await;
    deliver(app, &[said(1, "alice", 0), said(2, "bob", 1_000), deleted(2, "bob", 1_000)]).await;
    assert_eq!(chatters(app, 1).await, (Estimate::exact(1), vec![1]));
    deliver(app, &[said(3, "bob", MINUTE), said(4, "bob", 2 * MINUTE), said(5, "alice", 2 * MINUTE)]).await;
    assert_eq!(chatters(app, 3).await, (Estimate::exact(2), vec![1, 1, 0]));
}

/// Delivers some records to a consumer that is killed at each of its requests, and then twice more.
async fn killed_anywhere(prepared: impl AsyncFn(&App), records: &[Value], newcomers: &[u64]) {
    let expected = (Estimate::exact(newcomers.iter().sum()), newcomers.to_vec());
    let requests = {
        let database = Database::new().await;
        prepared(&database.app).await;
        let (app, faults) = database.app_with_faults();
        deliver(&app, records).await;
        faults.count(&every(ANY))
    };
    for n in 1..=requests {
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            let case = format!("{fault:?} at request {n}");
            let database = Database::new().await;
            prepared(&database.app).await;
            let (dying, faults) = database.app_with_faults();
            faults.strike(nth(n, ANY), fault);
            let event = serde_json::from_value(json!({"Records": records})).unwrap();
            let killed = Box::pin(faults.until_killed(analytics::handle(&dying, event))).await;
            assert!(killed.is_none(), "{case}: it was to be killed first");
            for _ in 0..2 {
                deliver(&database.app, records).await;
                assert_eq!(chatters(&database.app, 3).await, expected, "{case}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_consumer_killed_anywhere_passes_the_first_message_on_once() {
    let prepared = async |app: &App| {
        history(app).await;
        delete(app, 2).await;
    };
    Box::pin(killed_anywhere(prepared, &[deleted(2, "bob", 1_000)], &[1, 1, 0])).await;
}

#[tokio::test(start_paused = true)]
async fn a_consumer_killed_anywhere_counts_a_first_message_that_comes_late_once() {
    let prepared = async |app: &App| {
        for (sequence, user, millis) in [SAID[0], SAID[2], SAID[3], SAID[4]] {
            deliver(app, &[said(sequence, user, millis)]).await;
        }
        assert_eq!(chatters(app, 3).await, (Estimate::exact(2), vec![1, 1, 0]));
    };
    Box::pin(killed_anywhere(prepared, &[said(2, "bob", 1_000)], &[2, 0, 0])).await;
}
