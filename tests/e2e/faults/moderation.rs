//! Moderation holds whatever dies in the middle of it, and whoever comes in meanwhile.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::{Value, json};
use shared::App;
use shared::domain::{RoomId, SettingsChange, Timestamp, UserId};
use shared::event::{StreamEvent, WebSocketEvent};
use shared::management::ManagementApi;
use tests::faults::{ANY, Fault, Faults, every, first, nth};
use tokio::sync::Semaphore;

use super::database::{CONNECTIONS, Database, NOON, config, event};

/// The connections that were closed.
#[derive(Clone, Default)]
struct Doors(Arc<Mutex<Vec<String>>>);

impl Doors {
    /// A gateway on which everybody is connected.
    fn management(&self) -> ManagementApi {
        let doors = self.clone();
        let gateway = emulator::sdk::in_process(move |request| {
            if request.method() == http::Method::DELETE {
                doors.0.lock().unwrap().push(request.uri().path().rsplit('/').next().unwrap().to_owned());
            }
            std::future::ready(http::Response::new(Bytes::new()))
        });
        let at = config();
        let endpoint = Some("http://gateway.in-process/ws".to_owned());
        ManagementApi::new(&shared::config::Config { management_endpoint: endpoint, ..at }, gateway)
    }

    fn closed(&self) -> Vec<String> {
        let mut closed = self.0.lock().unwrap().clone();
        closed.sort();
        closed.dedup();
        closed
    }
}

fn app(database: &Database, doors: &Doors) -> (App, Faults) {
    let (app, faults) = database.app_with_faults();
    (App { management: doors.management(), ..app }, faults)
}

fn by_moderator(operation: &Value) -> WebSocketEvent {
    let mut event = event("moderate", "mia", "m", NOON, Some(&operation.to_string()));
    event.request_context.authorizer.as_mut().unwrap().role = Some("moderator".to_owned());
    event
}

async fn moderate(app: &App, operation: &Value) -> Value {
    let answer = moderate::handle(app, by_moderator(operation)).await.unwrap();
    serde_json::from_str(answer.body().unwrap()).unwrap()
}

async fn say(app: &App) -> Value {
    let frame = json!({"action": "sendMessage", "content": "hello"}).to_string();
    let answer = send_message::handle(app, event("sendMessage", "bob", "b1", NOON, Some(&frame))).await;
    serde_json::from_str(answer.unwrap().body().unwrap()).unwrap()
}

/// The stream's record of bob's connection.
fn came(connection: &str) -> StreamEvent {
    serde_json::from_value(json!({"Records": [{"dynamodb": {
        "ApproximateCreationDateTime": NOON / 1000, "SequenceNumber": "1",
        "NewImage": {
            "connectionId": {"S": connection}, "roomId": {"S": "global"}, "userId": {"S": "bob"},
            "username": {"S": "bob"}, "role": {"S": "viewer"}, "roomShard": {"S": "global#0"},
        },
    }}]}))
    .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_ban_that_died_anywhere_is_completed_by_asking_again() {
    let ban = json!({"action": "moderate", "op": "ban", "userId": "bob"});
    let requests = {
        let database = Database::new().await;
        let (app, faults) = app(&database, &Doors::default());
        assert_eq!(moderate(&app, &ban).await["type"], "ack");
        faults.count(&every(ANY))
    };
    assert!(requests >= 7, "own ban, role, ban, mute, log, member, connections twice: {requests}");
    for n in 1..=requests {
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            let (database, doors) = (Database::new().await, Doors::default());
            database.connect("global", "bob", "b1").await;
            let (dying, faults) = app(&database, &doors);
            faults.strike(nth(n, ANY), fault);
            assert_eq!(faults.until_killed(Box::pin(moderate(&dying, &ban))).await, None);

            let (app, _) = app(&database, &doors);
            assert_eq!(moderate(&app, &ban).await["type"], "ack");
            assert_eq!(doors.closed(), ["b1"], "killed at request {n}");
            assert_eq!(say(&app).await["code"], "muted");
            let connect = connect::handle(&app, event("$connect", "bob", "b2", NOON, None)).await.unwrap();
            assert_eq!(connect.status_code(), 403);
            let (room, now) = (RoomId::parse("global").unwrap(), Timestamp::from_millis(NOON).unwrap());
            let log = app.store.moderation_page(&room, None, 10, now).await.unwrap().entries;
            assert!((1..=2).contains(&log.len()), "{log:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_on_its_way_while_its_user_is_banned_is_closed() {
    let (database, doors) = (Database::new().await, Doors::default());
    let (slow, faults) = app(&database, &doors);
    let hold = Arc::new(Semaphore::new(0));
    faults.strike(first("PutItem").to(CONNECTIONS), Fault::Await(hold.clone()));
    let connecting = tokio::spawn(async move {
        let connect = event("$connect", "bob", "b1", NOON, None);
        connect::handle(&slow, connect).await.unwrap().status_code()
    });
    faults.answered(1).await;

    let (app, _) = app(&database, &doors);
    let ban = json!({"action": "moderate", "op": "ban", "userId": "bob"});
    assert_eq!(moderate(&app, &ban).await["type"], "ack");
    assert_eq!(doors.closed(), Vec::<String>::new(), "nobody knows of the connection yet");
    hold.add_permits(1);
    assert_eq!(connecting.await.unwrap(), 200, "there was no ban when it was looked for");

    assert_eq!(say(&app).await["code"], "muted");
    presence::handle(&app, came("b1")).await.unwrap();
    assert_eq!(doors.closed(), ["b1"]);
}

#[tokio::test(start_paused = true)]
async fn where_no_ban_can_be_looked_for_the_stream_comes_again() {
    let (database, doors) = (Database::new().await, Doors::default());
    database.connect("global", "bob", "b1").await;
    let (app, faults) = app(&database, &doors);
    let user = UserId::parse("bob").unwrap();
    faults.strike(every("BatchGetItem").with(&format!("user#global#{user}")), Fault::internal());
    let failures = serde_json::to_value(presence::handle(&app, came("b1")).await.unwrap()).unwrap();
    assert_eq!(failures["batchItemFailures"][0]["itemIdentifier"], "1");
}

#[tokio::test(start_paused = true)]
async fn slow_mode_holds_in_environments_that_have_not_heard_of_it() {
    let (database, doors) = (Database::new().await, Doors::default());
    let slow = json!({"action": "moderate", "op": "slowMode", "seconds": 60});
    assert_eq!(moderate(&app(&database, &doors).0, &slow).await["type"], "ack");
    // Each is new, and knows of no rules.
    assert_eq!(say(&app(&database, &doors).0).await["type"], "ack");
    assert_eq!(say(&app(&database, &doors).0).await["code"], "slow_mode");
}

#[tokio::test(start_paused = true)]
async fn nobody_repeats_themselves_in_environments_that_have_not_heard_that_they_may_not() {
    let rates = [&[][..], &[("RATE_LIMIT_PER_SEC", "0")]];
    for variables in rates {
        let (database, doors) = (Database::new().await, Doors::default());
        // Each is new, and knows of no rules.
        let environment = || App { management: doors.management(), ..database.app_with(variables) };
        let change = SettingsChange { refuse_repetition: Some(true), ..SettingsChange::default() };
        let room = RoomId::parse("global").unwrap();
        environment().store.room_settings_change(&room, &change).await.unwrap();
        assert_eq!(say(&environment()).await["type"], "ack");
        let again = say(&environment()).await;
        assert_eq!(again["code"], "invalid_message", "{variables:?}: {again}");
        assert!(again["retryAfterMs"].as_u64().is_some(), "{again}");
    }
}
