//! Notices are told once, whatever happens to those who tell them; and a thousand who come at once
//! are counted exactly while everything is in everybody's way.

use shared::App;
use shared::domain::{Counts, RoomId};
use shared::event::{BatchFailures, StreamEvent};
use shared::storage::Scope;
use tests::faults::{ANY, Fault, Faults, every, first, nth};

use super::members::batch;
use super::{Database, Mailbox};

/// A room that bob is in, and a consumer whose frames go to the mailbox.
async fn room() -> (Database, Mailbox) {
    let database = Database::new().await;
    database.connect("global", "bob", "b1").await;
    count(&database.app, batch(&[("INSERT", "global", "bob", "b1")])).await;
    (database, Mailbox::default())
}

fn consumer(database: &Database, mailbox: &Mailbox) -> (App, Faults) {
    let (app, faults) = database.app_with_faults();
    (App { management: mailbox.management(), ..app }, faults)
}

/// The sequence numbers that are given back.
fn given_back(answer: BatchFailures) -> usize {
    serde_json::to_value(answer).unwrap()["batchItemFailures"].as_array().unwrap().len()
}

async fn count(app: &App, event: StreamEvent) {
    assert_eq!(given_back(presence::handle(app, event).await.unwrap()), 0);
}

async fn see_off(app: &App, event: StreamEvent) {
    assert_eq!(given_back(leave_notices::handle(app, event).await.unwrap()), 0);
}

fn notice(kind: &str, user: &str, members: u64) -> (String, String, u64) {
    (kind.to_owned(), user.to_owned(), members)
}

const CAME: (&str, &str, &str, &str) = ("INSERT", "global", "alice", "a1");
const WENT: (&str, &str, &str, &str) = ("REMOVE", "global", "alice", "a1");

#[tokio::test(start_paused = true)]
async fn a_repeated_record_is_told_once() {
    let (database, mailbox) = room().await;
    let (app, _) = consumer(&database, &mailbox);
    database.connect("global", "alice", "a1").await;
    for _ in 0..3 {
        count(&app, batch(&[CAME])).await;
    }
    assert_eq!(mailbox.notices("b1"), [notice("join", "alice", 2)]);
    see_off(&app, batch(&[WENT])).await;
    assert_eq!(mailbox.notices("b1").len(), 1, "she is there");

    database.disconnect("a1").await;
    for _ in 0..3 {
        count(&app, batch(&[CAME, WENT])).await;
        see_off(&app, batch(&[WENT])).await;
    }
    assert_eq!(mailbox.notices("b1"), [notice("join", "alice", 2), notice("leave", "alice", 1)]);
}

#[tokio::test(start_paused = true)]
async fn who_never_was_announced_does_not_leave() {
    let (database, mailbox) = room().await;
    let (app, _) = consumer(&database, &mailbox);
    count(&app, batch(&[CAME, WENT])).await;
    see_off(&app, batch(&[WENT])).await;
    assert_eq!(mailbox.notices("b1"), []);
}

#[tokio::test(start_paused = true)]
async fn who_is_back_under_another_connection_has_not_left() {
    let (database, mailbox) = room().await;
    let (app, _) = consumer(&database, &mailbox);
    database.connect("global", "alice", "a1").await;
    count(&app, batch(&[CAME])).await;
    database.disconnect("a1").await;
    count(&app, batch(&[WENT])).await;
    database.connect("global", "alice", "a2").await;
    count(&app, batch(&[("INSERT", "global", "alice", "a2")])).await;
    see_off(&app, batch(&[WENT])).await;
    assert_eq!(mailbox.notices("b1"), [notice("join", "alice", 2)]);
}

#[tokio::test(start_paused = true)]
async fn a_leave_is_told_though_nobody_has_counted_it_yet() {
    let (database, mailbox) = room().await;
    let (app, _) = consumer(&database, &mailbox);
    database.connect("global", "alice", "a1").await;
    count(&app, batch(&[CAME])).await;
    database.disconnect("a1").await;
    see_off(&app, batch(&[WENT])).await;
    assert_eq!(mailbox.notices("b1"), [notice("join", "alice", 2), notice("leave", "alice", 1)]);
    count(&app, batch(&[WENT])).await;
    let global = RoomId::parse("global").unwrap();
    assert_eq!(database.app.store.room_counts(&global).await.unwrap(), Counts { members: 1, connections: 1 });
}

