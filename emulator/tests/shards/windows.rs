//! Tumbling windows: what a function is given of them, to the end of each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use emulator::Function;
use emulator::faults::{FaultPlan, Faults, StreamFault, StreamRule};
use emulator::streams::{Checkpoints, Mapping, Mappings};
use emulator::template::{StartingPosition, StreamEvent};
use serde_json::{Value, json};

use super::script::{ARN, SOON, Script, closed, drained, open, settings};

/// Long ago, and the beginning of a window of ten seconds.
const EPOCH: u64 = 1_600_000_000;
const WINDOW: Duration = Duration::from_secs(10);

/// The events of a function that notes each record in the state.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Value>>>);

impl Log {
    fn mapping(&self) -> Mapping {
        let log = self.clone();
        let function = Function::in_process(move |event: Value| {
            let mut state = event["state"].as_object().unwrap().clone();
            state.extend(numbers(&event).into_iter().map(|n| (n.to_string(), json!(true))));
            log.0.lock().unwrap().push(event);
            async move { Ok::<_, String>(json!({ "state": state })) }
        });
        let settings = StreamEvent {
            batch_size: 2,
            tumbling_window: Some(WINDOW),
            ..settings(StartingPosition::TrimHorizon)
        };
        Mapping::new("Function/Scripted", settings, "scripted", function, SOON)
    }

    fn events(&self) -> Vec<Value> {
        self.0.lock().unwrap().clone()
    }

    fn finals(&self) -> Vec<Value> {
        self.events().into_iter().filter(|event| event["isFinalInvokeForWindow"] == true).collect()
    }

