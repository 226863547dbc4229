//! Event source mappings on the streams of the real embedded engine, through real SDK clients.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_sdk_dynamodb::types::AttributeValue;
use emulator::dynamodb::{Clients, Engine, create_tables};
use emulator::streams::{Chaos, Checkpoints, Mapping, MappingError, Mappings};
use emulator::template::{KeySchema, StartingPosition, StreamEvent, Table};
use emulator::{Function, FunctionError};
use serde_json::{Value, json};

const TABLE: &str = "messages-table";
const SOON: Duration = Duration::from_secs(20);

fn table() -> Table {
    Table {
        name: TABLE.to_owned(),
        attributes: vec![("room".to_owned(), "S".to_owned()), ("n".to_owned(), "N".to_owned())],
        key: KeySchema { partition: "room".to_owned(), sort: Some("n".to_owned()) },
        global_indexes: Vec::new(),
        ttl_attribute: Some("expiresAt".to_owned()),
        stream_view_type: Some("NEW_AND_OLD_IMAGES".to_owned()),
    }
}

fn settings() -> StreamEvent {
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
    }
}

fn mapping(settings: StreamEvent, function: Function) -> Mapping {
    let mapping = Mapping::new("Function/Messages", settings, TABLE, function, Duration::from_secs(5));
    Mapping { first_backoff: Duration::from_millis(1), ..mapping }
}

/// An engine with the table in it.
async fn database() -> (Engine, Clients) {
    let engine = Engine::temporary().unwrap();
    let clients = Clients::of_engine(&engine);
    create_tables(&clients.dynamodb, [&table()]).await.unwrap();
    (engine, clients)
}

async fn start(engine: &Engine, clients: &Clients, mapping: Mapping) -> Mappings {
    start_from(engine, clients, mapping, Checkpoints::in_memory()).await
}

async fn start_from(engine: &Engine, clients: &Clients, mapping: Mapping, from: Checkpoints) -> Mappings {
    Mappings::start(clients, vec![mapping], from, Some(engine.written())).await.unwrap()
}

async fn put(clients: &Clients, room: &str, n: usize) {
    put_text(clients, room, n, "hello").await;
}

async fn put_text(clients: &Clients, room: &str, n: usize, text: &str) {
    let put = clients.dynamodb.put_item().table_name(TABLE);
    let put =
        put.item("room", AttributeValue::S(room.to_owned())).item("n", AttributeValue::N(n.to_string()));
    put.item("text", AttributeValue::S(text.to_owned())).send().await.unwrap();
}

async fn drained(mappings: &Mappings) {
    tokio::time::timeout(SOON, mappings.drained()).await.expect("the stream is not drained");
}

/// What a function was given.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(String, usize, String)>>>);

impl Log {
    /// A function that writes to this log and then answers by `answer`.
    fn function(&self, answer: impl Fn(&Event) -> Result<Value, String> + Send + Sync + 'static) -> Function {
        let log = self.clone();
        let answer = Arc::new(answer);
        Function::in_process(move |event: Event| {
            let answer = answer(&event);
            log.0.lock().unwrap().extend(event.records.iter().map(read));
            async move { answer }
        })
    }

    fn all(&self) -> Vec<(String, usize, String)> {
        self.0.lock().unwrap().clone()
    }

    fn numbers(&self, room: &str) -> Vec<usize> {
        self.all().into_iter().filter(|(of, ..)| of == room).map(|(_, n, _)| n).collect()
    }
}

fn ok(_event: &Event) -> Result<Value, String> {
    Ok(json!({ "batchItemFailures": [] }))
}

fn read(record: &EventRecord) -> (String, usize, String) {
    let keys = serde_json::to_value(&record.change.keys).unwrap();
    let room = keys["room"]["S"].as_str().or(keys["room"].as_str()).unwrap().to_owned();
    let n = keys["n"]["N"].as_str().or(keys["n"].as_str()).map(|n| n.parse().unwrap());
    let n = n.or(keys["n"].as_u64().map(|n| usize::try_from(n).unwrap())).unwrap();
    (room, n, record.event_name.clone())
}