#[tokio::test(start_paused = true)]
async fn a_consumer_killed_anywhere_tells_once_at_the_most_and_leaves_the_counts_exact() {
    let global = Scope::Room(RoomId::parse("global").unwrap());
    let mut told = 0;
    for n in 1.. {
        let (database, mailbox) = room().await;
        database.connect("global", "alice", "a1").await;
        count(&database.app, batch(&[CAME])).await;
        database.disconnect("a1").await;
        let (app, faults) = consumer(&database, &mailbox);
        faults.strike(nth(n, ANY), Fault::KillAfter);
        let killed = faults.until_killed(leave_notices::handle(&app, batch(&[WENT]))).await.is_none();

        let (healthy, _) = consumer(&database, &mailbox);
        see_off(&healthy, batch(&[WENT])).await;
        count(&healthy, batch(&[WENT])).await;
        let notices = mailbox.notices("b1");
        assert!(notices.len() <= 1, "killed at request {n}: {notices:?}");
        told += notices.len();
        let attendance = database.app.store.attendance(&global).await.unwrap();
        assert_eq!(attendance.now, Counts { members: 1, connections: 1 }, "killed at request {n}");
        assert_eq!(attendance.peak, Counts { members: 2, connections: 2 }, "killed at request {n}");
        if !killed {
            assert!(n > 6 && told > n / 2, "{told} of {n}");
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_leave_that_cannot_be_found_out_is_given_back_and_told_later() {
    let (database, mailbox) = room().await;
    let (app, faults) = consumer(&database, &mailbox);
    database.connect("global", "alice", "a1").await;
    count(&app, batch(&[CAME])).await;
    database.disconnect("a1").await;
    count(&app, batch(&[WENT])).await;
    faults.strike(every("UpdateItem").with("announced"), Fault::internal());
    assert_eq!(given_back(leave_notices::handle(&app, batch(&[WENT])).await.unwrap()), 1);
    assert_eq!(mailbox.notices("b1"), [notice("join", "alice", 2)]);
    faults.heal();
    see_off(&app, batch(&[WENT])).await;
    assert_eq!(mailbox.notices("b1").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_summary_that_cannot_be_written_gives_its_records_back_and_is_right_afterwards() {
    let database = Database::new().await;
    database.connect("global", "alice", "a1").await;
    let (app, faults) = database.app_with_faults();
    faults.strike(every("UpdateItem").with("summary#global"), Fault::internal());
    assert_eq!(given_back(presence::handle(&app, batch(&[CAME])).await.unwrap()), 1);
    faults.heal();
    count(&app, batch(&[CAME])).await;
    let room = RoomId::parse("global").unwrap();
    let expected = Counts { members: 1, connections: 1 };
    for scope in [Scope::Room(room.clone()), Scope::Service] {
        let attendance = app.store.attendance(&scope).await.unwrap();
        assert_eq!((attendance.now, attendance.peak), (expected, expected), "{scope}");
    }
    let minutes = app.store.presence_minutes(&room, super::at(0), super::at(super::NOON + 1)).await.unwrap();
    assert_eq!(minutes.iter().map(|minute| (minute.members, minute.peak)).collect::<Vec<_>>(), [(1, 1)]);
}

/// What a thousand connects a second come to: batches of a hundred, four at once.
#[tokio::test(start_paused = true)]
async fn a_thousand_who_come_at_once_conflict_nowhere_and_are_counted_exactly() {
    const PEOPLE: usize = 1000;
    let database = Database::new().await;
    let people: Vec<_> = (0..PEOPLE).map(|n| (format!("user{n:04}"), format!("c{n:04}"))).collect();
    let (app, faults) = database.app_with_faults();
    for (user, connection) in &people {
        let event = super::event("$connect", user, connection, super::NOON, None);
        assert_eq!(connect::handle(&app, event).await.unwrap().status_code(), 200);
    }
    assert_eq!(faults.count(&every("PutItem")), PEOPLE, "a connect is one put of a row of its own");
    assert_eq!(faults.count(&every("TransactWriteItems")) + faults.count(&every("UpdateItem")), 0);

    let consumers: Vec<_> = (0..4).map(|_| database.app_with_faults()).collect();
    for (_, faults) in &consumers {
        for n in [1, 4, 7] {
            faults.strike(nth(n, "TransactWriteItems"), Fault::canceled("TransactionConflict"));
        }
        faults.strike(nth(3, "TransactWriteItems"), Fault::throttled());
        faults.strike(nth(9, "BatchGetItem"), Fault::throttled());
        faults.strike(first("UpdateItem"), Fault::throttled());
    }
    let records: Vec<_> = people.iter().map(|(user, id)| ("INSERT", "global", &**user, &**id)).collect();
    let batches: Vec<_> = records.chunks(100).collect();
    for four in batches.chunks(4) {
        let work = four.iter().zip(&consumers).map(|(records, (app, _))| count(app, batch(records)));
        futures_util::future::join_all(work).await;
    }

    let expected = Counts { members: PEOPLE as u64, connections: PEOPLE as u64 };
    let global = RoomId::parse("global").unwrap();
    assert_eq!(database.app.store.room_counts(&global).await.unwrap(), expected);
    for scope in [Scope::Room(global), Scope::Service] {
        let attendance = database.app.store.attendance(&scope).await.unwrap();
        assert_eq!((attendance.now, attendance.peak), (expected, expected), "{scope}");
    }
    for (_, faults) in &consumers {
        let transactions = faults.count(&every("TransactWriteItems"));
        let lanes = (0..8)
            .map(|lane| faults.count(&every("TransactWriteItems").with(&format!("count#global#{lane}"))));
        assert_eq!(lanes.sum::<usize>(), transactions, "each touches one counter of the room");
        let summaries = every("TransactWriteItems").with("summary#");
        assert_eq!(faults.count(&summaries), 0, "no transaction touches a summary");
    }
}
