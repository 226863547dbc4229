//! How the last ten seconds of a room compare with what is usual in it.

use super::bucket::Closed;
use super::tuning::TALKER_WEIGHT;

/// The numbers of two buckets in a row: a burst lasts longer than five seconds, chance does not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    /// Mean chatters per bucket.
    pub(super) chatters: f64,
    /// The same, but who only talks counts for less: conversation is what reactions have to be heard
    /// above.
    pub(super) excited: f64,
    /// Chatters for each message, at most 1: how little of it is said by the same few.
    pub(super) people: f64,
    /// Shares of the messages; `None` without any.
    pub(super) shares: Option<Shares>,
}

/// How people talk: 0 to 1 each.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Shares {
    pub(super) reactions: f64,
    pub(super) repeats: f64,
}

impl Pair {
    /// Chatters, of whom so many react.
    pub(super) fn excited(chatters: f64, reactors: f64) -> f64 {
        reactors + TALKER_WEIGHT * (chatters - reactors)
    }

    pub(super) fn new(before: Option<&Closed>, now: &Closed) -> Self {
        let sum =
            |of: fn(&Closed) -> u32| f64::from(of(now)) + before.map_or(0.0, |before| f64::from(of(before)));
        let messages = sum(|bucket| bucket.messages);
        let shares = Shares {
            reactions: sum(|bucket| bucket.reactions) / messages,
            repeats: sum(|bucket| bucket.repeats) / messages,
        };
        let buckets = if before.is_some() { 2.0 } else { 1.0 };
        let (chatters, reactors) = (sum(|bucket| bucket.chatters), sum(|bucket| bucket.reactors));
        Self {
            chatters: chatters / buckets,
            excited: Self::excited(chatters, reactors) / buckets,
            people: if messages > 0.0 { (chatters / messages).min(1.0) } else { 0.0 },
            shares: (messages > 0.0).then_some(shares),
        }
    }
}
