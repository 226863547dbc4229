//! Who is erased after their messages are gone: named nowhere, counted where nobody can tell, and there
//! it says so.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use shared::App;
use shared::analytics::{RoomNumbers, of_room};
use shared::domain::analytics::{BucketReport, Day, Estimate, Minute, Record, Rollup, Window, fold};
use shared::domain::{Content, Message, MessageId, Role, RoomId, Sequence, Timestamp, UserId, Username};
use shared::erasure::{Erased, erase_user};
use shared::storage::{Bucket, Erasure};
use tests::faults::{ANY, Fault, every, nth};
use tokio::sync::Semaphore;

use super::Database;
use super::database::{NOON, at, image};

const DAY: i64 = 86_400;
const KEPT: Option<Duration> = Some(Duration::from_secs(7 * 86_400));

/// When bob is erased: the first day's messages are gone since yesterday, their hours and minutes are not.
const TODAY: i64 = 8 * DAY;

fn app(database: &Database) -> App {
    database.app_with(&[("MESSAGE_RETENTION_DAYS", "7")])
}

fn record(old: Value, new: Value, seconds: i64) -> Value {
    let number = old["sequence"]["N"].as_str().or(new["sequence"]["N"].as_str()).unwrap().to_owned();
    json!({"dynamodb": {
        "ApproximateCreationDateTime": NOON / 1000 + seconds, "SequenceNumber": number,
        "OldImage": old, "NewImage": new,
    }})
}

/// The consumer hears of messages that are in the database no longer.
async fn hear(app: &App, said: &[(u64, &str, i64)]) {
    let record = |(sequence, user, seconds): &(u64, &str, i64)| {
        record(Value::Null, image(*sequence, user, *seconds * 1000, Some("hello kernel")), *seconds)
    };
    for said in said {
        let event = serde_json::from_value(json!({"Records": [record(said)]})).unwrap();
        let answer = serde_json::to_value(analytics::handle(app, event).await.unwrap()).unwrap();
        assert_eq!(answer, json!({"batchItemFailures": []}));
    }
}

/// Stores a message that the database has still.
async fn store(app: &App, sequence: u64, user: &str, seconds: i64) {
    let message = Message {
        message_id: MessageId::new(at(NOON), [u8::try_from(sequence).unwrap(); 10]),
        room_id: RoomId::parse("global").unwrap(),
        sequence: Sequence::new("sequence", sequence).unwrap(),
        user_id: UserId::parse(user).unwrap(),
        username: Username::parse(user).unwrap(),
        role: Role::Viewer,
        content: Content::parse("hello kernel").unwrap(),
        timestamp: at(NOON + seconds * 1000),
        reply_to: None,
    };
    app.store.message_put(&message, None).await.unwrap();
}

/// Bob speaks on the first day, in two minutes, and today; the others when they like.
async fn history(app: &App) {
    hear(app, &[(1, "alice", 1), (2, "bob", 2), (3, "carol", 3), (4, "bob", 61), (5, "alice", DAY)]).await;
    for (sequence, user, seconds) in [(6, "dave", TODAY - 60), (7, "bob", TODAY - 59)] {
        store(app, sequence, user, seconds).await;
        hear(app, &[(sequence, user, seconds)]).await;
    }
}

fn now() -> Timestamp {
    at(NOON + TODAY * 1000)
}

async fn erase(app: &App, user: &str) -> Erased {
    erase_user(&app.store, KEPT, &UserId::parse(user).unwrap(), now()).await.unwrap()
}

/// Bob's message of today is erased: the consumer hears of that as well.
async fn hear_of_the_erasure(app: &App) {
    let nobody = image(7, "erased", (TODAY - 59) * 1000, None);
    let record = record(image(7, "bob", (TODAY - 59) * 1000, Some("hello kernel")), nobody, TODAY);
    let event = serde_json::from_value(json!({"Records": [record]})).unwrap();
    analytics::handle(app, event).await.unwrap();
}

async fn numbers(app: &App) -> RoomNumbers {
    of_room(&app.store, &RoomId::parse("global").unwrap(), Window::Days30, now()).await.unwrap()
}

/// Messages, chatters and erased users of the days on which there were any.
fn days(numbers: &RoomNumbers) -> Vec<(u64, Estimate, u64)> {
    assert_eq!(numbers.days.len(), 30);
    let figures = |day: &BucketReport| (day.messages, day.unique_chatters, day.erased_users);
    numbers.days.iter().filter(|day| day.messages > 0).map(figures).collect()
}

const ONE: Estimate = Estimate { value: 1, low: 1, high: 1 };
const TWO: Estimate = Estimate { value: 2, low: 2, high: 2 };
const THREE: Estimate = Estimate { value: 3, low: 3, high: 3 };

