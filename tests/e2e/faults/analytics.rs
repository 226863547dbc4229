//! What is counted is exact whatever happens to the consumer of the stream: killed anywhere, woken
//! twice, in parts.

use serde_json::{Value, json};
use shared::App;
use shared::analytics::{of_room, of_service};
use shared::domain::analytics::{Estimate, Minute, Window};
use shared::domain::{RoomId, Timestamp};
use shared::event::StreamEvent;
use shared::storage::Bucket;
use tests::faults::{ANY, Fault, every, nth};

use super::Database;
use super::database::{NOON, at};

/// Half a minute after the last message.
const LATER: i64 = NOON + 95_000;

fn image(sequence: u64, user: &str, seconds: i64, content: Option<&str>) -> Value {
    let mut image = json!({
        "roomId": {"S": "global"}, "sequence": {"N": sequence.to_string()}, "userId": {"S": user},
        "timestamp": {"N": (NOON + seconds * 1000).to_string()},
    });
    if let Some(content) = content {
        image["content"] = json!({"S": content});
    }
    image
}

fn record(number: usize, old: Value, new: Value) -> Value {
    json!({"dynamodb": {
        "ApproximateCreationDateTime": NOON / 1000 + 65, "SequenceNumber": number.to_string(),
        "OldImage": old, "NewImage": new,
    }})
}

/// Two minutes: alice and bob, and bob's second message is deleted.
fn records() -> Vec<Value> {
    let said = |sequence, user, seconds| image(sequence, user, seconds, Some("hello kernel"));
    vec![
        record(1, Value::Null, said(1, "alice", 1)),
        record(2, Value::Null, said(2, "bob", 2)),
        record(3, Value::Null, said(3, "bob", 61)),
        record(4, said(3, "bob", 61), image(3, "bob", 61, None)),
        record(5, Value::Null, said(4, "alice", 62)),
    ]
}

fn batch(records: &[Value]) -> StreamEvent {
    serde_json::from_value(json!({"Records": records})).unwrap()
}

async fn deliver(app: &App, records: &[Value]) {
    let answer = serde_json::to_value(analytics::handle(app, batch(records)).await.unwrap()).unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}));
}

/// All there is to know, as text: the room's window and total, and the service.
async fn numbers(app: &App) -> String {
    let now: Timestamp = at(LATER);
    let room = RoomId::parse("global").unwrap();
    let numbers = of_room(&app.store, &room, Window::Hour, now).await.unwrap();
    let service = of_service(&app.store, now).await.unwrap();
    assert_eq!(numbers.total.messages, numbers.report.messages);
    format!("{:?} {:?} {:?} {:?}", numbers.report, numbers.total, service.total, service.messages_per_minute)
}

async fn undisturbed() -> String {
    let database = Database::new().await;
    deliver(&database.app, &records()).await;
    let numbers = numbers(&database.app).await;
    assert!(numbers.starts_with("Report { messages: 3, "), "{numbers}");
    numbers
}

#[tokio::test(start_paused = true)]
async fn a_consumer_killed_anywhere_and_its_batch_delivered_again_count_everything_once() {
    let expected = undisturbed().await;
    let requests = {
        let database = Database::new().await;
        let (app, faults) = database.app_with_faults();
        deliver(&app, &records()).await;
        faults.count(&every(ANY))
    };
    assert!(requests >= 10, "minutes, chatters, totals, moments and the service: {requests}");
    for n in 1..=requests {
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            let case = format!("{fault:?} at request {n}");
            let database = Database::new().await;
            let (app, faults) = database.app_with_faults();
            faults.strike(nth(n, ANY), fault);
            let killed = Box::pin(faults.until_killed(analytics::handle(&app, batch(&records())))).await;
            assert!(killed.is_none(), "{case}: it was to be killed first");
            for _ in 0..2 {
                deliver(&database.app, &records()).await;
                assert_eq!(numbers(&database.app).await, expected, "{case}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_counts_nothing_twice() {
    let expected = undisturbed().await;
    let database = Database::new().await;
    for n in [2, 4, 6, 8, 10] {
        let (app, faults) = database.app_with_faults();
        faults.strike(nth(n, ANY), Fault::LoseReply);
        deliver(&app, &records()).await;
    }
    assert_eq!(numbers(&database.app).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_batch_in_parts_repeated_and_turned_around_counts_the_same() {
    let expected = undisturbed().await;
    let all = records();
    let turned: Vec<Value> = all.iter().rev().cloned().collect();
    for parts in [1, 2, 3] {
        for records in [&all, &turned] {
            let database = Database::new().await;
            for part in records.chunks(parts) {
                deliver(&database.app, part).await;
                deliver(&database.app, part).await;
            }
            assert_eq!(numbers(&database.app).await, expected, "in parts of {parts}");
        }
    }
}

const DAY: i64 = 86_400;

#[tokio::test]
async fn what_is_kept_longer_than_the_messages_has_nobodys_name() {
    let database = Database::new().await;
    deliver(&database.app, &records()).await;
    let next_day = image(5, "carol", DAY, Some("good morning"));
    deliver(&database.app, &[record(6, Value::Null, next_day)]).await;

    let room = RoomId::parse("global").unwrap();
    let hour = Minute::of(at(NOON)).hour();
    let named = database.app.store.rollup_get(&room, Bucket::Hour(hour)).await.unwrap().value;
    let day = database.app.store.rollup_get(&room, Bucket::Day(hour.day())).await.unwrap().value;
    for rollup in [&named, &day] {
        assert_eq!((rollup.tally().messages, rollup.unique_chatters()), (3, Estimate::exact(2)));
        assert_eq!(rollup.tally().chatters(), Estimate::exact(2));
    }
    let has_alice = |bytes: Vec<u8>| bytes.windows(5).any(|part| part == b"alice");
    assert!(has_alice(named.to_bytes()) && !has_alice(day.to_bytes()));

    // Deleted again, it is taken out of the day, which is made of hours that know the names still.
    let said = |content| image(2, "bob", 2, content);
    deliver(&database.app, &[record(7, said(Some("hello kernel")), said(None))]).await;
    let day = database.app.store.rollup_get(&room, Bucket::Day(hour.day())).await.unwrap().value;
    assert_eq!((day.tally().messages, day.unique_chatters()), (2, Estimate::exact(1)));
}

#[tokio::test]
async fn what_is_deleted_after_its_minute_is_gone_takes_nothing_out_of_the_total() {
    let database = Database::new().await;
    deliver(&database.app, &records()).await;
    let before = numbers(&database.app).await;
    let long_ago = |content| image(1, "alice", -60 * DAY, content);
    deliver(&database.app, &[record(7, long_ago(Some("hello")), long_ago(None))]).await;
    assert_eq!(numbers(&database.app).await, before);
    let room = RoomId::parse("global").unwrap();
    let minute = Bucket::Minute(Minute::of(at(NOON - 60 * DAY * 1000 + 1000)));
    let row = database.app.store.rollup_get(&room, minute).await.unwrap();
    assert_eq!(row.version, 0, "{row:?}");
}
