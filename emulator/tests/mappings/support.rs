//! A database with a table that has a stream, and functions that write down what they were given.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_sdk_dynamodb::types::AttributeValue;
use emulator::Function;
use emulator::dynamodb::{Clients, Engine, create_tables};
use emulator::streams::{Checkpoints, Mapping, Mappings};
use emulator::template::{KeySchema, StartingPosition, StreamEvent, Table};
use serde_json::{Value, json};

pub(super) const TABLE: &str = "messages-table";
pub(super) const SOON: Duration = Duration::from_secs(20);

pub(super) fn table() -> Table {
    Table {
        name: TABLE.to_owned(),
        attributes: vec![("room".to_owned(), "S".to_owned()), ("n".to_owned(), "N".to_owned())],
        key: KeySchema { partition: "room".to_owned(), sort: Some("n".to_owned()) },
        global_indexes: Vec::new(),
        ttl_attribute: Some("expiresAt".to_owned()),
        stream_view_type: Some("NEW_AND_OLD_IMAGES".to_owned()),
    }
}

pub(super) fn settings() -> StreamEvent {
    StreamEvent {
        table: "MessagesTable".to_owned(),
        starting_position: StartingPosition::TrimHorizon,
        batch_size: 10,
        batching_window: Duration::ZERO,
        parallelization_factor: 2,
        maximum_retry_attempts: Some(3),
        maximum_record_age: None,
        bisect_on_function_error: true,
        report_batch_item_failures: true,
        filters: Vec::new(),
        on_failure: None,
        tumbling_window: None,
    }
}

pub(super) fn mapping(settings: StreamEvent, function: Function) -> Mapping {
    let mapping = Mapping::new("Function/Messages", settings, TABLE, function, Duration::from_secs(5));
    Mapping { first_backoff: Duration::from_millis(1), ..mapping }
}

/// An engine with the table in it.
pub(super) async fn database() -> (Engine, Clients) {
    let engine = Engine::temporary().unwrap();
    let clients = Clients::of_engine(&engine);
    create_tables(&clients.dynamodb, [&table()]).await.unwrap();
    (engine, clients)
}

pub(super) async fn start(engine: &Engine, clients: &Clients, mapping: Mapping) -> Mappings {
    start_from(engine, clients, mapping, Checkpoints::in_memory()).await
}

pub(super) async fn start_from(
    engine: &Engine,
    clients: &Clients,
    mapping: Mapping,
    from: Checkpoints,
) -> Mappings {
    Mappings::start(clients, vec![mapping], from, Some(engine.written())).await.unwrap()
}

pub(super) async fn put(clients: &Clients, room: &str, n: usize) {
    put_text(clients, room, n, "hello").await;
}

pub(super) async fn put_text(clients: &Clients, room: &str, n: usize, text: &str) {
    let put = clients.dynamodb.put_item().table_name(TABLE);
    let put =
        put.item("room", AttributeValue::S(room.to_owned())).item("n", AttributeValue::N(n.to_string()));
    put.item("text", AttributeValue::S(text.to_owned())).send().await.unwrap();
}

pub(super) async fn drained(mappings: &Mappings) {
    tokio::time::timeout(SOON, mappings.drained()).await.expect("the stream is not drained");
}

/// What a function was given.
#[derive(Clone, Default)]
pub(super) struct Log(pub(super) Arc<Mutex<Vec<(String, usize, String)>>>);

impl Log {
    /// A function that writes to this log and then answers by `answer`.
    pub(super) fn function(
        &self,
        answer: impl Fn(&Event) -> Result<Value, String> + Send + Sync + 'static,
    ) -> Function {
        let log = self.clone();
        let answer = Arc::new(answer);
        Function::in_process(move |event: Event| {
            let answer = answer(&event);
            log.0.lock().unwrap().extend(event.records.iter().map(read));
            async move { answer }
        })
    }

    pub(super) fn all(&self) -> Vec<(String, usize, String)> {
        self.0.lock().unwrap().clone()
    }

    pub(super) fn numbers(&self, room: &str) -> Vec<usize> {
        self.all().into_iter().filter(|(of, ..)| of == room).map(|(_, n, _)| n).collect()
    }
}

pub(super) fn ok(_event: &Event) -> Result<Value, String> {
    Ok(json!({ "batchItemFailures": [] }))
}

pub(super) fn read(record: &EventRecord) -> (String, usize, String) {
    let keys = serde_json::to_value(&record.change.keys).unwrap();
    let room = keys["room"]["S"].as_str().or(keys["room"].as_str()).unwrap().to_owned();
    let n = keys["n"]["N"].as_str().or(keys["n"].as_str()).map(|n| n.parse().unwrap());
    let n = n.or(keys["n"].as_u64().map(|n| usize::try_from(n).unwrap())).unwrap();
    (room, n, record.event_name.clone())
}
