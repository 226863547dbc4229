//! What was found.

use crate::domain::{Sequence, Timestamp};

/// A highlight of a room. Its times are the chat's: people need 5 to 15 seconds to react, so what
/// they react to begins about that long before `start`.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// When more people than usual began to speak; a multiple of [`super::BUCKET_MS`].
    pub start: Timestamp,
    /// The middle of the five seconds in which most did.
    pub peak: Timestamp,
    /// When they had stopped; at most some 2 minutes after `start`.
    pub end: Timestamp,
    /// How unusual the peak was: standard deviations above the room's usual, weighted by how alike
    /// and short the messages were. Comparable within a room; 6 and above.
    pub score: f64,
    /// Messages from the first to the last sequence number, where the history can be opened.
    pub first: Sequence,
    /// The last one.
    pub last: Sequence,
    pub why: Why,
}

/// What made it one.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// Messages in the moment.
    pub messages: u64,
    /// Messages a second in its peak bucket.
    pub rate: f64,
    /// Unique chatters in its peak bucket of five seconds.
    pub chatters: u32,
    /// How many it usually had per bucket before.
    pub usual_chatters: f64,
    /// Share of messages that only react: three words, an emote, a laugh. 0 to 1.
    pub reaction_share: f64,
    /// Share of messages whose text was said before within the same five seconds. 0 to 1.
    pub repeat_share: f64,
    /// Words said most, at most five, most said first. Counts are approximate.
    pub words: Vec<Term>,
    /// Emotes used most, likewise.
    pub emotes: Vec<Term>,
}

/// A word or an emote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    pub text: String,
    /// In how many messages.
    pub count: u32,
}