async fn assert_erased(database: &Database, case: &str) {
    let app = app(database);
    assert_eq!(database.counted_with("bob").await, Vec::<String>::new(), "{case}");
    let numbers = numbers(&app).await;
    // What bob said on the first day stays in its sums, which say so; what he said today is out of them.
    assert_eq!(days(&numbers), [(4, TWO, 1), (1, ONE, 0), (1, ONE, 0)], "{case}");
    assert_eq!((numbers.report.erased_users, numbers.report.unique_chatters), (1, THREE), "{case}");
    assert_eq!((numbers.total.messages, numbers.total.chatters()), (6, THREE), "{case}");
}

#[tokio::test]
async fn who_is_erased_after_their_messages_are_gone_is_named_nowhere_and_the_buckets_are_marked() {
    let database = Database::new().await;
    let app = app(&database);
    history(&app).await;
    let first_hour = Minute::of(at(NOON)).hour();
    let known = database.counted_with("bob").await;
    for key in ["chatted#bob global", "room#global hour#", "room#global minute#"] {
        assert!(known.iter().any(|found| found.starts_with(key)), "{key}: {known:?}");
    }
    let before = numbers(&app).await;
    assert_eq!(days(&before), [(4, THREE, 0), (1, ONE, 0), (2, TWO, 0)]);
    assert_eq!((before.total.messages, before.total.chatters().value), (7, 4));

    assert_eq!(erase(&app, "bob").await, Erased { messages: 1, more: false });
    hear_of_the_erasure(&app).await;
    assert_erased(&database, "once").await;
    let hour =
        app.store.rollup_get(&RoomId::parse("global").unwrap(), Bucket::Hour(first_hour)).await.unwrap();
    assert_eq!((hour.value.erased_users(), hour.value.unique_chatters()), (1, TWO));

    // Once more, and after a change of the marked hour, which is made of its minutes again.
    assert_eq!(erase(&app, "bob").await, Erased { messages: 0, more: false });
    hear(&app, &[(8, "alice", 59)]).await;
    assert_eq!(days(&numbers(&app).await), [(5, TWO, 1), (1, ONE, 0), (1, ONE, 0)]);
    assert_eq!(numbers(&app).await.report.erased_users, 1);

    // Carol is another one.
    erase(&app, "carol").await;
    assert_eq!(days(&numbers(&app).await)[0], (5, ONE, 2));
    assert_eq!(database.counted_with("carol").await, Vec::<String>::new());
}

#[tokio::test]
async fn nothing_is_marked_where_every_message_is_there() {
    let database = Database::new().await;
    let app = app(&database);
    for (sequence, user, seconds) in [(1, "alice", 6 * DAY), (2, "bob", TODAY - 59)] {
        store(&app, sequence, user, seconds).await;
        hear(&app, &[(sequence, user, seconds)]).await;
    }
    erase(&app, "bob").await;
    let numbers = numbers(&app).await;
    assert_eq!(numbers.report.erased_users, 0);
    assert_eq!(days(&numbers), [(1, ONE, 0), (1, ONE, 0)], "the stream will take it out");
}

#[tokio::test]
async fn who_was_never_there_leaves_no_mark() {
    let database = Database::new().await;
    let app = app(&database);
    history(&app).await;
    assert_eq!(erase(&app, "zoe").await, Erased { messages: 0, more: false });
    assert_eq!(numbers(&app).await.report.erased_users, 0);
}

#[tokio::test]
async fn a_room_that_was_silent_for_longer_is_found_too() {
    let database = Database::new().await;
    let app = app(&database);
    // The newest minute is folded into no hour, and none of its messages is left.
    hear(&app, &[(1, "alice", 1), (2, "bob", 2)]).await;
    erase(&app, "bob").await;
    assert_eq!(database.counted_with("bob").await, Vec::<String>::new());
    let numbers = numbers(&app).await;
    assert_eq!(days(&numbers), [(2, ONE, 1)]);
    assert_eq!(numbers.total.chatters(), ONE);
}

