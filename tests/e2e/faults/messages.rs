//! Whatever happens between `send-message` and the database, a message is stored once or not at all,
//! nobody hears of one that is not stored, and the sender is told which it is.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use shared::App;
use tests::faults::{Fault, Faults, every, first, nth};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::database::{MESSAGES, NOON, event};
use super::{Database, Mailbox};

/// Sooner than this, an attempt that died is completed in its place; milliseconds.
const DEADLINE: i64 = 1500;

struct Room {
    database: Database,
    app: App,
    faults: Faults,
    mailbox: Mailbox,
}

/// Alice and bob are in it.
async fn room() -> Room {
    let database = Database::new().await;
    database.connect("global", "alice", "a").await;
    database.connect("global", "bob", "b").await;
    let mailbox = Mailbox::default();
    let (app, faults) = database.app_with_faults();
    Room { database, app: App { management: mailbox.management(), ..app }, faults, mailbox }
}

impl Room {
    /// Alice says something at a time; the frame she is answered with.
    async fn say(&self, content: &str, nonce: Option<&str>, millis: i64) -> Value {
        let mut frame = json!({"action": "sendMessage", "content": content});
        if let Some(nonce) = nonce {
            frame["nonce"] = nonce.into();
        }
        let event = event("sendMessage", "alice", "a", millis, Some(&frame.to_string()));
        let answer = send_message::handle(&self.app, event).await.expect("every frame is answered");
        assert_eq!(answer.status_code(), 200);
        serde_json::from_str(answer.body().expect("a frame")).unwrap()
    }

    /// The same, until the process is killed.
    async fn say_and_die(&self, content: &str, nonce: &str, millis: i64) {
        let said = self.faults.until_killed(Box::pin(self.say(content, Some(nonce), millis))).await;
        assert_eq!(said, None, "it was to be killed first");
    }

    /// An execution environment that has no trouble.
    fn anew(self) -> Self {
        let (app, faults) = self.database.app_with_faults();
        Self { app: App { management: self.mailbox.management(), ..app }, faults, ..self }
    }

    async fn history(&self) -> Vec<(u64, String)> {
        self.database.history(0, NOON + 120_000).await
    }
}

fn is_internal(frame: &Value, nonce: &str) {
    assert_eq!((&frame["type"], &frame["code"]), (&json!("error"), &json!("internal")), "{frame}");
    assert_eq!(frame["nonce"], nonce);
    let said = frame.to_string();
    for internal in ["injected", "dynamo", "hubbub-", "PutItem", "message_put", "nonce_", "sequence"] {
        assert!(!said.to_lowercase().contains(internal), "{internal} is in {said}");
    }
}

fn one(number: u64, content: &str) -> Vec<(u64, String)> {
    vec![(number, content.to_owned())]
}

#[tokio::test(start_paused = true)]
async fn a_room_whose_sequence_is_throttled_is_busy() {
    let room = room().await;
    room.faults.strike(every("UpdateItem").with("ADD #sequence"), Fault::throttled());
    let refused = room.say("hello", Some("n"), NOON).await;
    assert_eq!((&refused["type"], &refused["code"]), (&json!("error"), &json!("room_busy")), "{refused}");
    assert_eq!(refused["nonce"], "n");
    assert!(refused["retryAfterMs"].as_u64().unwrap() > 0, "{refused}");
    assert_eq!(room.history().await, []);
    assert_eq!(room.mailbox.of("b"), Vec::<String>::new());

    room.faults.heal();
    assert_eq!(room.say("hello", Some("n"), NOON + 1000).await["sequence"], 1, "no number was used up");
}

