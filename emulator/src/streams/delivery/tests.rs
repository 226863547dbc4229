//! Retries, splits and partial failures against scripted functions, in paused time.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::FunctionError;
use crate::streams::sequence::SequenceNumber;
use crate::template::StartingPosition;

type Calls = Arc<Mutex<Vec<Vec<u64>>>>;

pub(super) fn settings() -> StreamEvent {
    StreamEvent {
        table: "Table".to_owned(),
        starting_position: StartingPosition::TrimHorizon,
        batch_size: 100,
        batching_window: Duration::ZERO,
        parallelization_factor: 1,
        maximum_retry_attempts: Some(2),
        maximum_record_age: None,
        bisect_on_function_error: false,
        report_batch_item_failures: false,
        filters: Vec::new(),
        on_failure: None,
        tumbling_window: None,
    }
}

/// A delivery whose function answers by `answer`, and the record numbers of each call.
fn delivery(
    settings: StreamEvent,
    answer: impl Fn(&[u64]) -> Result<Value, FunctionError> + Send + Sync + 'static,
) -> (Delivery, Calls) {
    let calls = Calls::default();
    let log = Arc::clone(&calls);
    let delivery = delivery_to(settings, move |event| {
        let numbers = numbers(&event);
        let answer = answer(&numbers);
        log.lock().unwrap().push(numbers);
        answer
    });
    (delivery, calls)
}

pub(super) fn numbers(event: &Value) -> Vec<u64> {
    event["Records"].as_array().unwrap().iter().map(|record| record["n"].as_u64().unwrap()).collect()
}

/// A delivery whose function answers an event by `answer`.
pub(super) fn delivery_to(
    settings: StreamEvent,
    answer: impl Fn(Value) -> Result<Value, FunctionError> + Send + Sync + 'static,
) -> Delivery {
    let function = Function::new(move |invocation| {
        let event: Value = serde_json::from_slice(&invocation.payload).unwrap();
        let answer = answer(event).map(|value| Bytes::from(value.to_string()));
        async move { answer }
    });
    Delivery {
        mapping: "test".to_owned(),
        function,
        timeout: Duration::from_secs(3),
        settings,
        first_backoff: Duration::from_millis(200),
        warned: AtomicBool::new(false),
    }
}

pub(super) fn batch(numbers: std::ops::RangeInclusive<u64>) -> Vec<Entry> {
    let entry = |n: u64| Entry {
        sequence: SequenceNumber::new(n.to_string()),
        key_hash: 0,
        created: SystemTime::now(),
        json: json!({ "n": n }).to_string(),
    };
    numbers.map(entry).collect()
}

async fn settled(delivery: &Delivery, batch: &[Entry]) -> Vec<usize> {
    let mut log = Vec::new();
    delivery.deliver("shard", batch, None, &Stop::never(), |count, _| log.push(count)).await;
    log
}

pub(super) fn error() -> FunctionError {
    FunctionError::new("HandlerError", &"no")
}

pub(super) fn failures(numbers: &[u64]) -> Value {
    let items: Vec<Value> = numbers.iter().map(|n| json!({ "itemIdentifier": n.to_string() })).collect();
    json!({ "batchItemFailures": items })
}

