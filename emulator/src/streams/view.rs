//! How far each mapping is, as JSON for `/_emulator`.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::consumer::Consumer;
use super::mappings::TurnoverError;
use super::source::Source;

/// Running mappings, to look at.
#[derive(Debug)]
pub(crate) struct View(Vec<Arc<Source>>);

impl View {
    pub(super) fn new(sources: Vec<Arc<Source>>) -> Self {
        Self(sources)
    }

    /// `mapping` is `Function/Event`, or the function alone where it has only one mapping.
    pub(crate) fn turn_over(&self, mapping: &str, split: bool) -> Result<usize, TurnoverError> {
        let is_of = |source: &&Arc<Source>| {
            source.name == mapping
                || source.name.strip_prefix(mapping).is_some_and(|rest| rest.starts_with('/'))
        };
        let found: Vec<&Arc<Source>> = self.0.iter().filter(is_of).collect();
        match *found {
            [] => Err(TurnoverError::Unknown(mapping.to_owned())),
            [source] => Ok(source.turnover.ask(split)?),
            _ => {
                let names: Vec<&str> = found.iter().map(|source| &*source.name).collect();
                Err(TurnoverError::Several(names.join(", ")))
            }
        }
    }

    pub(crate) fn to_json(&self, now: SystemTime) -> Vec<Value> {
        self.0.iter().map(|source| mapping(source, now)).collect()
    }
}

fn mapping(source: &Source, now: SystemTime) -> Value {
    let settings = &source.delivery.settings;
    let present = source.turnover.present();
    let shards: Vec<Value> =
        source.drained.consumers().iter().map(|shard| self::shard(source, shard, now)).collect();
    json!({
        "name": source.name,
        "table": source.table_name,
        "batchSize": settings.batch_size,
        "parallelizationFactor": settings.parallelization_factor,
        "tumblingWindowInSeconds": settings.tumbling_window.map(|length| length.as_secs()),
        "virtualShards": present.shards,
        "turnovers": present.generation,
        "shards": shards,
    })
}

fn shard(source: &Source, consumer: &Consumer, now: SystemTime) -> Value {
    let lanes = consumer.lanes.iter().enumerate().map(|(index, lane)| {
        let progress = lane.progress();
        let age = progress.oldest.and_then(|oldest| now.duration_since(oldest).ok());
        json!({
            "position": progress.position.as_ref().map(|position| position.as_str()),
            "waiting": progress.waiting,
            "inFlight": progress.in_flight,
            // As the metric IteratorAge, in milliseconds.
            "iteratorAgeMs": age.map_or(0, |age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
            "window": source.open_window(consumer, index).map(|window| window.view()),
        })
    });
    json!({ "shard": consumer.shard, "lanes": lanes.collect::<Vec<_>>() })
}
