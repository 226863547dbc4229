//! A lane: the records of one shard whose partition keys belong together, in order. One reader fills
//! all lanes of a shard, one task empties each, and a lane that is stuck holds up no other one.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout_at};

use super::drained::reached;
use super::event::Entry;
use super::sequence::SequenceNumber;
use super::window::Window;

/// Largest event of one invocation:
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>
const LARGEST_EVENT: usize = 6 * 1024 * 1024;

/// `{"Records":[]}`, and a comma for each record.
const ENVELOPE: usize = 16;

/// What a lane holds while its function is slow or failing. Beyond it records are left in the stream
/// and read again later.
const MOST_QUEUED_BYTES: usize = 4 * LARGEST_EVENT;
const MOST_QUEUED_RECORDS: usize = 20_000;

/// How records become batches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batching {
    pub(super) size: usize,
    pub(super) window: Duration,
}

#[derive(Debug)]
pub(super) struct Lane {
    state: Mutex<State>,
    /// For the task that empties the lane.
    filled: Notify,
    /// Records given to the function and done with, since the start.
    settled: watch::Sender<u64>,
}

/// What waits in a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Front {
    /// A record of this time, with or without others behind it.
    Record(SystemTime),
    Nothing,
    /// Nothing, and nothing will come.
    Closed,
}

/// How far a lane is.
#[derive(Debug)]
pub(super) struct Progress {
    /// Everything up to here is settled.
    pub(super) position: Option<SequenceNumber>,
    /// Records that were read and not yet given to the function.
    pub(super) waiting: usize,
    pub(super) in_flight: bool,
    /// When the first of those that wait was written.
    pub(super) oldest: Option<SystemTime>,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Entry>,
    queued_bytes: usize,
    /// Records taken in since the start.
    taken: u64,
    in_flight: bool,
    /// Everything of this lane up to here has been taken in.
    accepted: Option<SequenceNumber>,
    /// Everything of this lane up to here has been settled.
    done: Option<SequenceNumber>,
    /// The queue was full: what comes after `accepted` has to be read again.
    missing: bool,
    closed: bool,
}