#[tokio::test]
async fn inserts_changes_and_removals_arrive_and_writes_that_change_nothing_do_not() {
    let (engine, clients) = database().await;
    let log = Log::default();
    let mappings = start(&engine, &clients, mapping(settings(), log.function(ok))).await;
    put_text(&clients, "blue", 1, "first").await;
    put_text(&clients, "blue", 1, "second").await;
    put_text(&clients, "blue", 1, "second").await;
    let delete = clients.dynamodb.delete_item().table_name(TABLE);
    let delete = delete.key("room", AttributeValue::S("blue".to_owned()));
    delete.key("n", AttributeValue::N("1".to_owned())).send().await.unwrap();
    drained(&mappings).await;
    let names: Vec<String> = log.all().into_iter().map(|(_, _, name)| name).collect();
    assert_eq!(names, ["INSERT", "MODIFY", "REMOVE"]);
    mappings.shutdown(SOON).await;
}

#[tokio::test]
async fn every_record_arrives_once_and_in_the_order_of_its_partition_key() {
    let (engine, clients) = database().await;
    let log = Log::default();
    let mappings = start(&engine, &clients, mapping(settings(), log.function(ok))).await;
    let rooms: Vec<String> = (0..8).map(|room| format!("room-{room}")).collect();
    let writers: Vec<_> = rooms
        .iter()
        .map(|room| async {
            for n in 0..40 {
                put(&clients, room, n).await;
            }
        })
        .collect();
    futures_util::future::join_all(writers).await;
    drained(&mappings).await;
    for room in &rooms {
        assert_eq!(log.numbers(room), (0..40).collect::<Vec<_>>(), "{room}");
    }
    mappings.shutdown(SOON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lanes_of_different_keys_run_at_the_same_time() {
    let (engine, clients) = database().await;
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now, peak) = (Arc::clone(&running), Arc::clone(&most));
    let function = Function::in_process(move |_event: Event| {
        let (now, peak) = (Arc::clone(&now), Arc::clone(&peak));
        async move {
            peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            // Long enough for the others to come, were they allowed to.
            tokio::time::sleep(Duration::from_millis(200)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            Ok::<_, String>(Value::Null)
        }
    });
    for room in 0..40 {
        put(&clients, &format!("room-{room}"), 1).await;
    }
    let mappings = start(&engine, &clients, mapping(settings(), function)).await;
    drained(&mappings).await;
    assert_eq!(most.load(Ordering::SeqCst), 4, "two virtual shards, parallelization factor 2");
    mappings.shutdown(SOON).await;
}

#[tokio::test]
async fn a_record_is_delivered_at_once_and_not_at_the_next_poll() {
    let (engine, clients) = database().await;
    let arrived = Arc::new(tokio::sync::Notify::new());
    let bell = Arc::clone(&arrived);
    let log = Log::default();
    let function = log.function(move |event| {
        bell.notify_one();
        ok(event)
    });
    let mappings = start(&engine, &clients, mapping(settings(), function)).await;
    drained(&mappings).await;
    let written = Instant::now();
    put(&clients, "blue", 1).await;
    tokio::time::timeout(SOON, arrived.notified()).await.unwrap();
    assert!(written.elapsed() < Duration::from_secs(2), "after {:?}", written.elapsed());
    mappings.shutdown(SOON).await;
}

#[derive(Debug)]
struct Count(Arc<AtomicUsize>);

impl aws_sdk_dynamodbstreams::config::Intercept for Count {
    fn name(&self) -> &'static str {
        "Count"
    }

    fn read_before_execution(
        &self,
        _context: &aws_sdk_dynamodbstreams::config::interceptors::BeforeSerializationInterceptorContextRef<
            '_,
        >,
        _config: &mut aws_sdk_dynamodbstreams::config::ConfigBag,
    ) -> Result<(), aws_sdk_dynamodbstreams::error::BoxError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test]
async fn while_nothing_is_written_nothing_is_asked() {
    let (engine, mut clients) = database().await;
    let counted = Arc::new(AtomicUsize::new(0));
    let config = clients.streams.config().to_builder().interceptor(Count(Arc::clone(&counted))).build();
    clients.streams = aws_sdk_dynamodbstreams::Client::from_conf(config);
    let mappings = start(&engine, &clients, mapping(settings(), Log::default().function(ok))).await;
    drained(&mappings).await;
    let before = counted.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(700)).await;
    let asked = counted.load(Ordering::SeqCst) - before;
    assert!(asked <= 1, "{asked} requests in 0.7 s of silence");
    mappings.shutdown(SOON).await;
}

