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
use super::database::{NOON, at, image};

/// Half a minute after the last message.
const LATER: i64 = NOON + 95_000;

fn record(number: usize, old: Value, new: Value) -> Value {
    json!({"dynamodb": {
        "ApproximateCreationDateTime": NOON / 1000 + 65, "SequenceNumber": number.to_string(),
        "OldImage": old, "NewImage": new,
    }})
}

/// Two minutes: alice and bob, and bob's second message is deleted.
fn records() -> Vec<Value> {
    let said = |sequence, user, seconds: i64| image(sequence, user, seconds * 1000, Some("hello kernel"));
    vec![
        record(1, Value::Null, said(1, "alice", 1)),
        record(2, Value::Null, said(2, "bob", 2)),
        record(3, Value::Null, said(3, "bob", 61)),
        record(4, said(3, "bob", 61), image(3, "bob", 61_000, None)),
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
    let next_day = image(5, "carol", DAY * 1000, Some("good morning"));
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
    let said = |content| image(2, "bob", 2_000, content);
    deliver(&database.app, &[record(7, said(Some("hello kernel")), said(None))]).await;
    let day = database.app.store.rollup_get(&room, Bucket::Day(hour.day())).await.unwrap().value;
    assert_eq!((day.tally().messages, day.unique_chatters()), (2, Estimate::exact(1)));
}

#[tokio::test]
async fn what_is_deleted_after_its_minute_is_gone_takes_nothing_out_of_the_total() {
    let database = Database::new().await;
    deliver(&database.app, &records()).await;
    let before = numbers(&database.app).await;
    let long_ago = |content| image(1, "alice", -60_000 * DAY, content);
    deliver(&database.app, &[record(7, long_ago(Some("hello")), long_ago(None))]).await;
    assert_eq!(numbers(&database.app).await, before);
    let room = RoomId::parse("global").unwrap();
    let minute = Bucket::Minute(Minute::of(at(NOON - 60 * DAY * 1000 + 1000)));
    let row = database.app.store.rollup_get(&room, minute).await.unwrap();
    assert_eq!(row.version, 0, "{row:?}");
}

/// The same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap() % end
    }
}

/// Messages and chatters of each stretch of so many seconds, the one that `now` is in last.
fn recounted(said: &[(i64, String)], stretch: i64, count: i64, now: i64) -> Vec<(u64, u64)> {
    let this = (NOON / 1000 + now) / stretch;
    let in_stretch = |back: i64| {
        let said = || said.iter().filter(move |(at, _)| (NOON / 1000 + at) / stretch == this - back);
        let chatters: std::collections::BTreeSet<&String> = said().map(|(_, user)| user).collect();
        (said().count() as u64, chatters.len() as u64)
    };
    (0..count).rev().map(in_stretch).collect()
}

#[tokio::test]
async fn hours_and_days_say_what_a_recount_does_whenever_they_are_asked_for() {
    let database = Database::new().await;
    let (room, mut chance) = (RoomId::parse("global").unwrap(), Chance(2026));
    let mut said: Vec<(i64, String)> = Vec::new();
    let mut at_second = 0;
    let mut asked = 0;
    for sequence in 1..=120_u64 {
        // Minutes, hours and now and then days apart.
        let longest = [90, 90, 2 * 3_600, 9 * 3_600, 2 * DAY][usize::try_from(chance.below(5)).unwrap()];
        at_second += chance.below(longest);
        let user = format!("user{}", chance.below(6));
        let mut record =
            record(1, Value::Null, image(sequence, &user, at_second * 1000, Some("hello kernel")));
        record["dynamodb"]["ApproximateCreationDateTime"] = (NOON / 1000 + at_second).into();
        deliver(&database.app, &[record]).await;
        said.push((at_second, user));
        // At once, later, and when the hour or the day that was spoken in last is over.
        for later in [0, 70, 5_000, DAY + 5, 3 * DAY] {
            if chance.below(4) > 0 {
                continue;
            }
            let now = at_second + later;
            let ask = async |window| {
                of_room(&database.app.store, &room, window, at(NOON + now * 1000)).await.unwrap()
            };
            let figures = |bucket: &shared::domain::analytics::BucketReport| {
                assert!(bucket.unique_chatters.is_exact());
                (bucket.messages, bucket.unique_chatters.value)
            };
            let of_hours = ask(Window::Hours24).await;
            let hours: Vec<(u64, u64)> = of_hours.hours.iter().map(figures).collect();
            assert_eq!(hours, recounted(&said, 3_600, 24, now), "{now} after {sequence}");
            assert_eq!(of_hours.report.messages, hours.iter().map(|(messages, _)| messages).sum::<u64>());
            let of_days = ask(Window::Days30).await;
            let days: Vec<(u64, u64)> = of_days.days.iter().map(figures).collect();
            let recounted_days = recounted(&said, DAY, 30, now);
            assert_eq!(days, recounted_days, "{now} after {sequence}");
            let whole = recounted(&said, 30 * DAY * 1_000, 1, now);
            if days.iter().map(|(messages, _)| messages).sum::<u64>() == whole[0].0 {
                assert_eq!(of_days.report.unique_chatters, Estimate::exact(whole[0].1));
            }
            let service = of_service(&database.app.store, at(NOON + now * 1000)).await.unwrap();
            let messages = service.days.iter().map(|(_, tally)| tally.messages);
            assert!(
                messages.eq(recounted_days.iter().map(|(messages, _)| *messages)),
                "{now} after {sequence}"
            );
            asked += 1;
        }
    }
    assert!(asked > 100, "{asked}");
}
