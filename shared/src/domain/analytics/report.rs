//! What a rollup says to a person.

use super::bucket::Minute;
use super::estimate::Estimate;
use super::rollup::Rollup;
use super::series::Point;
use crate::domain::Timestamp;

/// Something and how often it occurred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// A user id, word, emote or command.
    pub name: String,
    /// Messages of a user; occurrences of anything else.
    pub count: Estimate,
}

/// One minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinuteReport {
    /// Which.
    pub minute: Minute,
    /// Messages.
    pub messages: u64,
    /// Unicode scalar values in them.
    pub characters: u64,
    /// Different users.
    pub unique_chatters: Estimate,
}

/// An hour or a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketReport {
    /// When it began.
    pub start: Timestamp,
    /// Messages.
    pub messages: u64,
    /// Unicode scalar values in them.
    pub characters: u64,
    /// Different users.
    pub unique_chatters: Estimate,
    /// Those of them who had said nothing before in this room.
    pub new_chatters: Estimate,
    /// Users whom it may still count though they were erased.
    pub erased_users: u64,
}

impl BucketReport {
    /// What `rollup` says of the bucket that begins then; nothing was said where there is none.
    pub fn of(start: Timestamp, rollup: Option<&Rollup>) -> Self {
        let nothing = Rollup::default();
        let rollup = rollup.unwrap_or(&nothing);
        let tally = rollup.tally();
        Self {
            start,
            messages: tally.messages,
            characters: tally.characters,
            unique_chatters: rollup.unique_chatters(),
            new_chatters: rollup.chatters.newcomers(),
            erased_users: rollup.erased_users(),
        }
    }
}

/// A stretch of minutes. Shares are of all messages.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Messages.
    pub messages: u64,
    /// Unicode scalar values in them.
    pub characters: u64,
    /// Different users.
    pub unique_chatters: Estimate,
    /// Those of them who had said nothing before in this room.
    pub new_chatters: Estimate,
    /// The others.
    pub returning_chatters: Estimate,
    /// Every minute of the series, oldest first.
    pub series: Vec<MinuteReport>,
    /// The minute with the most messages, if there is one with any.
    pub peak: Option<MinuteReport>,
    /// Most frequent first.
    pub top_chatters: Vec<Named>,
    /// Most frequent first.
    pub top_words: Vec<Named>,
    /// Most frequent first.
    pub top_emotes: Vec<Named>,
    /// Most frequent first.
    pub top_commands: Vec<Named>,
    /// Unicode scalar values that at least half of the messages do not exceed.
    pub length_p50: Option<u64>,
    /// The same for 95 of 100.
    pub length_p95: Option<u64>,
    /// Messages that ask something.
    pub questions: u64,
    /// Messages with a link.
    pub links: u64,
    /// Messages whose text was said before in the stretch, but for case and white space.
    pub repeated: Estimate,
    /// Whether something that was taken back may still be in the estimates.
    pub stale: bool,
    /// Users whom the stretch may still count though they were erased.
    pub erased_users: u64,
}

impl Report {
    /// What `rollup` says, with these minutes as its series; of names, at most `limit` each.
    pub fn of(rollup: &Rollup, minutes: impl Iterator<Item = Minute>, limit: usize) -> Self {
        let tally = rollup.tally();
        let unique_chatters = rollup.unique_chatters();
        let new_chatters = rollup.chatters.newcomers();
        let named = |rows: Vec<(&str, Estimate)>| {
            rows.into_iter().map(|(name, count)| Named { name: name.to_owned(), count }).collect()
        };
        let report = |minute, point: Option<Point>| {
            let none = Point { messages: 0, characters: 0, unique: Estimate::exact(0) };
            let Point { messages, characters, unique } = point.unwrap_or(none);
            MinuteReport { minute, messages, characters, unique_chatters: unique }
        };
        Self {
            messages: tally.messages,
            characters: tally.characters,
            unique_chatters,
            new_chatters,
            returning_chatters: unique_chatters.without(new_chatters),
            series: minutes.map(|minute| report(minute, rollup.series.get(minute))).collect(),
            peak: rollup.series.peak().map(|(minute, point)| report(minute, Some(point))),
            top_chatters: named(rollup.chatters.most(limit)),
            top_words: named(rollup.words.most(limit)),
            top_emotes: named(rollup.emotes.most(limit)),
            top_commands: named(rollup.commands.most(limit)),
            length_p50: rollup.lengths.percentile(50),
            length_p95: rollup.lengths.percentile(95),
            questions: rollup.questions,
            links: rollup.links,
            repeated: Estimate::exact(tally.messages).without(rollup.texts.estimate()),
            stale: rollup.stale,
            erased_users: rollup.erased_users(),
        }
    }
}
