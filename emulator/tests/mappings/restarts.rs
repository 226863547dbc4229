//! Where a mapping goes on after a shutdown, a restart or another table.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lambda_events::event::dynamodb::Event;
use emulator::Function;
use emulator::dynamodb::{Clients, Engine, create_tables};
use emulator::streams::Checkpoints;
use emulator::template::{StartingPosition, StreamEvent};
use serde_json::Value;

use super::support::{
    Log, SOON, TABLE, database, drained, mapping, ok, put, read, settings, start, start_from, table,
};

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
