//! The state of a tumbling window through retries, splits, partial failures and its end, in paused time.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::tests::{batch, delivery_to, error, failures, numbers, settings};
use super::*;
use crate::FunctionError;

const STATE_OF_1_MB: usize = 1024 * 1024;

type Events = Arc<Mutex<Vec<Value>>>;

/// A delivery to a function that adds the records' numbers up in the state, or answers the n-th event, from
/// 0 on, by what `answer` makes of that.
fn delivery(
    settings: StreamEvent,
    answer: impl Fn(usize, &Value, Value) -> Result<Value, FunctionError> + Send + Sync + 'static,
) -> (Delivery, Events) {
    let events = Events::default();
    let log = Arc::clone(&events);
    let delivery = delivery_to(settings, move |event| {
        let sum = event["state"]["sum"].as_u64().unwrap_or_default() + numbers(&event).iter().sum::<u64>();
        let mut log = log.lock().unwrap();
        let answer = answer(log.len(), &event, json!({ "state": { "sum": sum } }));
        log.push(event);
        answer
    });
    (delivery, events)
}

fn windows(batch: &[Entry]) -> Windows {
    let mut windows = Windows::new(Duration::from_secs(900), "shard".to_owned(), "arn".to_owned(), None);
    windows.of_record(batch[0].created);
    windows
}

async fn deliver(delivery: &Delivery, batch: &[Entry], windows: &mut Windows) -> Vec<usize> {
    let mut log = Vec::new();
    delivery.deliver("shard", batch, Some(windows), &Stop::never(), |count, _| log.push(count)).await;
    log
}

/// The records of each event, and the sum in the state it came with.
fn seen(events: &Events) -> Vec<(Vec<u64>, Option<u64>)> {
    events.lock().unwrap().iter().map(|event| (numbers(event), event["state"]["sum"].as_u64())).collect()
}

