//! The database goes away and comes back while clients are connected.

use std::net::SocketAddr;

use emulator::dynamodb::{Engine, Port};
use http::StatusCode;
use local::{Environment, Hub, Options};
use serde_json::json;
use tests::{Stack, eventually};

/// A hub whose database is behind a port that can be closed.
struct World {
    stack: Stack,
    _hub: Hub,
    engine: Engine,
    address: SocketAddr,
    port: Option<Port>,
}

impl World {
    async fn new() -> Self {
        let engine = Engine::temporary().unwrap();
        let port = engine.open_port([127, 0, 0, 1].into(), 0).await.unwrap();
        let (address, url) = (port.address(), port.url());
        let environment = Environment::default().with("DYNAMODB_ENDPOINT", &url);
        let hub = Hub::start(Options::default(), environment).await.unwrap();
        Self { stack: Stack::at(hub.address()), _hub: hub, engine, address, port: Some(port) }
    }

    async fn storage_goes_down(&mut self) {
        self.port.take().unwrap().close().await;
    }

    async fn storage_comes_back(&mut self) {
        let port = self.engine.open_port(self.address.ip(), self.address.port()).await.unwrap();
        self.port = Some(port);
    }
}

#[tokio::test]
async fn without_storage_every_answer_says_so_and_nothing_internal() {
    let mut world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    alice.say("before").await;
    world.storage_goes_down().await;

    let (status, health) = world.stack.get("/health").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(health, json!({"status": "degraded", "storage": "unavailable"}));

    let (status, history) = world.stack.get("/api/rooms/global/messages").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(history, json!({"error": {"code": "unavailable", "message": "the database does not answer"}}));

    let refused = world.stack.try_connect("userId=bob").await.unwrap_err();
    assert_eq!(refused.status, StatusCode::BAD_GATEWAY, "{}", refused.body);
    for internal in [&*world.address.to_string(), "storage", "connection_put", "dispatch", "hubbub-"] {
        assert!(!refused.body.contains(internal), "{internal} is in {}", refused.body);
    }

    alice.send(&json!({"action": "sendMessage", "content": "meanwhile", "nonce": "n"})).await;
    let error = alice.expect_error("internal").await;
    assert_eq!(error["nonce"], "n");
    alice.send(&json!({"action": "ping"})).await;
    alice.expect("pong").await;
}

#[tokio::test]
async fn when_storage_comes_back_everything_goes_on_where_it_was() {
    let mut world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    let bob = world.stack.connect("bob").await;
    alice.say("before").await;
    world.storage_goes_down().await;
    let frame = json!({"action": "sendMessage", "content": "meanwhile", "nonce": "n"});
    alice.send(&frame).await;
    alice.expect_error("internal").await;
    // `$disconnect` fails, and the row stays until somebody meets it.
    bob.leave().await;
    world.storage_comes_back().await;

    alice.send(&frame).await;
    let ack = alice.expect("ack").await;
    assert_eq!((&ack["nonce"], &ack["sequence"]), (&json!("n"), &json!(2)), "{ack}");
    let contents = |history: Vec<serde_json::Value>| {
        history.iter().map(|message| message["content"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(contents(world.stack.history("global").await), ["before", "meanwhile"]);
    let mut carol = world.stack.connect("carol").await;
    carol.say("I am new").await;
    alice.expect_message("I am new").await;
    // Bob's row is too young to be removed by a delivery; alice's and carol's are counted.
    eventually("the counts go on", async || {
        let clients = world.stack.clients().await;
        (clients >= 2).then_some(()).ok_or(clients)
    })
    .await;
}
