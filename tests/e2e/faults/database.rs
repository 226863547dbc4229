//! A database with Hubbub's tables, functions that work with it through faults, and people.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use emulator::Template;
use emulator::dynamodb::{Clients, Engine, create_tables};
use emulator::template::Options;
use serde_json::{Value, json};
use shared::App;
use shared::config::Config;
use shared::domain::{ConnectionId, Feed, Role, RoomId, Speaker, Timestamp, UserId, Username};
use shared::management::{DeliveryError, ManagementApi};
use shared::storage::{Connection, HistoryCursor};
use tests::faults::Faults;
use tests::meter::Meter;

pub(crate) const CONNECTIONS: &str = "hubbub-connections";
pub(crate) const MESSAGES: &str = "hubbub-messages";

/// 2026-11-24T08:31:00Z, in milliseconds
pub(crate) const NOON: i64 = 1_795_509_060_000;

/// The engine lives as long as the test that holds it.
pub(crate) struct Database {
    engine: Engine,
    /// Without faults.
    pub(crate) app: App,
}

impl Database {
    pub(crate) async fn new() -> Self {
        // On a runtime of its own, whose time is not paused: making tables waits for the engine.
        let made = tokio::task::spawn_blocking(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(make())
        });
        let engine = made.await.unwrap();
        let app = App::new(config(), Faults::over(engine.http_client()).http_client());
        Self { engine, app }
    }

    /// An execution environment of its own, and what can go wrong between it and the database.
    pub(crate) fn app_with_faults(&self) -> (App, Faults) {
        let faults = Faults::over(self.engine.http_client());
        (App::new(config(), faults.http_client()), faults)
    }

    /// One with environment variables, in which nothing goes wrong.
    pub(crate) fn app_with(&self, variables: &[(&str, &str)]) -> App {
        App::new(config_with(variables), Faults::over(self.engine.http_client()).http_client())
    }

    /// One as a new user has it, and what its requests cost.
    pub(crate) fn app_with_meter(&self) -> (App, Meter) {
        let meter = Meter::default();
        (App::new(config_with(&[]), meter.over(self.engine.http_client())), meter)
    }

    /// The engine, without faults and unmetered.
    pub(crate) fn http_client(&self) -> SharedHttpClient {
        self.engine.http_client()
    }

    /// Records a connection, as `connect` does.
    pub(crate) async fn connect(&self, room: &str, user: &str, connection: &str) {
        let row =
            Connection { speaker: speaker(room, user, connection), feed: Feed::Chat, connected_at: at(NOON) };
        self.app.store.connection_put(&row).await.unwrap();
    }

    /// Forgets it, as `disconnect` does.
    pub(crate) async fn disconnect(&self, connection: &str) {
        self.app.store.connection_delete(&ConnectionId::new(connection)).await.unwrap();
    }

    /// The keys of what the table `analytics` has in which this text is, in a key or anywhere else.
    pub(crate) async fn counted_with(&self, text: &str) -> Vec<String> {
        let client = Clients::of_engine(&self.engine).dynamodb;
        let items = client.scan().table_name("hubbub-analytics").send().await.unwrap().items.unwrap();
        let has = |bytes: &[u8]| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        let mut found = Vec::new();
        for item in items {
            let values = || item.values();
            let in_text = values().filter_map(|value| value.as_s().ok()).any(|value| has(value.as_bytes()));
            let in_bytes = values().filter_map(|value| value.as_b().ok()).any(|value| has(value.as_ref()));
            if in_text || in_bytes {
                let key = |name: &str| item[name].as_s().unwrap().clone();
                found.push(format!("{} {}", key("scope"), key("bucket")));
            }
        }
        found.sort();
        found
    }

    /// Sequence and content of what history has of the room `global` after a sequence.
    pub(crate) async fn history(&self, after: u64, now: i64) -> Vec<(u64, String)> {
        let global = RoomId::parse("global").unwrap();
        let page = self.app.store.message_page(&global, HistoryCursor::After(after), 100, at(now)).await;
        let entry =
            |message: shared::domain::Message| (message.sequence.get(), message.content.as_str().to_owned());
        page.unwrap().messages.into_iter().map(entry).collect()
    }
}

async fn make() -> Engine {
    let options = Options { stack_name: "hubbub".to_owned(), ..Options::default() };
    let template = Template::read(include_str!("../../../template.yaml"), &options).unwrap();
    let engine = Engine::temporary().unwrap();
    let clients = Clients::of_engine(&engine);
    create_tables(&clients.dynamodb, template.tables.values()).await.unwrap();
    engine
}

