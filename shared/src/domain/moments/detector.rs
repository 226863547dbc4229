//! Messages in, moments out.

use std::collections::BTreeMap;

use super::bucket::{BUCKET_MS, Bucket};
use super::moment::Moment;
use super::ranges::Ranges;
use super::state::State;
use crate::domain::{Sequence, Timestamp};

/// How long after its end a bucket still takes messages, in milliseconds: a message is stored within
/// 1.5 seconds of getting its number, and a batch of a stream waits for at most a few.
pub const GRACE_MS: i64 = 10_000;

/// A message, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    pub at: Timestamp,
    pub sequence: Sequence,
    pub user: &'a str,
    pub content: &'a str,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folded {
    Counted,
    /// It was folded before, and nothing changed.
    Repeated,
    /// Its bucket is closed, and nothing changed.
    Late,
}

/// Finds the moments of one room. Its size does not depend on how long or how much the room talks:
/// three or four open buckets of at most about 1.5 KB each, and under 2 KB beside them.
///
/// **What the caller owes**, for the same moments whatever the batches: between two calls of
/// [`Detector::advance`] messages may come in any order, repeat, or repeat what earlier batches had.
/// `advance` gets the newest time among what was folded so far, or a later one; then a message that is
/// at most [`GRACE_MS`] older than that is counted, one that is older is [`Folded::Late`] and ignored.
/// The state is stored with what it was computed from as one write (compare-and-set); a write that
/// lost is computed again from what is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detector {
    pub(super) open: BTreeMap<i64, Bucket>,
    /// The sequence numbers in open buckets.
    pub(super) folded: Ranges,
    /// The bucket that closes next; `None` until something was said.
    pub(super) next: Option<i64>,
    pub(super) state: State,
}

impl Detector {
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a message, once. The most said words are approximate and can differ with the order.
    pub fn fold(&mut self, said: &Said<'_>) -> Folded {
        let index = said.at.as_millis().div_euclid(BUCKET_MS);
        if self.next.is_some_and(|next| index < next) {
            return Folded::Late;
        }
        if !self.folded.insert(said.sequence.get()) {
            return Folded::Repeated;
        }
        let bucket = self.open.entry(index).or_insert_with(Bucket::new);
        bucket.add(said.sequence.get(), said.user, said.content);
        Folded::Counted
    }

    /// Closes the buckets that ended [`GRACE_MS`] before `now` and returns the moments that this ended,
    /// oldest first; a moment is told about 30 seconds after its end. Going back changes nothing.
    pub fn advance(&mut self, now: Timestamp) -> Vec<Moment> {
        self.close_until((now.as_millis() - GRACE_MS).max(0).div_euclid(BUCKET_MS))
    }

    /// Closes everything: the log ends here.
    pub fn finish(&mut self) -> Vec<Moment> {
        let end = self.open.last_key_value().map(|(index, _)| index + 1);
        let mut moments = end.map_or_else(Vec::new, |end| self.close_until(end));
        moments.extend(self.state.candidate.take().and_then(|candidate| candidate.moment()));
        moments
    }

    /// What looks like a moment and has not ended yet.
    pub fn in_progress(&self) -> Option<Moment> {
        self.state.candidate.as_ref()?.moment()
    }

    fn close_until(&mut self, end: i64) -> Vec<Moment> {
        let mut moments = Vec::new();
        let first = || self.open.first_key_value().map(|(index, _)| (*index).min(end));
        let Some(mut next) = self.next.or_else(first) else { return moments };
        while next < end {
            let bucket = self.open.remove(&next);
            if bucket.is_none() && self.state.is_blank() {
                // However long a silence lasts, it takes a bounded time.
                let said = self.open.first_key_value().map_or(end, |(index, _)| *index);
                next = said.min(end);
                continue;
            }
            let closed = bucket.unwrap_or_else(Bucket::new).close(next);
            moments.extend(self.state.close(closed));
            next += 1;
        }
        self.next = Some(next);
        let floor = self.open.values().map(|bucket| bucket.first).min();
        self.folded.forget_below(floor.unwrap_or(u64::MAX));
        moments
    }
}