#[tokio::test]
async fn a_poison_record_is_given_up_and_all_others_arrive() {
    let (engine, clients) = database().await;
    let log = Log::default();
    let poisoned = |event: &Event| {
        if event.records.iter().any(|record| read(record).1 == 13) {
            Err("poison".to_owned())
        } else {
            ok(event)
        }
    };
    for n in 0..30 {
        put(&clients, "blue", n).await;
    }
    let mappings = start(&engine, &clients, mapping(settings(), log.function(poisoned))).await;
    drained(&mappings).await;
    let mut arrived = log.numbers("blue");
    arrived.sort_unstable();
    arrived.dedup();
    assert_eq!(arrived, (0..30).collect::<Vec<_>>(), "the poison was offered, the rest delivered");
    assert_eq!(log.numbers("blue").last(), Some(&29));
    mappings.shutdown(SOON).await;
}

#[tokio::test]
async fn a_failing_batch_holds_up_its_own_lane_and_no_other() {
    let (engine, clients) = database().await;
    let log = Log::default();
    let stuck = |event: &Event| {
        if event.records.iter().any(|record| read(record).0 == "stuck") {
            Err("no".to_owned())
        } else {
            ok(event)
        }
    };
    put(&clients, "stuck", 0).await;
    for n in 0..40 {
        put(&clients, &format!("room-{n}"), n).await;
    }
    let forever = StreamEvent { maximum_retry_attempts: None, bisect_on_function_error: false, ..settings() };
    let mappings = start(&engine, &clients, mapping(forever, log.function(stuck))).await;
    let deadline = Instant::now() + SOON;
    let others = || log.all().iter().filter(|(room, ..)| room != "stuck").count();
    // Some rooms share the lane of the one that is stuck; with four lanes most do not.
    while others() < 20 {
        assert!(Instant::now() < deadline, "only {} arrived", others());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::timeout(Duration::from_millis(100), mappings.drained()).await.expect_err("one is stuck");
    mappings.shutdown(SOON).await;
}

#[tokio::test]
async fn reported_failures_are_retried_from_the_lowest_on() {
    let (engine, clients) = database().await;
    let log = Log::default();
    let first = AtomicBool::new(true);
    let third_fails_once = move |event: &Event| {
        let third = event.records.get(2).and_then(|record| record.change.sequence_number.clone());
        match third {
            Some(third) if first.swap(false, Ordering::SeqCst) => {
                Ok(json!({ "batchItemFailures": [{ "itemIdentifier": third }] }))
            }
            _ => ok(event),
        }
    };
    for n in 0..5 {
        put(&clients, "blue", n).await;
    }
    let mappings = start(&engine, &clients, mapping(settings(), log.function(third_fails_once))).await;
    drained(&mappings).await;
    assert_eq!(log.numbers("blue"), [0, 1, 2, 3, 4, 2, 3, 4]);
    mappings.shutdown(SOON).await;
}

#[tokio::test]
async fn after_a_restart_nothing_is_missing_and_nothing_comes_twice() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::default();
    for round in 0..3 {
        let engine = Engine::open(folder.path()).unwrap();
        let clients = Clients::of_engine(&engine);
        create_tables(&clients.dynamodb, [&table()]).await.unwrap();
        // While nobody reads.
        put(&clients, "blue", round * 10).await;
        let checkpoints = Checkpoints::in_folder(folder.path()).unwrap();
        let mappings =
            start_from(&engine, &clients, mapping(settings(), log.function(ok)), checkpoints).await;
        put(&clients, "blue", round * 10 + 1).await;
        put(&clients, "red", round * 10 + 2).await;
        drained(&mappings).await;
        mappings.shutdown(SOON).await;
        engine.close().await;
    }
    assert_eq!(log.numbers("blue"), [0, 1, 10, 11, 20, 21]);
    assert_eq!(log.numbers("red"), [2, 12, 22]);
}