#[tokio::test(start_paused = true)]
async fn a_failing_batch_is_retried_whole_and_then_given_up() {
    let (delivery, calls) = delivery(settings(), |_| Err(error()));
    let start = Instant::now();
    assert_eq!(settled(&delivery, &batch(1..=3)).await, [3]);
    assert_eq!(*calls.lock().unwrap(), vec![vec![1, 2, 3]; 3]);
    assert_eq!(start.elapsed(), Duration::from_millis(200 + 400));
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_lambda_refuses_is_retried_outside_the_count() {
    let tries = Arc::new(Mutex::new(0));
    let count = Arc::clone(&tries);
    // Two retries are allowed; ten times the function is not even run.
    let (delivery, calls) = delivery(settings(), move |_| {
        *count.lock().unwrap() += 1;
        let throttled = || FunctionError::refused("TooManyRequestsException", &"Rate Exceeded.");
        if *count.lock().unwrap() <= 10 { Err(throttled()) } else { Ok(Value::Null) }
    });
    assert_eq!(settled(&delivery, &batch(1..=2)).await, [2]);
    assert_eq!(*calls.lock().unwrap(), vec![vec![1, 2]; 11]);
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_a_batch_is_retried_until_it_succeeds() {
    let tries = Arc::new(Mutex::new(0));
    let count = Arc::clone(&tries);
    let unlimited = StreamEvent { maximum_retry_attempts: None, ..settings() };
    let (delivery, calls) = delivery(unlimited, move |_| {
        *count.lock().unwrap() += 1;
        if *count.lock().unwrap() <= 30 { Err(error()) } else { Ok(Value::Null) }
    });
    assert_eq!(settled(&delivery, &batch(1..=2)).await, [2]);
    assert_eq!(calls.lock().unwrap().len(), 31);
}

#[tokio::test(start_paused = true)]
async fn splitting_finds_the_poison_and_delivers_the_rest_in_order() {
    let bisecting = StreamEvent { bisect_on_function_error: true, ..settings() };
    let (delivery, calls) =
        delivery(bisecting, |numbers| if numbers.contains(&3) { Err(error()) } else { Ok(Value::Null) });
    assert_eq!(settled(&delivery, &batch(1..=4)).await, [2, 3, 4]);
    let calls = calls.lock().unwrap();
    let (poison, rest): (Vec<_>, Vec<_>) = calls.iter().partition(|numbers| ***numbers == [3]);
    assert_eq!(poison.len(), 3, "splitting has used up no retry");
    assert_eq!(rest, [&vec![1, 2, 3, 4], &vec![1, 2], &vec![3, 4], &vec![4]]);
}

#[tokio::test(start_paused = true)]
async fn the_first_reported_record_and_all_after_it_are_retried() {
    let reporting = StreamEvent { report_batch_item_failures: true, ..settings() };
    let first = AtomicBool::new(true);
    let (delivery, calls) = delivery(reporting, move |_| {
        Ok(if first.swap(false, Ordering::Relaxed) { failures(&[4, 2]) } else { failures(&[]) })
    });
    assert_eq!(settled(&delivery, &batch(1..=4)).await, [1, 4]);
    assert_eq!(*calls.lock().unwrap(), [vec![1, 2, 3, 4], vec![2, 3, 4]]);
}

#[tokio::test(start_paused = true)]
async fn a_reported_poison_record_is_split_from_those_after_it() {
    let both = StreamEvent { report_batch_item_failures: true, bisect_on_function_error: true, ..settings() };
    let (delivery, calls) =
        delivery(both, |numbers| Ok(failures(if numbers.contains(&2) { &[2] } else { &[] })));
    assert_eq!(settled(&delivery, &batch(1..=4)).await, [1, 2, 4]);
    let delivered: Vec<_> = calls.lock().unwrap().clone();
    assert_eq!(delivered[..2], [vec![1, 2, 3, 4], vec![2, 3, 4]], "split at the reported record");
    assert_eq!(delivered.last().unwrap(), &[3, 4]);
}

#[tokio::test(start_paused = true)]
async fn what_is_reported_without_the_setting_is_lost_as_on_aws() {
    let (delivery, calls) = delivery(settings(), |_| Ok(failures(&[1])));
    assert_eq!(settled(&delivery, &batch(1..=2)).await, [2]);
    assert_eq!(calls.lock().unwrap().len(), 1);
    assert!(delivery.warned.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn records_past_the_maximum_age_are_never_delivered() {
    let short = StreamEvent { maximum_record_age: Some(Duration::from_secs(60)), ..settings() };
    let (delivery, calls) = delivery(short, |_| Ok(Value::Null));
    let mut batch = batch(1..=3);
    batch[0].created = SystemTime::now() - Duration::from_secs(61);
    assert_eq!(settled(&delivery, &batch).await, [1, 3]);
    assert_eq!(*calls.lock().unwrap(), [vec![2, 3]]);
}