impl Lane {
    /// `done` is where an earlier run got to.
    pub(super) fn new(done: Option<SequenceNumber>) -> Self {
        let state = State { accepted: done.clone(), done, ..State::default() };
        Self { state: Mutex::new(state), filled: Notify::new(), settled: watch::Sender::new(0) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn progress(&self) -> Progress {
        let state = self.state();
        Progress {
            position: state.done.clone(),
            waiting: state.queue.len(),
            in_flight: state.in_flight,
            oldest: state.queue.front().map(|entry| entry.created),
        }
    }

    /// The reader met a record of this lane, perhaps not for the first time.
    pub(super) fn offer(&self, entry: Entry) {
        let mut state = self.state();
        if state.missing || state.accepted.as_ref().is_some_and(|accepted| entry.sequence <= *accepted) {
            return;
        }
        if state.queue.len() >= MOST_QUEUED_RECORDS || state.queued_bytes >= MOST_QUEUED_BYTES {
            state.missing = true;
            return;
        }
        state.accepted = Some(entry.sequence.clone());
        state.queued_bytes += entry.json.len();
        state.taken += 1;
        state.queue.push_back(entry);
        drop(state);
        self.filled.notify_one();
    }

    /// The reader has offered everything up to `sequence`; what lies between is of other lanes or was
    /// filtered out. Returns the lane's checkpoint if that moved it.
    pub(super) fn pass(&self, sequence: &SequenceNumber) -> Option<SequenceNumber> {
        let mut state = self.state();
        if state.missing || state.accepted.as_ref().is_some_and(|accepted| sequence <= accepted) {
            return None;
        }
        state.accepted = Some(sequence.clone());
        if !state.queue.is_empty() || state.in_flight {
            return None;
        }
        state.done = Some(sequence.clone());
        state.done.clone()
    }

    /// The shard has ended: what is queued is the rest.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_one();
    }

    /// Where to read again because the lane was full and has room now.
    pub(super) fn reread_from(&self) -> Option<SequenceNumber> {
        let mut state = self.state();
        if !state.missing || !state.queue.is_empty() {
            return None;
        }
        state.missing = false;
        // A lane can only be full after it has accepted something.
        state.accepted.clone()
    }

    /// Everything of this lane up to here has been taken in.
    pub(super) fn accepted(&self) -> Option<SequenceNumber> {
        self.state().accepted.clone()
    }

    pub(super) fn is_missing_records(&self) -> bool {
        self.state().missing
    }

    pub(super) fn front(&self) -> Front {
        let state = self.state();
        match state.queue.front() {
            Some(entry) => Front::Record(entry.created),
            None if state.closed => Front::Closed,
            None => Front::Nothing,
        }
    }

    /// Waits until there may be another front. For one task alone.
    pub(super) async fn changed(&self) {
        self.filled.notified().await;
    }

    /// Waits for records and makes a batch of them; `None` when the lane is closed and empty.
    pub(super) async fn next_batch(&self, batching: Batching) -> Option<Vec<Entry>> {
        loop {
            match self.front() {
                Front::Record(_) => return Some(self.gather(batching, None).await),
                Front::Closed => return None,
                Front::Nothing => self.changed().await,
            }
        }
    }

    /// Makes a batch of the records that are there, and of those to come while the batching window is
    /// open; of those of a tumbling window only, if there is one.
    ///
    /// The batching window begins with the first record that is there after the last call has ended, and
    /// ends by number, size or time, whichever is first.
    pub(super) async fn gather(&self, batching: Batching, tumbling: Option<&Window>) -> Vec<Entry> {
        let deadline = Instant::now() + batching.window;
        while !batching.window.is_zero() && !self.is_batch_complete(batching.size, tumbling) {
            if timeout_at(deadline, self.filled.notified()).await.is_err() {
                break;
            }
        }
        self.take(batching.size, tumbling)
    }

    fn is_batch_complete(&self, size: usize, tumbling: Option<&Window>) -> bool {
        let state = self.state();
        let is_over = |window: &Window| state.queue.back().is_some_and(|last| !window.contains(last.created));
        state.closed
            || state.queue.len() >= size
            || state.queued_bytes >= LARGEST_EVENT
            || tumbling.is_some_and(is_over)
    }

    fn take(&self, size: usize, tumbling: Option<&Window>) -> Vec<Entry> {
        let mut state = self.state();
        let mut batch = Vec::new();
        let mut bytes = ENVELOPE + tumbling.map_or(0, Window::bytes);
        while batch.len() < size
            && let Some(next) = state.queue.front()
            && tumbling.is_none_or(|window| window.contains(next.created))
            && (batch.is_empty() || bytes + next.json.len() < LARGEST_EVENT)
            && let Some(next) = state.queue.pop_front()
        {
            bytes += next.json.len() + 1;
            state.queued_bytes -= next.json.len();
            batch.push(next);
        }
        state.in_flight = true;
        batch
    }

    /// The batch is done with up to and including `last`, `count` records more; `all` of it if it is.
    /// Returns the checkpoint.
    pub(super) fn settle(&self, last: &SequenceNumber, count: usize, all: bool) -> Option<SequenceNumber> {
        let mut state = self.state();
        state.in_flight = !all;
        let nothing_left = all && state.queue.is_empty();
        state.done = if nothing_left { state.accepted.clone() } else { Some(last.clone()) };
        let done = state.done.clone();
        drop(state);
        self.settled.send_modify(|settled| *settled += count as u64);
        done
    }

    /// Waits until all that has been taken in so far is settled.
    pub(super) async fn settled_so_far(&self) {
        let taken = self.state().taken;
        reached(&self.settled, taken).await;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use super::super::window::Windows;
    use super::*;

    const NO_WINDOW: Batching = Batching { size: 3, window: Duration::ZERO };
    const WINDOW: Batching = Batching { size: 3, window: Duration::from_secs(5) };

    fn sequence(number: usize) -> SequenceNumber {
        SequenceNumber::new(number.to_string())
    }

    fn entry(number: usize, bytes: usize) -> Entry {
        Entry { sequence: sequence(number), key_hash: 0, created: SystemTime::now(), json: "x".repeat(bytes) }
    }

    fn numbers(batch: &[Entry]) -> Vec<&str> {
        batch.iter().map(|entry| entry.sequence.as_str()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_window_a_batch_is_what_is_there() {
        let lane = Lane::new(None);
        for number in 1..=4 {
            lane.offer(entry(number, 10));
        }
        assert_eq!(numbers(&lane.next_batch(NO_WINDOW).await.unwrap()), ["1", "2", "3"]);
        lane.settle(&sequence(3), 3, true);
        assert_eq!(numbers(&lane.next_batch(NO_WINDOW).await.unwrap()), ["4"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_ends_by_time_or_by_number() {
        let lane = Arc::new(Lane::new(None));
        let start = Instant::now();
        lane.offer(entry(1, 10));
        assert_eq!(lane.next_batch(WINDOW).await.unwrap().len(), 1);
        assert_eq!(start.elapsed(), WINDOW.window);

        let later = Arc::clone(&lane);
        tokio::spawn(async move {
            for number in 2..=4 {
                later.offer(entry(number, 10));
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        let start = Instant::now();
        assert_eq!(lane.next_batch(WINDOW).await.unwrap().len(), 3);
        assert_eq!(start.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_ends_by_size_and_no_event_is_larger_than_6_mb() {
        let lane = Lane::new(None);
        for number in 1..=3 {
            lane.offer(entry(number, 2_200_000));
        }
        let start = Instant::now();
        let large = Batching { size: 10_000, ..WINDOW };
        assert_eq!(lane.next_batch(large).await.unwrap().len(), 2);
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_is_of_one_tumbling_window_and_waits_no_longer_than_for_the_next_one() {
        let lane = Lane::new(None);
        let at = |second| SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        for (number, second) in [(1, 8), (2, 9), (3, 10)] {
            lane.offer(Entry { created: at(second), ..entry(number, 10) });
        }
        let mut windows = Windows::new(Duration::from_secs(10), String::new(), String::new(), None);
        let start = Instant::now();
        let large = Batching { size: 10_000, ..WINDOW };
        assert_eq!(numbers(&lane.gather(large, Some(windows.of_record(at(8)))).await), ["1", "2"]);
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!(lane.front(), Front::Record(at(10)));
        assert_eq!(numbers(&lane.gather(large, Some(windows.of_record(at(10)))).await), ["3"]);
        assert_eq!(start.elapsed(), WINDOW.window);
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_with_its_state_is_not_larger_than_6_mb() {
        let lane = Lane::new(None);
        for number in 1..=2 {
            lane.offer(Entry { created: SystemTime::UNIX_EPOCH, ..entry(number, 2_700_000) });
        }
        let mut windows = Windows::new(Duration::from_secs(10), String::new(), String::new(), None);
        windows.of_record(SystemTime::UNIX_EPOCH);
        windows.aggregate("1".repeat(1_000_000));
        let window = windows.open().unwrap();
        assert_eq!(numbers(&lane.gather(NO_WINDOW, Some(window)).await), ["1"]);
        assert_eq!(numbers(&lane.gather(NO_WINDOW, Some(window)).await), ["2"]);
    }

    #[tokio::test]
    async fn a_record_that_was_taken_in_is_not_taken_again() {
        let lane = Lane::new(Some(sequence(2)));
        for number in [1, 2, 3, 3, 2] {
            lane.offer(entry(number, 10));
        }
        lane.close();
        assert_eq!(numbers(&lane.next_batch(NO_WINDOW).await.unwrap()), ["3"]);
        assert!(lane.next_batch(NO_WINDOW).await.is_none());
    }

    #[tokio::test]
    async fn the_checkpoint_never_passes_a_record_that_is_not_settled() {
        let lane = Lane::new(None);
        assert_eq!(lane.pass(&sequence(1)), Some(sequence(1)));
        lane.offer(entry(2, 10));
        assert_eq!(lane.pass(&sequence(3)), None);
        let batch = lane.next_batch(NO_WINDOW).await.unwrap();
        lane.offer(entry(4, 10));
        assert_eq!(lane.pass(&sequence(5)), None);
        assert_eq!(lane.settle(&sequence(2), batch.len(), true), Some(sequence(2)));
        let batch = lane.next_batch(NO_WINDOW).await.unwrap();
        assert_eq!(lane.settle(&sequence(4), batch.len(), true), Some(sequence(5)));
    }

    #[tokio::test]
    async fn a_full_lane_reads_again_what_it_could_not_hold() {
        let lane = Lane::new(None);
        for number in 1..=MOST_QUEUED_RECORDS + 5 {
            lane.offer(entry(number, 1));
        }
        let accepted = sequence(MOST_QUEUED_RECORDS);
        assert!(lane.is_missing_records());
        assert_eq!(lane.pass(&sequence(MOST_QUEUED_RECORDS + 5)), None);
        assert_eq!(lane.reread_from(), None, "there is no room yet");
        let all = Batching { size: MOST_QUEUED_RECORDS, ..NO_WINDOW };
        let batch = lane.next_batch(all).await.unwrap();
        assert_eq!(lane.settle(&accepted, batch.len(), true), Some(accepted.clone()));
        assert_eq!(lane.reread_from(), Some(accepted));
        lane.offer(entry(MOST_QUEUED_RECORDS + 1, 1));
        assert_eq!(lane.next_batch(all).await.unwrap().len(), 1);
    }
}
