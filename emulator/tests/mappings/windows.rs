//! Tumbling windows that end by the clock, and with their shards.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use emulator::Function;
use emulator::streams::Mapping;
use emulator::template::StreamEvent;
use serde_json::{Value, json};

use super::support::{SOON, database, drained, mapping, put, settings, start};

/// A function that counts records in the state, and its events.
#[derive(Clone, Default)]
struct Counter(Arc<Mutex<Vec<Value>>>);

impl Counter {
    fn mapping(&self, seconds: u64) -> Mapping {
        let log = self.clone();
        let function = Function::in_process(move |event: Value| {
            let count = count(&event) + event["Records"].as_array().unwrap().len() as u64;
            log.0.lock().unwrap().push(event);
            async move { Ok::<_, String>(json!({ "state": { "count": count }, "batchItemFailures": [] })) }
        });
        let tumbling_window = Some(Duration::from_secs(seconds));
        mapping(StreamEvent { tumbling_window, parallelization_factor: 1, ..settings() }, function)
    }

    /// Waits until the final states count so many records.
    async fn expect(&self, records: u64) -> Vec<Value> {
        let deadline = Instant::now() + SOON;
        loop {
            let finals: Vec<Value> =
                self.0.lock().unwrap().iter().filter(|event| is_final(event)).cloned().collect();
            if finals.iter().map(count).sum::<u64>() == records {
                return finals;
            }
            assert!(Instant::now() < deadline, "{finals:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn is_final(event: &Value) -> bool {
    event["isFinalInvokeForWindow"] == true
}

fn count(event: &Value) -> u64 {
    event["state"]["count"].as_u64().unwrap_or_default()
}

#[tokio::test]
async fn a_window_ends_with_its_time_though_nothing_more_is_written() {
    let (engine, clients) = database().await;
    let counter = Counter::default();
    let mappings = start(&engine, &clients, counter.mapping(1)).await;
    for n in 0..30 {
        put(&clients, &format!("room-{}", n % 4), n).await;
    }
    let finals = counter.expect(30).await;
    assert!(
        finals.iter().all(|event| event["Records"] == json!([]) && event["isWindowTerminatedEarly"] == false)
    );
    put(&clients, "room-1", 30).await;
    counter.expect(31).await;
    mappings.shutdown(SOON).await;
}

#[tokio::test]
async fn shards_that_are_replaced_end_their_windows_and_others_begin() {
    let (engine, clients) = database().await;
    let counter = Counter::default();
    let mappings = start(&engine, &clients, counter.mapping(900)).await;
    put(&clients, "blue", 1).await;
    // An open window keeps nobody waiting.
    drained(&mappings).await;
    let shard = |event: &Value| event["shardId"].as_str().unwrap().to_owned();
    let mut shards = Vec::new();
    for (n, split) in [(2, false), (3, true)] {
        mappings.turn_over("Function/Messages", split).unwrap();
        let finals = counter.expect(n - 1).await;
        shards.push(shard(finals.last().unwrap()));
        put(&clients, "blue", usize::try_from(n).unwrap()).await;
        drained(&mappings).await;
        let last = counter.0.lock().unwrap().last().unwrap().clone();
        assert_eq!((is_final(&last), &last["state"]), (false, &json!({})), "{last}");
        assert!(!shards.contains(&shard(&last)), "{shards:?}: {last}");
    }
    mappings.shutdown(SOON).await;
}