#[tokio::test]
async fn latest_is_what_is_written_after_the_start_even_if_it_is_read_after_a_restart() {
    let (engine, clients) = database().await;
    let log = Log::default();
    let latest = StreamEvent { starting_position: StartingPosition::Latest, ..settings() };
    let checkpoints = Checkpoints::in_memory();
    put(&clients, "blue", 1).await;
    let mappings =
        start_from(&engine, &clients, mapping(latest.clone(), log.function(ok)), checkpoints.clone()).await;
    put(&clients, "blue", 2).await;
    drained(&mappings).await;
    mappings.shutdown(SOON).await;
    put(&clients, "blue", 3).await;
    let mappings = start_from(&engine, &clients, mapping(latest, log.function(ok)), checkpoints).await;
    drained(&mappings).await;
    assert_eq!(log.numbers("blue"), [2, 3]);
    mappings.shutdown(SOON).await;
}

#[tokio::test]
async fn filtered_records_never_reach_the_function_and_count_as_processed() {
    let (engine, clients) = database().await;
    let log = Log::default();
    let pattern = json!({ "eventName": ["INSERT"], "dynamodb": { "NewImage": { "text": { "S": [{ "prefix": "!" }] } } } });
    let filtered = StreamEvent { filters: vec![pattern.to_string()], ..settings() };
    let checkpoints = Checkpoints::in_memory();
    let mappings =
        start_from(&engine, &clients, mapping(filtered, log.function(ok)), checkpoints.clone()).await;
    for (n, text) in ["!ban", "hello", "!mute", "bye"].into_iter().enumerate() {
        put_text(&clients, "blue", n, text).await;
    }
    drained(&mappings).await;
    assert_eq!(log.numbers("blue"), [0, 2]);
    mappings.shutdown(SOON).await;
    let unfiltered = start_from(&engine, &clients, mapping(settings(), log.function(ok)), checkpoints).await;
    drained(&unfiltered).await;
    assert_eq!(log.numbers("blue"), [0, 2], "what was filtered out is behind the checkpoint");
    unfiltered.shutdown(SOON).await;
}

#[tokio::test]
async fn expired_items_say_that_the_service_removed_them() {
    let (engine, clients) = database().await;
    let identity = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&identity);
    let function = Function::in_process(move |event: Value| {
        let removal =
            event["Records"].as_array().unwrap().iter().find(|record| record["eventName"] == "REMOVE");
        if let Some(removal) = removal {
            *seen.lock().unwrap() = Some(removal["userIdentity"].clone());
        }
        async { Ok::<_, String>(Value::Null) }
    });
    let mappings = start(&engine, &clients, mapping(settings(), function)).await;
    let put =
        clients.dynamodb.put_item().table_name(TABLE).item("room", AttributeValue::S("blue".to_owned()));
    let put = put.item("n", AttributeValue::N("1".to_owned()));
    put.item("expiresAt", AttributeValue::N("1".to_owned())).send().await.unwrap();
    engine.sweep_expired().await.unwrap();
    drained(&mappings).await;
    let expected = json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
    assert_eq!(identity.lock().unwrap().take(), Some(expected));
    mappings.shutdown(SOON).await;
}

