//! How far each mapping has got in its stream. Kept in the data folder beside the data, so that a
//! restart neither loses a record nor repeats the whole stream; or in memory.
//!
//! What is kept may be behind what was delivered, never ahead: delivery is at least once.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::sequence::SequenceNumber;
use super::turnover::Turn;
use super::window::Window;

const FILE: &str = "stream-checkpoints.json";

/// Checkpoints cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the stream checkpoints in {}", file.display())]
pub struct CheckpointError {
    /// The file.
    pub file: PathBuf,
    /// What the system says.
    pub source: std::io::Error,
}

/// The checkpoints of all mappings of one process. Cheap to clone; clones share everything.
#[derive(Clone, Debug, Default)]
pub struct Checkpoints(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    file: Option<PathBuf>,
    mappings: Mutex<BTreeMap<String, MappingState>>,
    changed: Notify,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct MappingState {
    /// A table made anew has another stream, to which these checkpoints mean nothing.
    stream_arn: String,
    /// Unix seconds. Records older than it are of no concern to a mapping that began at `LATEST`.
    since: u64,
    shards: BTreeMap<String, ShardState>,
    /// 0: as many as at first.
    #[serde(default)]
    virtual_shards: usize,
    #[serde(default)]
    turnovers: u64,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct ShardState {
    /// Closed and delivered to its end: its children may begin.
    #[serde(default)]
    finished: bool,
    lanes: Vec<Option<SequenceNumber>>,
    /// The tumbling window that is open in each lane, with the state that the records up to the lane's
    /// position have made; empty where there has been none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    windows: Vec<Option<Window>>,
}

impl ShardState {
    /// With another number of lanes than last time no window is of any of them.
    fn of_lanes(&mut self, count: usize) -> &mut Self {
        if self.lanes.len() != count {
            let lowest = self.lanes.iter().min().cloned().flatten();
            self.lanes = vec![lowest; count];
            self.windows.clear();
        }
        self
    }
}

impl Checkpoints {
    /// In memory: clones that outlive a [`super::Mappings`] let the next one go on where it ended.
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// In a file of `folder`. A file that cannot be understood counts as missing, with a warning.
    pub fn in_folder(folder: &Path) -> Result<Self, CheckpointError> {
        let file = folder.join(FILE);
        let mappings = match std::fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text).unwrap_or_else(|error| {
                tracing::warn!(%error, file = %file.display(), "stream checkpoints are damaged and ignored");
                BTreeMap::new()
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(source) => return Err(CheckpointError { file, source }),
        };
        let shared = Shared { file: Some(file), mappings: Mutex::new(mappings), changed: Notify::new() };
        Ok(Self(Arc::new(shared)))
    }

    fn mappings(&self) -> MutexGuard<'_, BTreeMap<String, MappingState>> {
        self.0.mappings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, mapping: &str, change: impl FnOnce(&mut MappingState)) {
        if let Some(state) = self.mappings().get_mut(mapping) {
            change(state);
        }
        self.0.changed.notify_one();
    }

    /// Begins or goes on with `mapping` on the stream `stream_arn`; when it began, if it goes on.
    pub(super) fn resume(&self, mapping: &str, stream_arn: &str, now: u64) -> Option<u64> {
        let mut mappings = self.mappings();
        let known = mappings.get(mapping).filter(|state| state.stream_arn == stream_arn);
        if let Some(known) = known {
            return Some(known.since);
        }
        let fresh = MappingState {
            stream_arn: stream_arn.to_owned(),
            since: now,
            shards: BTreeMap::new(),
            virtual_shards: 0,
            turnovers: 0,
        };
        mappings.insert(mapping.to_owned(), fresh);
        drop(mappings);
        self.0.changed.notify_one();
        None
    }

    /// The lanes' checkpoints of a shard. With another number of lanes than last time keys have
    /// moved between them, and only what all of them had is certain.
    pub(super) fn lanes(&self, mapping: &str, shard: &str, count: usize) -> Vec<Option<SequenceNumber>> {
        let mappings = self.mappings();
        let lanes = mappings.get(mapping).and_then(|state| state.shards.get(shard)).map(|shard| &shard.lanes);
        match lanes {
            Some(lanes) if lanes.len() == count => lanes.clone(),
            Some(lanes) => vec![lanes.iter().min().cloned().flatten(); count],
            None => vec![None; count],
        }
    }

    pub(super) fn lane_done(
        &self,
        mapping: &str,
        shard: &str,
        lanes: usize,
        lane: usize,
        done: SequenceNumber,
    ) {
        self.change(mapping, |state| {
            state.shards.entry(shard.to_owned()).or_default().of_lanes(lanes).lanes[lane] = Some(done);
        });
    }

    /// What was delivered in a lane and what its window has become by that, in one step: a state never
    /// holds a record that comes again, nor lacks one that does not. Without `done` it is where it was.
    pub(super) fn lane_settled(
        &self,
        mapping: &str,
        shard: &str,
        lanes: usize,
        lane: usize,
        done: Option<SequenceNumber>,
        window: Option<Window>,
    ) {
        self.change(mapping, |state| {
            let shard = state.shards.entry(shard.to_owned()).or_default().of_lanes(lanes);
            if let Some(done) = done {
                shard.lanes[lane] = Some(done);
            }
            if window.is_some() {
                shard.windows.resize(lanes, None);
            }
            if let Some(open) = shard.windows.get_mut(lane) {
                *open = window;
            }
        });
    }

    /// The window that is open in a lane.
    pub(super) fn window(&self, mapping: &str, shard: &str, lanes: usize, lane: usize) -> Option<Window> {
        let mappings = self.mappings();
        let shard = mappings.get(mapping)?.shards.get(shard)?;
        shard.windows.get(lane).filter(|_| shard.windows.len() == lanes)?.clone()
    }

    /// Which virtual shards an earlier run left; `None` for those that there are at first.
    pub(super) fn turn(&self, mapping: &str) -> Option<Turn> {
        let mappings = self.mappings();
        let state = mappings.get(mapping).filter(|state| state.virtual_shards > 0)?;
        Some(Turn { generation: state.turnovers, shards: state.virtual_shards })
    }

    pub(super) fn set_turn(&self, mapping: &str, turn: Turn) {
        self.change(mapping, |state| {
            (state.virtual_shards, state.turnovers) = (turn.shards, turn.generation);
        });
    }

    pub(super) fn shard_finished(&self, mapping: &str, shard: &str) {
        self.change(mapping, |state| state.shards.entry(shard.to_owned()).or_default().finished = true);
    }

    pub(super) fn is_finished(&self, mapping: &str, shard: &str) -> bool {
        let mappings = self.mappings();
        mappings.get(mapping).and_then(|state| state.shards.get(shard)).is_some_and(|shard| shard.finished)
    }

    /// Forgets shards that the stream no longer has.
    pub(super) fn keep_only(&self, mapping: &str, shards: &[String]) {
        self.change(mapping, |state| state.shards.retain(|shard, _| shards.contains(shard)));
    }

    /// Waits until there is something to save.
    pub(super) async fn changed(&self) {
        self.0.changed.notified().await;
    }

    /// Writes the file, if there is one: a new one that takes the old one's place at once.
    pub(super) fn save(&self) -> Result<(), CheckpointError> {
        let Some(file) = &self.0.file else { return Ok(()) };
        let write = || {
            let text = serde_json::to_vec(&*self.mappings())?;
            let folder = file.parent().unwrap_or_else(|| Path::new("."));
            let mut new = tempfile::NamedTempFile::new_in(folder)?;
            new.write_all(&text)?;
            new.persist(file).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(|source| CheckpointError { file: file.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::{Duration, SystemTime};

    use super::super::window::Windows;
    use super::*;

    fn sequence(number: u32) -> SequenceNumber {
        SequenceNumber::new(number.to_string())
    }

    #[test]
    fn checkpoints_are_there_after_saving_and_reading_again() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::in_folder(folder.path()).unwrap();
        assert_eq!(checkpoints.resume("m", "arn", 7), None);
        checkpoints.lane_done("m", "s", 2, 1, sequence(20));
        checkpoints.shard_finished("m", "parent");
        checkpoints.save().unwrap();

        let checkpoints = Checkpoints::in_folder(folder.path()).unwrap();
        assert_eq!(checkpoints.resume("m", "arn", 9), Some(7));
        assert_eq!(checkpoints.lanes("m", "s", 2), [None, Some(sequence(20))]);
        assert!(checkpoints.is_finished("m", "parent") && !checkpoints.is_finished("m", "s"));
    }

    #[test]
    fn a_table_made_anew_has_no_checkpoints() {
        let checkpoints = Checkpoints::in_memory();
        checkpoints.resume("m", "first", 7);
        checkpoints.lane_done("m", "s", 1, 0, sequence(20));
        assert_eq!(checkpoints.resume("m", "second", 9), None);
        assert_eq!(checkpoints.lanes("m", "s", 1), [None]);
    }

    #[test]
    fn with_another_number_of_lanes_only_the_lowest_checkpoint_counts() {
        let checkpoints = Checkpoints::in_memory();
        checkpoints.resume("m", "arn", 7);
        checkpoints.lane_done("m", "s", 2, 0, sequence(10));
        assert_eq!(checkpoints.lanes("m", "s", 4), vec![None; 4]);
        checkpoints.lane_done("m", "s", 2, 1, sequence(20));
        assert_eq!(checkpoints.lanes("m", "s", 4), vec![Some(sequence(10)); 4]);
        checkpoints.lane_done("m", "s", 4, 3, sequence(30));
        let lanes = checkpoints.lanes("m", "s", 4);
        assert_eq!(lanes, [Some(sequence(10)), Some(sequence(10)), Some(sequence(10)), Some(sequence(30))]);
    }

    #[test]
    fn an_open_window_is_kept_with_its_lane_until_it_is_over_or_its_lane_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::in_folder(folder.path()).unwrap();
        let mut windows = Windows::new(Duration::from_secs(9), String::new(), String::new(), None);
        windows.of_record(SystemTime::UNIX_EPOCH);
        windows.aggregate(r#"{"a":"\u00e4"}"#.to_owned());
        let window = windows.open().cloned();
        checkpoints.resume("m", "arn", 7);
        checkpoints.lane_settled("m", "s", 2, 1, Some(sequence(20)), window.clone());
        checkpoints.lane_done("m", "s", 2, 1, sequence(30));
        checkpoints.save().unwrap();

        let checkpoints = Checkpoints::in_folder(folder.path()).unwrap();
        assert_eq!(checkpoints.lanes("m", "s", 2), [None, Some(sequence(30))]);
        assert_eq!(checkpoints.window("m", "s", 2, 0), None);
        assert_eq!(checkpoints.window("m", "s", 2, 1), window);
        assert_eq!(checkpoints.window("m", "s", 4, 1), None);
        checkpoints.lane_settled("m", "s", 2, 1, None, None);
        assert_eq!(checkpoints.window("m", "s", 2, 1), None);
        assert_eq!(checkpoints.lanes("m", "s", 2)[1], Some(sequence(30)));
        checkpoints.lane_settled("m", "s", 2, 0, Some(sequence(20)), window);
        checkpoints.lane_done("m", "s", 4, 3, sequence(40));
        assert_eq!(checkpoints.window("m", "s", 4, 0), None);
    }

    #[test]
    fn a_damaged_file_counts_as_missing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "{ half").unwrap();
        let checkpoints = Checkpoints::in_folder(folder.path()).unwrap();
        assert_eq!(checkpoints.resume("m", "arn", 7), None);
    }
}