#[tokio::test(start_paused = true)]
async fn a_short_throttling_is_not_noticed() {
    let room = room().await;
    room.faults.strike(first("UpdateItem"), Fault::throttled());
    assert_eq!(room.say("hello", None, NOON).await["sequence"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_put_whose_reply_is_lost_is_stored_and_acknowledged_once() {
    for nonce in [None, Some("n")] {
        let room = room().await;
        room.faults.strike(first("PutItem").to(MESSAGES), Fault::LoseReply);
        let ack = room.say("hello", nonce, NOON).await;
        assert_eq!((&ack["type"], &ack["sequence"]), (&json!("ack"), &json!(1)), "{ack}");
        assert_eq!(room.faults.count(&every("PutItem").to(MESSAGES)), 2, "the SDK tried again");
        assert_eq!(room.history().await, one(1, "hello"));
        assert_eq!(room.mailbox.of("b"), ["hello"]);
        assert_eq!(room.mailbox.of("a"), ["hello"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_nonces_row_whose_reply_is_lost_is_still_ones_own() {
    let room = room().await;
    room.faults.strike(first("PutItem").with("nonce#n"), Fault::LoseReply);
    let ack = room.say("hello", Some("n"), NOON).await;
    assert_eq!((&ack["type"], &ack["sequence"]), (&json!("ack"), &json!(1)), "{ack}");
    assert_eq!(room.history().await, one(1, "hello"));
    assert_eq!(room.mailbox.of("b"), ["hello"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_cannot_be_stored_is_nobodys_and_can_be_sent_again() {
    for later in [500, DEADLINE + 1, 60_000] {
        let room = room().await;
        room.faults.strike(every("PutItem").to(MESSAGES), Fault::internal());
        is_internal(&room.say("hello", Some("n"), NOON).await, "n");
        assert_eq!(room.history().await, []);
        assert_eq!(room.mailbox.of("a"), Vec::<String>::new());
        assert_eq!(room.mailbox.of("b"), Vec::<String>::new());

        room.faults.heal();
        let ack = room.say("hello", Some("n"), NOON + later).await;
        assert_eq!(ack["type"], "ack", "{ack}");
        let again = room.say("hello", Some("n"), NOON + later + 100).await;
        assert_eq!(again["messageId"], ack["messageId"]);
        let expected = if later < DEADLINE { 1 } else { 2 };
        assert_eq!(room.history().await, one(expected, "hello"), "sent again {later} ms later");
        assert!(room.mailbox.of("b").iter().all(|content| content == "hello"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_stored_though_no_reply_came_is_acknowledged_the_next_time() {
    let room = room().await;
    room.faults.strike(every("PutItem").to(MESSAGES), Fault::LoseReply);
    // The third attempt's reply is lost too, so nobody knows.
    is_internal(&room.say("hello", Some("n"), NOON).await, "n");
    assert_eq!(room.history().await, one(1, "hello"));

    room.faults.heal();
    let ack = room.say("hello", Some("n"), NOON + 60_000).await;
    assert_eq!((&ack["type"], &ack["sequence"]), (&json!("ack"), &json!(1)), "{ack}");
    assert_eq!(room.history().await, one(1, "hello"));
    assert_eq!(room.mailbox.of("b"), ["hello"], "nobody got it the first time");
}

#[tokio::test(start_paused = true)]
async fn a_put_that_never_answers_is_internal_within_its_deadline() {
    let room = room().await;
    room.faults.strike(every("PutItem").to(MESSAGES), Fault::NeverAnswer);
    let start = Instant::now();
    is_internal(&room.say("hello", Some("n"), NOON).await, "n");
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(1400) && took <= Duration::from_millis(1600), "{took:?}");
    assert_eq!(room.mailbox.of("b"), Vec::<String>::new());

    // A repetition within the deadline has only the rest of it.
    let start = Instant::now();
    is_internal(&room.say("hello", Some("n"), NOON + 1000).await, "n");
    assert!(start.elapsed() <= Duration::from_millis(600), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_slow_put_within_the_deadline_is_an_ack() {
    let room = room().await;
    room.faults.strike(first("PutItem").to(MESSAGES), Fault::Delay(Duration::from_millis(1400)));
    assert_eq!(room.say("hello", None, NOON).await["type"], "ack");
    assert_eq!(room.history().await, one(1, "hello"));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_begins_before_the_sequence_is_taken() {
    let slow = |millis| Fault::Delay(Duration::from_millis(millis));
    for (sequence, put) in [(Fault::NeverAnswer, slow(0)), (slow(800), slow(800))] {
        let room = room().await;
        room.faults.strike(every("UpdateItem").with("ADD #sequence"), sequence);
        room.faults.strike(every("PutItem").to(MESSAGES), put);
        let start = Instant::now();
        is_internal(&room.say("hello", Some("n"), NOON).await, "n");
        assert!(start.elapsed() <= Duration::from_millis(1600), "{:?}", start.elapsed());
    }
}

/// An attempt that seems dead may only be slow. Whichever of the two comes first to the place that the
/// nonce stood for, there is one message.
#[tokio::test(start_paused = true)]
async fn a_put_that_arrives_after_a_repetition_took_another_place_is_refused() {
    let room = room().await;
    let arrives = Arc::new(Semaphore::new(0));
    let put = every("PutItem").to(MESSAGES).with(r#""sequence":{"N":"1"}"#).with("hello");
    room.faults.strike(put.clone(), Fault::Await(Arc::clone(&arrives)));
    let slow = room.say("hello", Some("n"), NOON);
    let repeated = async {
        let is_on_its_way = || room.faults.count(&put) > 0;
        tests::eventually("a put on its way", async || is_on_its_way().then_some(()).ok_or("none")).await;
        let ack = room.say("hello", Some("n"), NOON + DEADLINE + 500).await;
        arrives.add_permits(Semaphore::MAX_PERMITS);
        ack
    };
    let (slow, repeated) = tokio::join!(slow, repeated);

    assert_eq!((&repeated["type"], &repeated["sequence"]), (&json!("ack"), &json!(2)), "{repeated}");
    is_internal(&slow, "n");
    assert_eq!(room.history().await, one(2, "hello"));
    assert_eq!(room.mailbox.of("b"), ["hello"]);
    let again = room.say("hello", Some("n"), NOON + 5000).await;
    assert_eq!(again["messageId"], repeated["messageId"]);
    let next = room.say("next", None, NOON + 5100).await;
    assert_eq!(next["sequence"], 3);
    assert_eq!(room.database.history(0, NOON + 5200).await.len(), 2, "a sealed place is no hole");
}

/// A reader whose cursor passes a hole never looks there again. So a message behind a hole must not
/// look older than the moment it took its place, however long it took to get there.
#[tokio::test(start_paused = true)]
async fn a_message_that_was_long_on_its_way_does_not_make_a_young_hole_old() {
    let room = room().await;
    room.faults.strike(first("PutItem").to(MESSAGES), Fault::KillBefore);
    room.say_and_die("first", "1", NOON + 2850).await;
    let room = room.anew();
    room.faults.strike(first("GetItem").with("nonce#2"), Fault::Delay(Duration::from_millis(2900)));
    assert_eq!(room.say("second", Some("2"), NOON).await["sequence"], 2);
    assert_eq!(room.database.history(0, NOON + 3000).await, [], "1 is on its way");

    assert_eq!(room.say("first", Some("1"), NOON + 3100).await["sequence"], 1);
    let both = vec![(1, "first".to_owned()), (2, "second".to_owned())];
    assert_eq!(room.database.history(0, NOON + 3200).await, both);
}

#[tokio::test(start_paused = true)]
async fn a_repetition_that_was_long_on_its_way_does_not_fill_a_hole_that_was_passed() {
    let room = room().await;
    room.faults.strike(first("PutItem").to(MESSAGES), Fault::KillBefore);
    room.say_and_die("first", "1", NOON).await;
    let room = room.anew();
    room.say("second", Some("2"), NOON + 100).await;
    assert_eq!(room.database.history(0, NOON + 2100).await, [(2, "second".to_owned())]);

    room.faults.strike(first("GetItem").with("nonce#1"), Fault::Delay(Duration::from_millis(2000)));
    assert_eq!(room.say("first", Some("1"), NOON + 1000).await["sequence"], 3);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_never_answers_is_internal_before_the_function_times_out() {
    let room = room().await;
    room.faults.strike(every(tests::faults::ANY), Fault::NeverAnswer);
    let start = Instant::now();
    is_internal(&room.say("hello", Some("n"), NOON).await, "n");
    assert!(start.elapsed() < Duration::from_secs(10), "template.yaml gives it ten: {:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_to_the_sequence_leaves_a_hole_that_is_passed_after_two_seconds() {
    let room = room().await;
    room.faults.strike(first("UpdateItem").with("ADD #sequence"), Fault::LoseReply);
    let ack = room.say("hello", None, NOON).await;
    assert_eq!((&ack["type"], &ack["sequence"]), (&json!("ack"), &json!(2)), "{ack}");
    // It took its place after the SDK had tried again.
    room.say("next", None, NOON + 100).await;
    let both = vec![(2, "hello".to_owned()), (3, "next".to_owned())];
    assert_eq!(room.database.history(0, NOON + 1999).await, [], "1 may still be on its way");
    assert_eq!(room.database.history(0, NOON + 2100).await, both);
    assert_eq!(room.database.history(1, NOON + 1999).await, both, "there is no hole after 1");
}

#[tokio::test(start_paused = true)]
async fn a_process_that_died_before_the_message_is_completed_in_its_place_for_a_while() {
    for (later, place) in [(0, 1), (DEADLINE - 1, 1), (DEADLINE + 1, 2), (60_000, 2)] {
        let room = room().await;
        room.faults.strike(first("PutItem").to(MESSAGES), Fault::KillBefore);
        room.say_and_die("hello", "n", NOON).await;

        let room = room.anew();
        let ack = room.say("hello", Some("n"), NOON + later).await;
        assert_eq!((&ack["type"], &ack["sequence"]), (&json!("ack"), &json!(place)), "after {later} ms");
        assert_eq!(room.history().await, one(place, "hello"));
        assert_eq!(room.mailbox.of("b"), ["hello"]);
        assert_eq!(room.say("hello", Some("n"), NOON + later + 5000).await["messageId"], ack["messageId"]);
        assert_eq!(room.history().await, one(place, "hello"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_died_anywhere_leaves_a_message_that_can_be_sent_again() {
    for after in [false, true] {
        let requests = {
            let room = room().await;
            room.say("hello", Some("n"), NOON).await;
            room.faults.count(&every(tests::faults::ANY))
        };
        assert!(requests >= 5, "nonce, sequence, nonce, message, recipients: {requests}");
        for n in 1..=requests {
            for later in [100, 60_000] {
                let room = room().await;
                let fault = if after { Fault::KillAfter } else { Fault::KillBefore };
                room.faults.strike(nth(n, tests::faults::ANY), fault);
                room.say_and_die("hello", "n", NOON).await;

                let room = room.anew();
                let ack = room.say("hello", Some("n"), NOON + later).await;
                assert_eq!(ack["type"], "ack", "{ack}");
                let place = ack["sequence"].as_u64().unwrap();
                assert!(place <= 2, "{ack}");
                let case = format!("killed at request {n}, {after}, and sent again {later} ms later");
                assert_eq!(room.history().await, one(place, "hello"), "{case}");
                assert!(!room.mailbox.of("b").is_empty(), "bob hears of it: {case}");
            }
        }
    }
}
