//! Members and counts are exact whatever happens to the consumers of the stream: killed anywhere,
//! woken twice, in each other's way, without a database for a while.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use shared::App;
use shared::domain::{ConnectionId, RoomId};
use shared::event::StreamEvent;
use tests::faults::{ANY, Fault, Faults, every, first, from_nth, nth};
use tokio::sync::Semaphore;

use super::Database;
use super::database::NOON;

/// A stream record of a connection; its sequence number is a place in the batch.
fn record(number: usize, event: &str, room: &str, user: &str, connection: &str) -> Value {
    let image = json!({
        "connectionId": {"S": connection}, "roomId": {"S": room}, "userId": {"S": user},
        "username": {"S": user}, "role": {"S": "viewer"},
    });
    let (new, old) = if event == "INSERT" { (image, Value::Null) } else { (Value::Null, image) };
    json!({"eventName": event, "dynamodb": {
        "ApproximateCreationDateTime": NOON / 1000, "SequenceNumber": number.to_string(),
        "NewImage": new, "OldImage": old,
    }})
}

pub(crate) fn batch(records: &[(&str, &str, &str, &str)]) -> StreamEvent {
    let records = records.iter().enumerate();
    let records =
        records.map(|(n, (event, room, user, connection))| record(n, event, room, user, connection));
    serde_json::from_value(json!({"Records": records.collect::<Vec<_>>()})).unwrap()
}

/// The sequence numbers that a consumer gives back.
async fn failures(app: &App, event: StreamEvent) -> Vec<String> {
    let answer = serde_json::to_value(presence::handle(app, event).await.unwrap()).unwrap();
    let failures = answer["batchItemFailures"].as_array().unwrap();
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}

async fn succeed(app: &App, event: StreamEvent) {
    assert_eq!(failures(app, event).await, Vec::<String>::new());
}

/// Members and connections of a room.
async fn room_counts(database: &Database, room: &str) -> (u64, u64) {
    let counts = database.app.store.room_counts(&RoomId::parse(room).unwrap()).await.unwrap();
    (counts.members, counts.connections)
}

/// Members and connections of `global` and of `lounge`, and connections of the whole service.
async fn counts(database: &Database) -> [u64; 5] {
    let global = room_counts(database, "global").await;
    let lounge = room_counts(database, "lounge").await;
    let service = database.app.store.service_connections().await.unwrap();
    [global.0, global.1, lounge.0, lounge.1, service]
}

/// Alice came twice, bob came to the lounge, carol was there and left, dave came and left at once.
async fn an_eventful_moment() -> (Database, StreamEvent) {
    let database = Database::new().await;
    database.connect("global", "carol", "c1").await;
    succeed(&database.app, batch(&[("INSERT", "global", "carol", "c1")])).await;
    database.disconnect("c1").await;
    database.connect("global", "alice", "a1").await;
    database.connect("global", "alice", "a2").await;
    database.connect("lounge", "bob", "b1").await;
    let event = batch(&[
        ("INSERT", "global", "alice", "a1"),
        ("INSERT", "global", "alice", "a2"),
        ("INSERT", "lounge", "bob", "b1"),
        ("REMOVE", "global", "carol", "c1"),
        ("INSERT", "global", "dave", "d1"),
        ("REMOVE", "global", "dave", "d1"),
    ]);
    (database, event)
}

const AFTER_IT: [u64; 5] = [1, 2, 1, 1, 3];