/// What was delivered: connection and frame.
#[derive(Clone, Default)]
pub(crate) struct Mailbox(Arc<Mutex<Vec<(String, Value)>>>);

impl Mailbox {
    /// A management API that delivers everything to here. Connections whose ids begin with `gone` or
    /// `busy` are that.
    pub(crate) fn management(&self) -> ManagementApi {
        let Self(delivered) = self.clone();
        let callback_url = Some("https://w5l0c4lap1.execute-api.eu-central-1.amazonaws.com/ws".to_owned());
        let config = Config { callback_url, ..config() };
        let nowhere = emulator::sdk::in_process(|_| async { http::Response::new(bytes::Bytes::new()) });
        ManagementApi::new(&config, nowhere).posting_by(Arc::new(move |ids, frame| {
            let frames = std::str::from_utf8(frame).unwrap().lines();
            let frames: Vec<Value> = frames.map(|line| serde_json::from_str(line).unwrap()).collect();
            let mut delivered = delivered.lock().unwrap();
            let mut post = |id: &str| match id {
                id if id.starts_with("gone") => Err(DeliveryError::Gone),
                id if id.starts_with("busy") => Err(DeliveryError::Throttled),
                id => {
                    delivered.extend(frames.iter().map(|frame| (id.to_owned(), frame.clone())));
                    Ok(())
                }
            };
            ids.iter().map(|id| post(id.as_str())).collect()
        }))
    }

    /// The notices that a connection got: type, user and number of members.
    pub(crate) fn notices(&self, connection: &str) -> Vec<(String, String, u64)> {
        let delivered = self.0.lock().unwrap();
        let to = delivered.iter().filter(|(id, _)| id == connection).map(|(_, frame)| frame);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        to.map(|frame| (text(&frame["type"]), text(&frame["userId"]), frame["members"].as_u64().unwrap()))
            .collect()
    }

    /// The contents that a connection got.
    pub(crate) fn of(&self, connection: &str) -> Vec<String> {
        let delivered = self.0.lock().unwrap();
        let to = delivered.iter().filter(|(id, _)| id == connection);
        to.map(|(_, frame)| frame["content"].as_str().unwrap().to_owned()).collect()
    }
}

/// No limits, and the rest as a new user has it.
pub(crate) fn config() -> Config {
    config_with(&[("RATE_LIMIT_PER_SEC", "0")])
}

/// As a new user has it, and these variables.
pub(crate) fn config_with(variables: &[(&str, &str)]) -> Config {
    Config::read(|name| {
        let value = match name {
            "DYNAMODB_ENDPOINT" => "http://dynamodb.in-process",
            "CONNECTIONS_TABLE" => CONNECTIONS,
            "ROOMS_TABLE" => "hubbub-rooms",
            "MESSAGES_TABLE" => MESSAGES,
            "ANALYTICS_TABLE" => "hubbub-analytics",
            name => variables.iter().find(|(known, _)| *known == name)?.1,
        };
        Some(value.to_owned())
    })
    .unwrap()
}

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap()
}

pub(crate) fn speaker(room: &str, user: &str, connection: &str) -> Speaker {
    Speaker {
        connection_id: ConnectionId::new(connection),
        room_id: RoomId::parse(room).unwrap(),
        user_id: UserId::parse(user).unwrap(),
        username: Username::parse(user).unwrap(),
        role: Role::Viewer,
    }
}

/// A message of `global` as the stream has it, so long after noon; deleted without its content.
pub(crate) fn image(sequence: u64, user: &str, millis: i64, content: Option<&str>) -> Value {
    let mut image = json!({
        "roomId": {"S": "global"}, "sequence": {"N": sequence.to_string()}, "userId": {"S": user},
        "timestamp": {"N": (NOON + millis).to_string()},
    });
    if let Some(content) = content {
        image["content"] = json!({"S": content});
    }
    image
}

/// An event of a route as the gateway hands it over, from a user's connection in `global`.
pub(crate) fn event(
    route: &str,
    user: &str,
    connection: &str,
    millis: i64,
    body: Option<&str>,
) -> shared::event::WebSocketEvent {
    let authorizer =
        json!({"userId": user, "username": user, "role": "viewer", "room": "global", "feed": "chat"});
    serde_json::from_value(json!({
        "requestContext": {
            "routeKey": route, "connectionId": connection, "requestTimeEpoch": millis,
            "domainName": "w5l0c4lap1.execute-api.eu-central-1.amazonaws.com", "stage": "ws",
            "requestId": "U9C7TlKiuiAF5jI=", "authorizer": authorizer,
        },
        "body": body,
    }))
    .unwrap()
}