#[tokio::test]
async fn who_talks_while_they_are_erased_is_new_once() {
    let database = Database::new().await;
    hear(&app(&database), &[(1, "alice", TODAY - 90)]).await;
    // The consumer does not know of bob yet.
    store(&app(&database), 2, "bob", TODAY - 80).await;
    let (slow, faults) = database.app_with_faults();
    let hold = Arc::new(Semaphore::new(0));
    let delete = every("DeleteItem").to("hubbub-analytics");
    faults.strike(delete.clone(), Fault::Await(Arc::clone(&hold)));
    let erasing = tokio::spawn(async move { erase(&slow, "bob").await });
    let is_on_its_way = || faults.count(&delete) > 0;
    tests::eventually("a delete on its way", async || is_on_its_way().then_some(()).ok_or("none")).await;

    let app = app(&database);
    hear(&app, &[(3, "bob", TODAY - 61)]).await;
    hold.add_permits(1);
    assert_eq!(erasing.await.unwrap(), Erased { messages: 1, more: false });
    hear(&app, &[(4, "bob", TODAY - 1)]).await;
    assert_eq!(numbers(&app).await.total.chatters(), TWO, "alice, and bob once");

    // That erasure is over: the next one is another, and ends with the row.
    let (room, bob) = (RoomId::parse("global").unwrap(), UserId::parse("bob").unwrap());
    let next = app.store.erasure_claim(&room, &bob, 77, now()).await.unwrap();
    assert_eq!(
        next,
        Erasure { number: 77, first: Some(Minute::of(at(NOON + (TODAY - 61) * 1000))), from: None }
    );
    app.store.erasure_end(&room, "bob", next, now()).await.unwrap();
    assert_eq!(app.store.chatter_rooms(&bob, 1).await.unwrap(), (Vec::new(), false));
}

/// The days of the room `global` that count somebody, with how many of them are marked.
async fn days_with_somebody(app: &App, first: Day, last: Day) -> (usize, usize) {
    let rows = app.store.rollup_days(&RoomId::parse("global").unwrap(), first, last).await.unwrap();
    let rows = || rows.values().map(|row| &row.value);
    (
        rows().filter(|day| day.unique_chatters().value > 0).count(),
        rows().filter(|day| day.erased_users() > 0).count(),
    )
}

#[tokio::test]
async fn who_came_daily_is_erased_in_several_calls_that_go_on_where_the_last_one_ended() {
    let database = Database::new().await;
    let app = app(&database);
    let (global, bob) = (RoomId::parse("global").unwrap(), UserId::parse("bob").unwrap());
    let last = Minute::of(now()).hour().day().back(10);
    let first = last.back(249);
    let said = |day: Day| Record::Said {
        sequence: u64::try_from(day.number()).unwrap(),
        at: day.start(),
        user: "bob".to_owned(),
        content: "hello kernel".to_owned(),
        newcomer: day == first,
    };
    for day in first.through(last) {
        let rollup = fold(Rollup::default(), &[said(day)], &app.config.emotes).anonymous();
        let expires_at = now().plus(Duration::from_secs(86_400));
        assert!(app.store.rollup_put(&global, Bucket::Day(day), 0, &rollup, expires_at).await.unwrap());
    }
    app.store.chatter_put(&global, "bob", Minute::of(first.start()), now()).await.unwrap();
    assert_eq!(days_with_somebody(&app, first, last).await, (250, 0));

    // A call that dies keeps nobody from going on.
    let (dying, faults) = database.app_with_faults();
    faults.strike(nth(50, "UpdateItem").with("version = :read"), Fault::KillBefore);
    let killed = Box::pin(faults.until_killed(erase(&dying, "bob"))).await;
    assert_eq!(killed, None);
    for (left, more) in [(150, true), (50, true), (0, false)] {
        let (app, faults) = database.app_with_faults();
        assert_eq!(erase(&app, "bob").await, Erased { messages: 0, more });
        let asked = faults.count(&every("Query").with(r#""day#"#));
        assert!((1..=5).contains(&asked), "no range is asked for again: {asked}");
        assert_eq!(days_with_somebody(&app, first, last).await, (left, 250 - left));
    }
    assert_eq!(app.store.chatter_rooms(&bob, 1).await.unwrap(), (Vec::new(), false));
}

#[tokio::test(start_paused = true)]
async fn an_erasure_that_is_killed_anywhere_and_made_again_is_one() {
    let requests = {
        let database = Database::new().await;
        let (app, faults) = database.app_with_faults();
        history(&app).await;
        let before = faults.count(&every(ANY));
        erase(&app, "bob").await;
        faults.count(&every(ANY)) - before
    };
    assert!(requests >= 12, "messages, rooms, hours, minutes, days, the total: {requests}");
    for n in 1..=requests {
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            let case = format!("{fault:?} at request {n}");
            let database = Database::new().await;
            history(&app(&database)).await;
            let (dying, faults) = database.app_with_faults();
            faults.strike(nth(n, ANY), fault);
            let killed = Box::pin(faults.until_killed(erase(&dying, "bob"))).await;
            assert!(killed.is_none(), "{case}: it was to be killed first");
            let app = app(&database);
            erase(&app, "bob").await;
            hear_of_the_erasure(&app).await;
            assert_erased(&database, &case).await;
        }
    }
}