#[tokio::test]
async fn a_table_made_anew_is_followed() {
    let (engine, clients) = database().await;
    let log = Log::default();
    let mappings = start(&engine, &clients, mapping(settings(), log.function(ok))).await;
    put(&clients, "blue", 1).await;
    drained(&mappings).await;
    clients.dynamodb.delete_table().table_name(TABLE).send().await.unwrap();
    create_tables(&clients.dynamodb, [&table()]).await.unwrap();
    put(&clients, "blue", 2).await;
    let deadline = Instant::now() + SOON;
    while log.numbers("blue") != [1, 2] {
        assert!(Instant::now() < deadline, "{:?}", log.all());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    mappings.shutdown(SOON).await;
}

#[tokio::test]
async fn chaos_repeats_and_splits_but_loses_nothing_and_keeps_first_deliveries_in_order() {
    let (engine, clients) = database().await;
    let log = Log::default();
    for n in 0..60 {
        put(&clients, &format!("room-{}", n % 3), n).await;
    }
    let chaos = Some(Chaos { seed: 7, repeat: 0.5, split: 0.5, reorder: 0.5 });
    let chaotic = Mapping { chaos, ..mapping(settings(), log.function(ok)) };
    let mappings = start(&engine, &clients, chaotic).await;
    drained(&mappings).await;
    let mut first_seen: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (room, n, _) in log.all() {
        let numbers = first_seen.entry(room).or_default();
        if !numbers.contains(&n) {
            numbers.push(n);
        }
    }
    for (room, numbers) in first_seen {
        let remainder: usize = room.trim_start_matches("room-").parse().unwrap();
        assert_eq!(numbers, (0..60).filter(|n| n % 3 == remainder).collect::<Vec<_>>(), "{room}");
    }
    assert!(log.all().len() > 60, "chaos has repeated nothing");
    mappings.shutdown(SOON).await;
}

#[tokio::test]
async fn a_shutdown_lets_a_running_batch_end_and_forgets_none() {
    let (engine, clients) = database().await;
    let checkpoints = Checkpoints::in_memory();
    let log = Log::default();
    let begun = Arc::new(tokio::sync::Notify::new());
    let (bell, slow_log) = (Arc::clone(&begun), log.clone());
    let slow = Function::in_process(move |event: Event| {
        let (bell, log) = (Arc::clone(&bell), slow_log.clone());
        async move {
            bell.notify_one();
            tokio::time::sleep(Duration::from_millis(100)).await;
            log.0.lock().unwrap().extend(event.records.iter().map(read));
            Ok::<_, String>(Value::Null)
        }
    });
    let one_by_one = StreamEvent { batch_size: 1, ..settings() };
    for n in 0..3 {
        put(&clients, "blue", n).await;
    }
    let mappings =
        start_from(&engine, &clients, mapping(one_by_one.clone(), slow.clone()), checkpoints.clone()).await;
    begun.notified().await;
    mappings.shutdown(SOON).await;
    assert_eq!(log.numbers("blue"), [0]);
    let mappings = start_from(&engine, &clients, mapping(one_by_one, slow), checkpoints).await;
    drained(&mappings).await;
    assert_eq!(log.numbers("blue"), [0, 1, 2]);
    mappings.shutdown(SOON).await;
}

#[tokio::test]
async fn what_cannot_work_is_refused_at_the_start() {
    let (engine, clients) = database().await;
    let function = || Function::new(|_| async { Err(FunctionError::new("Never", &"called")) });
    let refused = async |mappings: Vec<Mapping>| {
        let started =
            Mappings::start(&clients, mappings, Checkpoints::in_memory(), Some(engine.written())).await;
        started.unwrap_err()
    };
    let filter = StreamEvent { filters: vec!["{".to_owned()], ..settings() };
    assert!(matches!(refused(vec![mapping(filter, function())]).await, MappingError::Filter { .. }));
    let nowhere = Mapping { table_name: "nowhere".to_owned(), ..mapping(settings(), function()) };
    assert!(matches!(refused(vec![nowhere]).await, MappingError::NoTable { .. }));
    let twice = vec![mapping(settings(), function()), mapping(settings(), function())];
    assert!(matches!(refused(twice).await, MappingError::NotUnique { .. }));

    let quiet = Table { name: "quiet-table".to_owned(), stream_view_type: None, ..table() };
    create_tables(&clients.dynamodb, [&quiet]).await.unwrap();
    let quiet = Mapping { table_name: "quiet-table".to_owned(), ..mapping(settings(), function()) };
    assert!(matches!(refused(vec![quiet]).await, MappingError::NoStream { .. }));
}
