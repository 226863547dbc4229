//! The sender's ack waits for deliveries for a second, whatever goes wrong with them, and what goes
//! wrong with one recipient or one page of them is not the others' trouble.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use shared::App;
use shared::management::ManagementApi;
use tests::faults::{Fault, every, from_nth};
use tokio::time::Instant;

use super::database::{CONNECTIONS, NOON, config, event};
use super::{Database, Mailbox};

/// Everybody who was there at noon has been for longer than `$connect` takes.
const LATER: i64 = NOON + 60_000;

async fn say(app: &App) -> (Value, Duration) {
    let start = Instant::now();
    let frame = json!({"action": "sendMessage", "content": "hello"}).to_string();
    let answer = send_message::handle(app, event("sendMessage", "alice", "a", LATER, Some(&frame))).await;
    (serde_json::from_str(answer.unwrap().body().unwrap()).unwrap(), start.elapsed())
}

fn is_ack_in_time((frame, took): (Value, Duration)) {
    assert_eq!(frame["type"], "ack", "{frame}");
    assert!(took <= Duration::from_millis(1100), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn recipients_that_cannot_be_read_in_time_do_not_hold_up_the_ack() {
    for fault in [Fault::NeverAnswer, Fault::internal(), Fault::Delay(Duration::from_millis(1500))] {
        let database = Database::new().await;
        database.connect("global", "bob", "b").await;
        let (mailbox, (app, faults)) = (Mailbox::default(), database.app_with_faults());
        let app = App { management: mailbox.management(), ..app };
        faults.strike(every("Query").to(CONNECTIONS), fault);
        is_ack_in_time(say(&app).await);
        assert_eq!(mailbox.of("a"), ["hello"], "the sender is known without reading");
    }
}

#[tokio::test(start_paused = true)]
async fn a_gone_connection_that_cannot_be_forgotten_does_not_hold_up_the_ack() {
    for fault in [Fault::NeverAnswer, Fault::internal()] {
        let database = Database::new().await;
        database.connect("global", "bob", "b").await;
        database.connect("global", "carol", "gone-c").await;
        let (mailbox, (app, faults)) = (Mailbox::default(), database.app_with_faults());
        let app = App { management: mailbox.management(), ..app };
        faults.strike(every("DeleteItem"), fault);
        is_ack_in_time(say(&app).await);
        assert_eq!(faults.count(&every("DeleteItem").with("gone-c")).min(1), 1);
        assert_eq!(mailbox.of("b"), ["hello"]);
    }
}

/// Connections whose ids begin with `silent` never get an answer.
fn over_the_sdk(delivered: &Arc<Mutex<Vec<String>>>) -> ManagementApi {
    let delivered = delivered.clone();
    let http_client = emulator::sdk::in_process(move |request| {
        let id = request.uri().path().rsplit('/').next().unwrap().to_owned();
        let delivered = delivered.clone();
        async move {
            if id.starts_with("silent") {
                std::future::pending::<()>().await;
            }
            delivered.lock().unwrap().push(id);
            http::Response::new(Bytes::new())
        }
    });
    ManagementApi::new(&config(), http_client)
}

#[tokio::test(start_paused = true)]
async fn one_silent_connection_on_each_page_does_not_keep_the_last_page_waiting() {
    let database = Database::new().await;
    for n in 0..2001 {
        let id = if n % 1000 == 0 && n < 2000 { format!("silent{n}") } else { format!("b{n}") };
        database.connect("global", &format!("bob{n:04}"), &id).await;
    }
    let (app, faults) = database.app_with_faults();
    let delivered = Arc::default();
    let app = App { management: over_the_sdk(&delivered), ..app };
    is_ack_in_time(say(&app).await);
    assert_eq!(faults.count(&every("Query").to(CONNECTIONS)), 3, "the room is larger than two pages");
    let delivered = delivered.lock().unwrap();
    assert_eq!(delivered.len(), 1 + 2001 - 2, "everybody else, and alice");
    assert!(delivered.contains(&"b2000".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_cannot_be_read_costs_only_its_own_the_live_frame() {
    let database = Database::new().await;
    for n in 0..1001 {
        database.connect("global", &format!("bob{n:04}"), &format!("b{n}")).await;
    }
    let (mailbox, (app, faults)) = (Mailbox::default(), database.app_with_faults());
    let app = App { management: mailbox.management(), ..app };
    faults.strike(from_nth(2, "Query"), Fault::internal());
    is_ack_in_time(say(&app).await);
    assert_eq!(mailbox.of("b999"), ["hello"]);
    assert_eq!(mailbox.of("b1000"), Vec::<String>::new());
    assert_eq!(database.history(0, LATER + 2000).await, [(1, "hello".to_owned())]);
}
