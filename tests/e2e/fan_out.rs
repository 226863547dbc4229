//! Delivery through the AWS SDK and real HTTP, to an `@connections` API that answers as it likes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use shared::App;
use shared::config::Config;
use shared::domain::ConnectionId;
use shared::management::ManagementApi;
use tests::connections_api::{Answer, ConnectionsApi};
use tokio::time::Instant;

use crate::faults::{Database, NOON, config, event};

/// Of API Gateway's form.
const ALICE: &str = "U9C613rYGiACEwM=";
const BOB: &str = "U9C62cg0GiACGHg=";
const CAROL: &str = "U9C6_9-S3iACi5w=";

struct Room {
    database: Database,
    gateway: ConnectionsApi,
    app: App,
}

/// Alice, bob and carol, who came at noon.
async fn room() -> Room {
    let database = Database::new().await;
    for (user, connection) in [("alice", ALICE), ("bob", BOB), ("carol", CAROL)] {
        database.connect("global", user, connection).await;
    }
    let gateway = ConnectionsApi::start().await;
    let config = Config { management_endpoint: Some(gateway.endpoint()), ..config() };
    let http_client = aws_smithy_http_client::Builder::new().build_http();
    let management = ManagementApi::new(&config, http_client);
    let app = App { management, ..database.app.clone() };
    Room { database, gateway, app }
}

impl Room {
    /// Alice says hello this long after noon; how long she waits for her ack.
    async fn say_after(&self, millis: i64) -> Duration {
        let start = Instant::now();
        let frame = json!({"action": "sendMessage", "content": "hello", "nonce": "n"}).to_string();
        let event = event("sendMessage", "alice", ALICE, NOON + millis, Some(&frame));
        let answer = send_message::handle(&self.app, event).await.unwrap();
        let ack: Value = serde_json::from_str(answer.body().unwrap()).unwrap();
        assert_eq!((&ack["type"], &ack["sequence"]), (&json!("ack"), &json!(1)), "{ack}");
        start.elapsed()
    }

    async fn has_row(&self, id: &str) -> bool {
        let ids = [ConnectionId::new(id)];
        self.database.app.store.connections_present(&ids).await.unwrap() == [true]
    }

    fn got_it(&self, id: &str) {
        let frames = self.gateway.delivered(id);
        let frames: Vec<Value> = frames.iter().map(|frame| serde_json::from_str(frame).unwrap()).collect();
        assert_eq!(frames.len(), 1, "{frames:?}");
        assert_eq!((&frames[0]["type"], &frames[0]["content"]), (&json!("chat"), &json!("hello")));
        assert_eq!(frames[0].get("nonce").is_some(), id == ALICE, "only the sender's copy has the nonce");
    }
}

#[tokio::test]
async fn everybody_is_posted_to_once() {
    let room = room().await;
    room.say_after(60_000).await;
    for id in [ALICE, BOB, CAROL] {
        room.got_it(id);
        let posts = room.gateway.posts(id);
        assert_eq!(posts.len(), 1);
        assert_eq!(posts[0].path, format!("/ws/@connections/{}", id.replace('=', "%3D")));
    }
}

#[tokio::test]
async fn gone_is_gone_with_its_name_and_without() {
    for gone in [Answer::GONE, Answer::BARE_GONE] {
        // A row of 30 s may belong to a client that has not got its 101 yet.
        for (age, stays) in [(31_000, false), (30_000, true), (1_000, true)] {
            let room = room().await;
            room.gateway.script(CAROL, &[gone]);
            room.say_after(age).await;
            room.got_it(BOB);
            assert_eq!(room.gateway.posts(CAROL).len(), 1, "gone is final");
            assert_eq!(room.has_row(CAROL).await, stays, "{gone:?} after {age} ms");
            assert!(room.has_row(BOB).await);
        }
    }
}

#[tokio::test]
async fn a_sender_who_is_gone_keeps_its_row() {
    for gone in [Answer::GONE, Answer::BARE_GONE] {
        let room = room().await;
        room.gateway.script(ALICE, &[gone]);
        room.say_after(60_000).await;
        room.got_it(BOB);
        assert!(room.has_row(ALICE).await);
    }
}

#[tokio::test]
async fn who_is_throttled_for_a_moment_still_gets_it() {
    let room = room().await;
    room.gateway.script(CAROL, &[Answer::THROTTLED, Answer::THROTTLED, Answer::OK]);
    let took = room.say_after(60_000).await;
    assert!(took < Duration::from_secs(1), "{took:?}");
    for id in [ALICE, BOB, CAROL] {
        room.got_it(id);
    }
    assert_eq!((room.gateway.posts(CAROL).len(), room.gateway.posts(BOB).len()), (3, 1));
}

#[tokio::test]
async fn a_bad_recipient_costs_nobody_else_the_message() {
    for bad in [Answer::THROTTLED, Answer::INTERNAL, Answer::GARBAGE, Answer::Reset, Answer::Silence] {
        let room = room().await;
        room.gateway.script(CAROL, &[bad]);
        let took = room.say_after(60_000).await;
        assert!(took < Duration::from_millis(1500), "{bad:?}: {took:?}");
        room.got_it(ALICE);
        room.got_it(BOB);
        assert_eq!(room.gateway.delivered(CAROL), Vec::<String>::new());
        assert!(room.has_row(CAROL).await, "{bad:?} is not gone");
    }
}

#[tokio::test]
async fn who_does_not_answer_takes_no_retry_from_who_is_throttled() {
    let room = room().await;
    room.gateway.script(BOB, &[Answer::Silence]);
    room.gateway.script(CAROL, &[Answer::THROTTLED, Answer::OK]);
    room.say_after(60_000).await;
    room.got_it(CAROL);
}

#[tokio::test]
async fn without_an_endpoint_the_event_says_where_to_post() {
    let database = Database::new().await;
    database.connect("global", "alice", ALICE).await;
    let requests = Arc::new(Mutex::new(Vec::new()));
    let log = requests.clone();
    let http_client = emulator::sdk::in_process(move |request| {
        log.lock().unwrap().push(request);
        async { http::Response::new(Bytes::new()) }
    });
    let app = App { management: ManagementApi::new(&config(), http_client), ..database.app.clone() };
    let frame = json!({"action": "sendMessage", "content": "hello"}).to_string();
    for _ in 0..2 {
        let event = event("sendMessage", "alice", ALICE, NOON, Some(&frame));
        send_message::handle(&app, event).await.unwrap();
    }

    let requests = requests.lock().unwrap();
    assert_eq!(requests.len(), 2);
    for request in &*requests {
        assert_eq!(request.method(), "POST");
        assert_eq!(
            request.uri().to_string(),
            "https://w5l0c4lap1.execute-api.eu-central-1.amazonaws.com/ws/@connections/U9C613rYGiACEwM%3D"
        );
        let signature = request.headers()["authorization"].to_str().unwrap();
        assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=local/"), "{signature}");
        assert!(signature.contains("/us-east-1/execute-api/aws4_request, SignedHeaders="), "{signature}");
        assert!(signature.contains(", Signature="), "{signature}");
        let chat: Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(chat["content"], "hello");
    }
}