#[tokio::test(start_paused = true)]
async fn a_consumer_killed_anywhere_and_its_batch_delivered_again_leave_exact_counts() {
    let requests = {
        let (database, event) = an_eventful_moment().await;
        let (app, faults) = database.app_with_faults();
        succeed(&app, event).await;
        assert_eq!(counts(&database).await, AFTER_IT);
        faults.count(&every(ANY))
    };
    assert!(requests >= 9, "each user's row and connections, and the transaction: {requests}");
    for n in 1..=requests {
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            let (database, event) = an_eventful_moment().await;
            let case = format!("{fault:?} at request {n}");
            let (app, faults) = database.app_with_faults();
            faults.strike(nth(n, ANY), fault);
            let killed = faults.until_killed(presence::handle(&app, event.clone())).await;
            assert!(killed.is_none(), "{case}: it was to be killed first");

            for delivery in ["again", "once more"] {
                succeed(&database.app, event.clone()).await;
                assert_eq!(counts(&database).await, AFTER_IT, "{case}, delivered {delivery}");
            }
            // What comes later is counted from there.
            for connection in ["a1", "a2", "b1"] {
                database.disconnect(connection).await;
            }
            let leaves = [
                ("REMOVE", "lounge", "bob", "b1"),
                ("REMOVE", "global", "alice", "a2"),
                ("REMOVE", "global", "alice", "a1"),
            ];
            succeed(&database.app, batch(&leaves)).await;
            assert_eq!(counts(&database).await, [0; 5], "{case}, and everybody left");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_leaves_between_a_killed_consumer_and_the_next_is_not_counted() {
    for n in 1..=9 {
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            let (database, event) = an_eventful_moment().await;
            let case = format!("{fault:?} at request {n}");
            let (app, faults) = database.app_with_faults();
            faults.strike(nth(n, ANY), fault);
            assert!(faults.until_killed(presence::handle(&app, event.clone())).await.is_none(), "{case}");
            database.disconnect("a1").await;
            database.disconnect("b1").await;

            let leaves = batch(&[("REMOVE", "global", "alice", "a1"), ("REMOVE", "lounge", "bob", "b1")]);
            for event in [event.clone(), leaves.clone(), event, leaves] {
                succeed(&database.app, event).await;
            }
            assert_eq!(counts(&database).await, [1, 1, 0, 0, 1], "{case}");
        }
    }
}

/// What one consumer does while another is at work. Connections of alice's, in a room of the test's.
#[derive(Clone, Copy)]
struct Part {
    /// One that is closed first.
    closes: Option<&'static str>,
    records: &'static [(&'static str, &'static str)],
}

impl Part {
    async fn play(self, app: &App, room: &str) {
        if let Some(connection) = self.closes {
            let connection = ConnectionId::new(format!("{room}-{connection}"));
            app.store.connection_delete(&connection).await.unwrap();
        }
        let ids: Vec<_> = self.records.iter().map(|(_, connection)| format!("{room}-{connection}")).collect();
        let records = self.records.iter().zip(&ids).map(|((event, _), id)| (*event, room, "alice", &**id));
        succeed(app, batch(&records.collect::<Vec<_>>())).await;
    }
}

/// Two parts, their requests in the order of the schedule's bits as far as those go.
async fn interleave(database: &Database, room: &str, parts: [Part; 2], schedule: u32, steps: u32) {
    let gates = [Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0))];
    let (apps, faults): (Vec<App>, Vec<Faults>) =
        [database.app_with_faults(), database.app_with_faults()].into_iter().unzip();
    for (faults, gate) in faults.iter().zip(&gates) {
        faults.strike(every(ANY), Fault::Await(gate.clone()));
    }
    let conduct = async {
        let mut given = [0, 0];
        for step in 0..steps {
            let whose = usize::from(schedule >> step & 1 == 1);
            gates[whose].add_permits(1);
            given[whose] += 1;
            // A part that is at its end asks for nothing more.
            let carried_out = faults[whose].answered(given[whose]);
            let _ended = tokio::time::timeout(Duration::from_secs(1), carried_out).await;
        }
        gates.iter().for_each(|gate| gate.add_permits(1000));
    };
    tokio::join!(parts[0].play(&apps[0], room), parts[1].play(&apps[1], room), conduct);
}

/// Every order of the first four requests of each: row, connections, transaction, and one more.
/// Alice may be known already, by a connection `a0`.
async fn at_every_boundary(known: bool, parts: [Part; 2], expected: (u64, u64)) {
    const EACH: u32 = 4;
    let database = Database::new().await;
    let schedules = (0..1_u32 << (2 * EACH)).filter(|schedule| schedule.count_ones() == EACH);
    let mut played = 0;
    for schedule in schedules {
        let room = format!("room{schedule:08b}");
        for connection in ["a1", "a2"] {
            database.connect(&room, "alice", &format!("{room}-{connection}")).await;
        }
        if known {
            let connection = format!("{room}-a0");
            database.connect(&room, "alice", &connection).await;
            succeed(&database.app, batch(&[("INSERT", &room, "alice", &connection)])).await;
        }
        interleave(&database, &room, parts, schedule, 2 * EACH).await;
        assert_eq!(room_counts(&database, &room).await, expected, "{room}");
        // A count may be right by luck; what is behind it shows when they go, one by one.
        for connection in ["a0", "a1", "a2"] {
            let connection = format!("{room}-{connection}");
            database.disconnect(&connection).await;
            succeed(&database.app, batch(&[("REMOVE", &room, "alice", &connection)])).await;
        }
        assert_eq!(room_counts(&database, &room).await, (0, 0), "{room}, and all have left");
        played += 1;
    }
    assert_eq!(played, 70);
}

