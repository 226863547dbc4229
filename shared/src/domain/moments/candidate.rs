//! What may become a moment: it has begun, and nobody knows yet when it ends.

use super::bucket::{BUCKET_MS, Closed};
use super::moment::{Moment, Term, Why};
use super::reaction::is_emote;
use super::tuning::{BREATH, LONGEST, MERGE, OFF};
use super::words::Words;
use crate::domain::{Sequence, Timestamp};

/// How many words, and how many emotes, a moment names.
const TERMS: usize = 5;

/// Sums over buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) messages: u64,
    pub(super) reactions: u64,
    pub(super) repeats: u64,
    /// The sequence numbers; `None` without a message.
    pub(super) range: Option<(u64, u64)>,
    pub(super) words: Words,
}

impl Totals {
    fn add(&mut self, bucket: &Closed) {
        if bucket.messages == 0 {
            return;
        }
        self.messages += u64::from(bucket.messages);
        self.reactions += u64::from(bucket.reactions);
        self.repeats += u64::from(bucket.repeats);
        self.range = union(self.range, Some((bucket.first, bucket.last)));
        self.words.merge(&bucket.words);
    }

    fn join(&mut self, other: &Self) {
        self.messages += other.messages;
        self.reactions += other.reactions;
        self.repeats += other.repeats;
        self.range = union(self.range, other.range);
        self.words.merge(&other.words);
    }
}

fn union(a: Option<(u64, u64)>, b: Option<(u64, u64)>) -> Option<(u64, u64)> {
    match (a, b) {
        (Some((first, last)), Some((other_first, other_last))) => {
            Some((first.min(other_first), last.max(other_last)))
        }
        (one, other) => one.or(other),
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    /// Buckets since 1970: the first, the last that belongs to it, the one with most chatters.
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) peak: i64,
    pub(super) peak_chatters: u32,
    pub(super) peak_messages: u32,
    pub(super) usual_chatters: f64,
    pub(super) score: f64,
    /// Until `end`, and what came since.
    pub(super) inside: Totals,
    pub(super) since: Totals,
}

impl Candidate {
    /// Begins with the buckets that led to it; `None` without any.
    pub(super) fn begin(led: &[Closed], usual_chatters: f64, score: f64) -> Option<Self> {
        let (first, last) = (led.first()?, led.last()?);
        let mut candidate = Self {
            start: first.index,
            end: last.index,
            peak: first.index,
            peak_chatters: 0,
            peak_messages: 0,
            usual_chatters,
            score,
            inside: Totals::default(),
            since: Totals::default(),
        };
        for bucket in led {
            candidate.inside.add(bucket);
            candidate.rise_to(bucket);
        }
        Some(candidate)
    }

    fn rise_to(&mut self, bucket: &Closed) {
        if bucket.chatters > self.peak_chatters {
            self.peak = bucket.index;
            self.peak_chatters = bucket.chatters;
            self.peak_messages = bucket.messages;
        }
    }

    /// Goes on with the next bucket and its score; `true` when the moment is over.
    pub(super) fn goes_on(&mut self, bucket: &Closed, score: f64, on: f64) -> bool {
        self.since.add(bucket);
        let quiet = u32::try_from(bucket.index - self.end).unwrap_or(u32::MAX);
        // After a breath only a new burst belongs to it.
        if bucket.messages > 0 && score >= if quiet <= BREATH { OFF } else { on } {
            let since = std::mem::take(&mut self.since);
            self.inside.join(&since);
            self.rise_to(bucket);
            self.end = bucket.index;
            self.score = self.score.max(score);
        }
        u32::try_from(bucket.index - self.end).is_ok_and(|quiet| quiet >= MERGE)
            || bucket.index - self.start + 1 >= LONGEST
    }

    /// `None` where a time or a sequence number is none, which stored state alone could bring about.
    pub(super) fn moment(&self) -> Option<Moment> {
        let (first, last) = self.inside.range?;
        let at = |ms: i64| Timestamp::from_millis(ms).ok();
        let share = |part: u64| part as f64 / self.inside.messages.max(1) as f64;
        let (emotes, words): (Vec<_>, Vec<_>) =
            self.inside.words.top().into_iter().partition(|(text, _)| is_emote(text));
        let terms = |list: Vec<(String, u32)>| {
            list.into_iter().take(TERMS).map(|(text, count)| Term { text, count }).collect()
        };
        Some(Moment {
            start: at(self.start.checked_mul(BUCKET_MS)?)?,
            peak: at(self.peak.checked_mul(BUCKET_MS)?.checked_add(BUCKET_MS / 2)?)?,
            end: at(self.end.checked_add(1)?.checked_mul(BUCKET_MS)?)?,
            score: self.score,
            first: Sequence::new("first", first).ok()?,
            last: Sequence::new("last", last).ok()?,
            why: Why {
                messages: self.inside.messages,
                rate: f64::from(self.peak_messages) * 1000.0 / BUCKET_MS as f64,
                chatters: self.peak_chatters,
                usual_chatters: self.usual_chatters,
                reaction_share: share(self.inside.reactions),
                repeat_share: share(self.inside.repeats),
                words: terms(words),
                emotes: terms(emotes),
            },
        })
    }
}