    /// Waits until these are what all final states say together.
    async fn expect_finals(&self, all: std::ops::Range<u64>) {
        let deadline = Instant::now() + SOON;
        let wanted: BTreeSet<u64> = all.collect();
        loop {
            let seen: BTreeSet<u64> = self.finals().iter().flat_map(state).collect();
            if seen == wanted {
                return;
            }
            assert!(Instant::now() < deadline, "{seen:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Every event has the state that was returned for the one before it, and none after the final one.
    fn assert_states_are_passed_on(&self) {
        let mut states: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        for event in self.events() {
            let expected = states.entry(event["shardId"].to_string()).or_default();
            assert_eq!(state(&event), *expected, "{event}");
            expected.extend(numbers(&event));
            if event["isFinalInvokeForWindow"] == true {
                assert_eq!(event["Records"], json!([]));
                expected.clear();
            }
            assert_eq!(
                (&event["eventSourceARN"], &event["isWindowTerminatedEarly"]),
                (&json!(ARN), &json!(false))
            );
        }
    }
}

fn numbers(event: &Value) -> Vec<u64> {
    let number = |record: &Value| record["dynamodb"]["SequenceNumber"].as_str().unwrap().parse().unwrap();
    event["Records"].as_array().unwrap().iter().map(number).collect()
}

fn state(event: &Value) -> BTreeSet<u64> {
    event["state"].as_object().unwrap().keys().map(|n| n.parse().unwrap()).collect()
}

async fn start(script: &Script, mapping: Mapping, checkpoints: &Checkpoints) -> Mappings {
    Mappings::start(&script.clients(), vec![mapping], checkpoints.clone(), None).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn records_of_a_window_share_a_state_and_its_final_invocation_gets_it() {
    let (script, log) = (Script::default(), Log::default());
    script.0.lock().unwrap().epoch = Some(EPOCH);
    script.shard("only", open(None, 1..26));
    let mappings = start(&script, log.mapping(), &Checkpoints::in_memory()).await;
    log.expect_finals(1..26).await;
    log.assert_states_are_passed_on();
    let starts = ["2020-09-13T12:26:40Z", "2020-09-13T12:26:50Z", "2020-09-13T12:27:00Z"];
    for event in log.events() {
        let of_window = |n: &u64| event["window"]["start"] == starts[usize::try_from(n / 10).unwrap()];
        assert!(numbers(&event).iter().all(of_window), "{event}");
        assert!(state(&event).iter().all(of_window), "{event}");
        assert!(event["shardId"].as_str().unwrap().starts_with("only-0-"), "{event}");
    }
    assert!(log.events().iter().any(|event| !numbers(event).is_empty() && !state(event).is_empty()));
    mappings.shutdown(SOON).await;
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_shard_ends_its_window_and_its_children_begin_another() {
    let (script, log) = (Script::default(), Log::default());
    script.shard("a-child", open(Some("b-parent"), 10..15)).shard("b-parent", closed(None, 1..6));
    let mappings = start(&script, log.mapping(), &Checkpoints::in_memory()).await;
    drained(&mappings).await;
    drained(&mappings).await;
    log.assert_states_are_passed_on();
    let (finals, events) = (log.finals(), log.events());
    assert_eq!(finals.iter().flat_map(state).collect::<BTreeSet<_>>(), (1..6).collect());
    let is_of = |shard: &str, event: &Value| event["shardId"].as_str().unwrap().starts_with(shard);
    assert!(finals.iter().all(|event| is_of("b-parent", event)));
    let last_of_parent = events.iter().rposition(|event| is_of("b-parent", event)).unwrap();
    let first_of_child = events.iter().position(|event| is_of("a-child", event)).unwrap();
    assert!(last_of_parent < first_of_child);
    assert_eq!(events[first_of_child]["window"], events[0]["window"], "of one second");
    mappings.shutdown(SOON).await;
}

#[tokio::test(start_paused = true)]
async fn an_open_window_goes_on_after_a_restart_with_its_state() {
    let (script, log, folder) = (Script::default(), Log::default(), tempfile::tempdir().unwrap());
    script.shard("only", open(None, 1..6));
    for more in [6..12, 12..17] {
        let checkpoints = Checkpoints::in_folder(folder.path()).unwrap();
        let mappings = start(&script, log.mapping(), &checkpoints).await;
        drained(&mappings).await;
        mappings.shutdown(SOON).await;
        script.change("only", |shard| shard.records.extend(more));
    }
    assert_eq!(log.finals(), [json!(null); 0], "the second is to come");
    log.assert_states_are_passed_on();
    let mut delivered: Vec<u64> = log.events().iter().flat_map(numbers).collect();
    delivered.sort_unstable();
    assert_eq!(delivered, (1..12).collect::<Vec<_>>());
    // What was written while nobody was there is of another one.
    script.0.lock().unwrap().epoch = Some(EPOCH);
    let checkpoints = Checkpoints::in_folder(folder.path()).unwrap();
    let mappings = start(&script, log.mapping(), &checkpoints).await;
    log.expect_finals(1..17).await;
    log.assert_states_are_passed_on();
    mappings.shutdown(SOON).await;
}

#[tokio::test(start_paused = true)]
async fn repeated_split_and_late_batches_lose_nothing_of_a_window() {
    let (script, log) = (Script::default(), Log::default());
    script.0.lock().unwrap().epoch = Some(EPOCH);
    script.shard("only", open(None, 1..60));
    let often = |fault| StreamRule { probability: Some(0.5), ..StreamRule::new(fault) };
    let stream = [StreamFault::Duplicate, StreamFault::Split, StreamFault::Reorder].map(often).to_vec();
    let faults = Faults::new(FaultPlan { seed: 7, stream, ..FaultPlan::default() }).unwrap();
    let mappings = start(&script, Mapping { faults, ..log.mapping() }, &Checkpoints::in_memory()).await;
    log.expect_finals(1..60).await;
    let mut states = BTreeMap::new();
    for event in log.finals() {
        let known = states.entry((event["shardId"].to_string(), event["window"].to_string()));
        assert_eq!(*known.or_insert_with(|| state(&event)), state(&event), "{event}");
    }
    assert!(log.finals().len() > states.len(), "nothing was repeated");
    mappings.shutdown(SOON).await;
}