#[tokio::test(start_paused = true)]
async fn two_consumers_of_two_joins_count_both_at_every_boundary() {
    let part = |records| Part { closes: None, records };
    at_every_boundary(false, [part(&[("INSERT", "a1")]), part(&[("INSERT", "a2")])], (1, 2)).await;
}

#[tokio::test(start_paused = true)]
async fn two_consumers_of_somebody_who_is_there_already_count_both_at_every_boundary() {
    let part = |records| Part { closes: None, records };
    at_every_boundary(true, [part(&[("INSERT", "a1")]), part(&[("INSERT", "a2")])], (1, 3)).await;
}

#[tokio::test(start_paused = true)]
async fn two_consumers_of_the_same_records_count_once_at_every_boundary() {
    let part = Part { closes: None, records: &[("INSERT", "a1"), ("INSERT", "a2")] };
    at_every_boundary(false, [part, part], (1, 2)).await;
}

#[tokio::test(start_paused = true)]
async fn a_join_overtaken_by_its_leave_counts_nobody_at_every_boundary() {
    let joins = Part { closes: None, records: &[("INSERT", "a1")] };
    let leaves = Part { closes: Some("a1"), records: &[("REMOVE", "a1")] };
    at_every_boundary(false, [joins, leaves], (0, 0)).await;
}

#[tokio::test(start_paused = true)]
async fn what_another_writer_or_too_much_load_refuses_is_tried_again() {
    for fault in [
        Fault::canceled("TransactionConflict"),
        Fault::canceled("ConditionalCheckFailed"),
        Fault::canceled("ThrottlingError"),
        Fault::canceled("ProvisionedThroughputExceeded"),
        Fault::error(400, "TransactionInProgressException"),
        Fault::error(400, "ProvisionedThroughputExceededException"),
        Fault::throttled(),
        Fault::internal(),
        Fault::LoseReply,
    ] {
        let (database, event) = an_eventful_moment().await;
        let (app, faults) = database.app_with_faults();
        let case = format!("{fault:?}");
        faults.strike(first("TransactWriteItems"), fault);
        assert_eq!(failures(&app, event).await, Vec::<String>::new(), "{case}");
        assert_eq!(faults.count(&every("TransactWriteItems")), 2, "{case}");
        assert_eq!(counts(&database).await, AFTER_IT, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn reads_that_are_throttled_are_tried_again() {
    for operation in ["GetItem", "BatchGetItem"] {
        let (database, event) = an_eventful_moment().await;
        let (app, faults) = database.app_with_faults();
        faults.strike(first(operation), Fault::throttled());
        succeed(&app, event).await;
        assert_eq!(counts(&database).await, AFTER_IT, "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn keys_that_a_batch_left_out_are_asked_for_again() {
    let (database, event) = an_eventful_moment().await;
    let (app, faults) = database.app_with_faults();
    let key = json!({"connectionId": {"S": "b1"}});
    let left_out = json!({"Responses": {}, "UnprocessedKeys": {"hubbub-connections": {"Keys": [key]}}});
    faults.strike(first("BatchGetItem").with("b1"), Fault::Answer(200, left_out));
    succeed(&app, event).await;
    assert_eq!(counts(&database).await, AFTER_IT);
}

#[tokio::test(start_paused = true)]
async fn records_that_cannot_be_written_are_given_back_and_no_others() {
    for fault in [Fault::internal(), Fault::canceled("TransactionConflict"), Fault::NeverAnswer] {
        let database = Database::new().await;
        let users: Vec<_> = (0..30).map(|n| (format!("user{n:02}"), format!("c{n:02}"))).collect();
        let mut records = Vec::new();
        for (user, connection) in &users {
            database.connect("global", user, connection).await;
            records.push(("INSERT", "global", &**user, &**connection));
        }
        let (app, faults) = database.app_with_faults();
        let case = format!("{fault:?}");
        // 25 users are one transaction.
        faults.strike(from_nth(2, "TransactWriteItems"), fault);
        let failed = failures(&app, batch(&records)).await;
        assert_eq!(failed, ["25", "26", "27", "28", "29"], "{case}");
        assert_eq!(counts(&database).await, [25, 25, 0, 0, 25], "{case}");

        succeed(&database.app, batch(&records)).await;
        assert_eq!(counts(&database).await, [30, 30, 0, 0, 30], "{case}");
    }
}
