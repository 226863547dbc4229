//! Five seconds of a room: open while messages can still come, then a few numbers.

use super::places::Places;
use super::reaction::{is_reaction, telling};
use super::words::Words;

/// Length of a bucket in milliseconds. Buckets begin at multiples of it since 1970.
pub const BUCKET_MS: i64 = 5_000;

/// A bucket that still takes messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bucket {
    pub(super) messages: u32,
    pub(super) reactions: u32,
    pub(super) chatters: Places,
    /// Those among them who reacted.
    pub(super) reactors: Places,
    pub(super) texts: Places,
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) words: Words,
}

impl Bucket {
    pub(super) fn new() -> Self {
        Self {
            messages: 0,
            reactions: 0,
            chatters: Places::default(),
            reactors: Places::default(),
            texts: Places::default(),
            first: u64::MAX,
            last: 0,
            words: Words::default(),
        }
    }

    pub(super) fn add(&mut self, sequence: u64, user: &str, content: &str) {
        self.messages = self.messages.saturating_add(1);
        self.chatters.take(user);
        if is_reaction(content) {
            self.reactions = self.reactions.saturating_add(1);
            self.reactors.take(user);
        }
        self.texts.take(&content.to_lowercase());
        self.first = self.first.min(sequence);
        self.last = self.last.max(sequence);
        for word in telling(content) {
            self.words.add(&word, 1);
        }
    }

    pub(super) fn close(self, index: i64) -> Closed {
        Closed {
            index,
            messages: self.messages,
            chatters: self.chatters.count().min(self.messages),
            reactors: self.reactors.count().min(self.reactions),
            reactions: self.reactions,
            repeats: self.messages.saturating_sub(self.texts.count()),
            first: self.first,
            last: self.last,
            words: self.words,
        }
    }
}

/// A bucket that takes nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Closed {
    /// Buckets since 1970.
    pub(super) index: i64,
    pub(super) messages: u32,
    pub(super) chatters: u32,
    pub(super) reactors: u32,
    pub(super) reactions: u32,
    /// Messages whose text was said before in the bucket.
    pub(super) repeats: u32,
    /// The range of sequence numbers; `first > last` in a silent bucket.
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) words: Words,
}
