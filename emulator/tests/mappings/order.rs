//! What arrives, how often and in which order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lambda_events::event::dynamodb::Event;
use aws_sdk_dynamodb::types::AttributeValue;
use emulator::Function;
use emulator::faults::{FaultPlan, Faults, StreamFault, StreamRule};
use emulator::streams::{Checkpoints, Mapping};
use emulator::template::StreamEvent;
use serde_json::{Value, json};

use super::support::{
    Log, SOON, TABLE, database, drained, mapping, ok, put, put_text, settings, start, start_from,
};

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
async fn faults_repeat_and_split_but_lose_nothing_and_keep_first_deliveries_in_order() {
    let (engine, clients) = database().await;
    let log = Log::default();
    for n in 0..60 {
        put(&clients, &format!("room-{}", n % 3), n).await;
    }
    let often = |fault| StreamRule { probability: Some(0.5), ..StreamRule::new(fault) };
    let stream = [StreamFault::Duplicate, StreamFault::Split, StreamFault::Reorder].map(often).to_vec();
    let faults = Faults::new(FaultPlan { seed: 7, stream, ..FaultPlan::default() }).unwrap();
    let chaotic = Mapping { faults, ..mapping(settings(), log.function(ok)) };
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
    assert!(log.all().len() > 60, "nothing was repeated");
    mappings.shutdown(SOON).await;
}
