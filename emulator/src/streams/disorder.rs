//! What a stream may do to a function at any time, done often: deliver records again, in other
//! batches, late, and again after newer ones. For tests of functions, never for a running system.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;

use super::outcome;
use crate::faults::{Faults, StreamFault};
use crate::{Function, FunctionError, Invocation};

/// Lambda's longest timeout. The mapping's own, around all of this, is what counts.
const NO_TIMEOUT: Duration = Duration::from_secs(900);

/// Batches that may come back out of order.
const REMEMBERED: usize = 8;

/// Longest time by which a batch falls behind those of other lanes.
const LATE_MS: u64 = 20;

/// An event's members; `Records` is one of them.
type Event<'a> = BTreeMap<&'a str, &'a RawValue>;

struct State {
    random: u64,
    delivered: VecDeque<Bytes>,
}

/// The disorder of one mapping.
#[derive(Clone)]
struct Disorder {
    faults: Faults,
    mapping: String,
    function: Function,
    state: Arc<Mutex<State>>,
}

/// `function`, with the disorder that the faults have for this mapping before it. The first delivery
/// of a partition key's records stays in order, as a stream keeps it.
pub(super) fn around(faults: &Faults, mapping: &str, function: Function) -> Function {
    let Some(seed) = faults.stream_seed() else { return function };
    let state = Arc::new(Mutex::new(State { random: seed, delivered: VecDeque::new() }));
    let disorder = Disorder { faults: faults.clone(), mapping: mapping.to_owned(), function, state };
    Function::new(move |invocation| {
        let disorder = disorder.clone();
        async move { disorder.deliver(invocation.payload).await }
    })
}

impl Disorder {
    fn strikes(&self, fault: StreamFault) -> bool {
        self.faults.on_stream(fault, &self.mapping)
    }

    async fn deliver(&self, payload: Bytes) -> Result<Bytes, FunctionError> {
        let (function, state) = (&self.function, &*self.state);
        let late = self.strikes(StreamFault::Reorder).then(|| lock(state).below(LATE_MS));
        if let Some(late) = late {
            tokio::time::sleep(Duration::from_millis(late)).await;
        }
        let is_of_window = is_of_window(&payload)?;
        let parts = if self.strikes(StreamFault::Split) { split(&payload, state)? } else { vec![payload] };
        // What one part has made of a window's state is where the next one begins.
        let mut state_of_window: Option<String> = None;
        for part in parts {
            let part = match &state_of_window {
                Some(state) => with_member(&part, "state", state)?,
                None => part,
            };
            let times = if self.strikes(StreamFault::Duplicate) { 2 } else { 1 };
            for _ in 0..times {
                let answer = invoke(function, part.clone()).await?;
                let state = outcome::state(&answer).filter(|_| is_of_window);
                if names_failures(&answer) || (state.is_none() && is_of_window) {
                    return Ok(answer);
                }
                state_of_window = state;
            }
            let mut state = lock(state);
            state.delivered.push_back(part);
            if state.delivered.len() > REMEMBERED {
                state.delivered.pop_front();
            }
        }
        let earlier = late.and_then(|_| {
            let mut state = lock(state);
            let index = state.below(REMEMBERED as u64);
            state.delivered.get(usize::try_from(index).unwrap_or_default()).cloned()
        });
        if let Some(earlier) = earlier {
            // These records were delivered already: what becomes of them now is nobody's concern.
            let _answer = invoke(function, earlier).await;
        }
        let state = state_of_window.map(|state| format!(r#","state":{state}"#)).unwrap_or_default();
        Ok(Bytes::from(format!(r#"{{"batchItemFailures":[]{state}}}"#)))
    }
}

fn failed(error: serde_json::Error) -> FunctionError {
    FunctionError::new("Disorder", &error)
}

async fn invoke(function: &Function, payload: Bytes) -> Result<Bytes, FunctionError> {
    let invocation = Invocation::new(payload, uuid::Uuid::new_v4().to_string());
    function.invoke(invocation, NO_TIMEOUT).await
}

fn split(payload: &Bytes, state: &Mutex<State>) -> Result<Vec<Bytes>, FunctionError> {
    let event: Event<'_> = serde_json::from_slice(payload).map_err(failed)?;
    let records = event.get("Records").map_or("[]", |records| records.get());
    let records: Vec<&RawValue> = serde_json::from_str(records).map_err(failed)?;
    if records.len() < 2 {
        return Ok(vec![payload.clone()]);
    }
    let at = 1 + usize::try_from(lock(state).below(records.len() as u64 - 1)).unwrap_or_default();
    let part = |records: &[&RawValue]| {
        let records = serde_json::to_string(records).map_err(failed)?;
        with_member(payload, "Records", &records)
    };
    Ok(vec![part(&records[..at])?, part(&records[at..])?])
}

/// The event with another value of a member, which is JSON.
fn with_member(payload: &Bytes, name: &str, value: &str) -> Result<Bytes, FunctionError> {
    let mut event: Event<'_> = serde_json::from_slice(payload).map_err(failed)?;
    event.insert(name, serde_json::from_str(value).map_err(failed)?);
    serde_json::to_vec(&event).map(Bytes::from).map_err(failed)
}

fn is_of_window(payload: &Bytes) -> Result<bool, FunctionError> {
    let event: Event<'_> = serde_json::from_slice(payload).map_err(failed)?;
    Ok(event.contains_key("window"))
}

fn names_failures(answer: &[u8]) -> bool {
    let answer: Option<Value> = serde_json::from_slice(answer).ok();
    let failures = answer.as_ref().and_then(|answer| answer.get("batchItemFailures")?.as_array());
    failures.is_some_and(|failures| !failures.is_empty())
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// SplitMix64: a test does not need a better one, nor another dependency.
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
}