fn member(windows: &Windows, name: &str) -> Value {
    let event: Value =
        serde_json::from_str(&format!(r#"{{"Records":[]{}}}"#, windows.members(Purpose::Aggregate))).unwrap();
    event[name].clone()
}

#[tokio::test(start_paused = true)]
async fn a_retry_gets_the_state_of_the_first_attempt() {
    let batch = batch(1..=4);
    let mut windows = windows(&batch);
    let (delivery, events) =
        delivery(settings(), |n, _, answer| if n == 1 || n == 2 { Err(error()) } else { Ok(answer) });
    assert_eq!(deliver(&delivery, &batch[..2], &mut windows).await, [2]);
    assert_eq!(deliver(&delivery, &batch[2..], &mut windows).await, [2]);
    let second = (vec![3, 4], Some(3));
    assert_eq!(seen(&events), [(vec![1, 2], None), second.clone(), second.clone(), second]);
    assert_eq!(member(&windows, "state"), json!({ "sum": 10 }));
}

#[tokio::test(start_paused = true)]
async fn what_is_given_up_leaves_the_state_as_it_was() {
    let batch = batch(1..=4);
    let mut windows = windows(&batch);
    let bisecting = StreamEvent { bisect_on_function_error: true, ..settings() };
    let (delivery, events) =
        delivery(
            bisecting,
            |_, event, answer| {
                if numbers(event).contains(&2) { Err(error()) } else { Ok(answer) }
            },
        );
    assert_eq!(deliver(&delivery, &batch, &mut windows).await, [1, 2, 4]);
    let expected = [
        (vec![1, 2, 3, 4], None),
        (vec![1, 2], None),
        (vec![1], None),
        (vec![2], Some(1)),
        (vec![2], Some(1)),
        (vec![2], Some(1)),
        (vec![3, 4], Some(1)),
    ];
    assert_eq!(seen(&events), expected);
    assert_eq!(member(&windows, "state"), json!({ "sum": 8 }));
}

#[tokio::test(start_paused = true)]
async fn reported_failures_are_retried_with_the_state_that_was_returned_with_them() {
    let batch = batch(1..=4);
    let mut windows = windows(&batch);
    let reporting = StreamEvent { report_batch_item_failures: true, ..settings() };
    let (delivery, events) = delivery(reporting, |n, _, mut answer| {
        // The second time not even the first record succeeds, and there is nothing new in the state.
        if n < 2 {
            answer = failures(&[3]);
            answer["state"] = json!({ "sum": if n == 0 { 3 } else { 99 } });
        }
        Ok(answer)
    });
    assert_eq!(deliver(&delivery, &batch, &mut windows).await, [2, 4]);
    assert_eq!(seen(&events), [(vec![1, 2, 3, 4], None), (vec![3, 4], Some(3)), (vec![3, 4], Some(3))]);
    assert_eq!(member(&windows, "state"), json!({ "sum": 10 }));
}

#[tokio::test(start_paused = true)]
async fn a_result_without_a_state_is_a_failure() {
    let batch = batch(1..=2);
    let mut windows = windows(&batch);
    let (delivery, events) = delivery(settings(), |n, _, answer| {
        Ok(match n {
            0 => Value::Null,
            1 => json!({ "batchItemFailures": [] }),
            _ => answer,
        })
    });
    assert_eq!(deliver(&delivery, &batch, &mut windows).await, [2]);
    assert_eq!(seen(&events), vec![(vec![1, 2], None); 3]);
}

#[tokio::test(start_paused = true)]
async fn a_state_over_1_mb_ends_its_window_early_and_the_window_goes_on_with_none() {
    let batch = batch(1..=2);
    let mut windows = windows(&batch);
    let (delivery, events) = delivery(settings(), |n, _, answer| match n {
        0 => Ok(json!({ "state": "x".repeat(STATE_OF_1_MB) })),
        1 => Err(error()),
        _ => Ok(answer),
    });
    assert_eq!(deliver(&delivery, &batch[..1], &mut windows).await, [1]);
    assert_eq!(deliver(&delivery, &batch[1..], &mut windows).await, [1]);
    let events = events.lock().unwrap();
    let [first, early, again, next] = &events[..] else { panic!("{} events", events.len()) };
    assert_eq!((&early["Records"], &early["isWindowTerminatedEarly"]), (&json!([]), &json!(true)));
    assert_eq!(early["isFinalInvokeForWindow"], false);
    assert_eq!(early["state"].as_str().map(str::len), Some(STATE_OF_1_MB));
    assert_eq!(early, again, "it failed and was retried");
    assert_eq!(
        (numbers(next), &next["state"], &next["isWindowTerminatedEarly"]),
        (vec![2], &json!({}), &json!(false))
    );
    assert_eq!(next["window"], first["window"]);
}

#[tokio::test(start_paused = true)]
async fn a_final_invocation_is_retried_until_it_succeeds() {
    let batch = batch(1..=2);
    let mut windows = windows(&batch);
    let forever =
        StreamEvent { maximum_retry_attempts: None, report_batch_item_failures: true, ..settings() };
    let (delivery, events) = delivery(forever, |n, _, answer| match n {
        1..10 => Err(error()),
        10 => Ok(json!({ "batchItemFailures": [] })),
        11 => Err(FunctionError::refused("TooManyRequestsException", &"Rate Exceeded.")),
        _ => Ok(answer),
    });
    deliver(&delivery, &batch, &mut windows).await;
    assert!(delivery.hand_over(Purpose::Final, "shard", &mut windows, &Stop::never()).await);
    assert_eq!(seen(&events)[1..], vec![(vec![], Some(3)); 12]);
    assert!(events.lock().unwrap()[1..].iter().all(|event| event["isFinalInvokeForWindow"] == true));
    assert_eq!(windows.open(), None);
}

#[tokio::test(start_paused = true)]
async fn a_final_invocation_is_given_up_after_the_retries_of_the_mapping() {
    let batch = batch(1..=2);
    let mut windows = windows(&batch);
    let (delivery, events) = delivery(settings(), |_, _, _| Err(error()));
    assert!(delivery.hand_over(Purpose::Final, "shard", &mut windows, &Stop::never()).await);
    assert_eq!(events.lock().unwrap().len(), 3);
    assert_eq!(windows.open(), None);
}
