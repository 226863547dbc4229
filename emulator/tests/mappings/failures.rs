//! Functions that fail, and mappings that cannot work.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aws_lambda_events::event::dynamodb::Event;
use emulator::dynamodb::create_tables;
use emulator::streams::{Checkpoints, Mapping, MappingError, Mappings};
use emulator::template::{StreamEvent, Table};
use emulator::{Function, FunctionError};
use serde_json::json;

use super::support::{Log, SOON, database, drained, mapping, ok, put, read, settings, start, table};

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
