//! What is known of a stretch of a room's messages.

use super::bucket::Minute;
use super::chatters::{Chatters, Trace};
use super::distinct::Distinct;
use super::emotes::EmoteNames;
use super::erased::Erased;
use super::estimate::Estimate;
use super::ledger::Tally;
use super::lengths::Lengths;
use super::ranges::Ranges;
use super::series::{Point, Series};
use super::text::Reading;
use super::top::Top;
use crate::domain::Timestamp;

/// Names of each kind that a rollup keeps before it estimates. With the longest names that are
/// possible a row has less than 300 KB, and DynamoDB takes 400.
pub(super) const CHATTERS: usize = 2_048;
pub(super) const WORDS: usize = 2_048;
pub(super) const EMOTES: usize = 512;
pub(super) const COMMANDS: usize = 256;
const TEXTS: usize = 2_048;

/// One thing that happened to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// It was said.
    Said {
        /// Its place in the room.
        sequence: u64,
        /// When.
        at: Timestamp,
        /// By whom.
        user: String,
        /// What.
        content: String,
        /// Whether the user has said nothing in this room before this minute.
        newcomer: bool,
    },
    /// It was taken back: deleted, or erased with its user.
    Unsaid {
        /// Its place in the room.
        sequence: u64,
        /// Who had said it.
        user: String,
        /// What had been said.
        content: String,
    },
}

/// Messages of a minute, or of several minutes merged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rollup {
    /// Sequences of the minute that were said or taken back; empty where minutes are merged.
    pub(super) seen: Ranges,
    /// Those of them that were taken back.
    pub(super) unsaid: Ranges,
    /// When the newest of the messages was said, in milliseconds.
    pub(super) newest: i64,
    pub(super) questions: u64,
    pub(super) links: u64,
    pub(super) lengths: Lengths,
    pub(super) chatters: Chatters,
    pub(super) words: Top,
    pub(super) emotes: Top,
    pub(super) commands: Top,
    pub(super) texts: Distinct,
    pub(super) series: Series,
    /// Whether a sketch still holds something that was taken back.
    pub(super) stale: bool,
    /// Erasures that it could not follow.
    pub(super) erased: Erased,
}

/// Adds records to what is known of a minute. A record that is in already changes nothing, so they
/// may repeat, split, come late and in any order: what can be counted is counted alike. Only which
/// rare words of more than 2,048 are remembered depends on the order, and the bounds say so.
#[must_use]
pub fn fold<'a>(
    mut rollup: Rollup,
    records: impl IntoIterator<Item = &'a Record>,
    names: &EmoteNames,
) -> Rollup {
    for record in records {
        match record {
            Record::Said { sequence, at, user, content, newcomer } => {
                if rollup.seen.insert(*sequence) {
                    rollup.add(*at, user, &Reading::of(content, names), *newcomer);
                }
            }
            Record::Unsaid { sequence, user, content } => {
                if rollup.unsaid.insert(*sequence) && !rollup.seen.insert(*sequence) {
                    rollup.subtract(user, &Reading::of(content, names));
                }
            }
        }
    }
    rollup
}

impl Rollup {
    fn add(&mut self, at: Timestamp, user: &str, reading: &Reading, newcomer: bool) {
        self.newest = self.newest.max(at.as_millis());
        self.questions += u64::from(reading.question);
        self.links += u64::from(reading.link);
        self.lengths.add(reading.characters);
        self.chatters.add(user, newcomer, CHATTERS);
        reading.words.iter().for_each(|word| self.words.add(word, 1, WORDS));
        reading.emotes.iter().for_each(|emote| self.emotes.add(emote, 1, EMOTES));
        reading.command.iter().for_each(|command| self.commands.add(command, 1, COMMANDS));
        self.texts.add(reading.likeness, 1, TEXTS);
    }

    fn subtract(&mut self, user: &str, reading: &Reading) {
        self.questions -= u64::from(reading.question).min(self.questions);
        self.links -= u64::from(reading.link).min(self.links);
        self.lengths.subtract(reading.characters);
        reading.words.iter().for_each(|word| self.words.subtract(word, 1));
        reading.emotes.iter().for_each(|emote| self.emotes.subtract(emote, 1));
        reading.command.iter().for_each(|command| self.commands.subtract(command, 1));
        let chatters = self.chatters.subtract(user);
        let texts = self.texts.subtract(reading.likeness, 1);
        self.stale |= !(chatters && texts);
    }

    /// The minute as its messages say that are still stored: what was seen and taken back stays that.
    /// For a rollup that [is stale](Self::is_stale).
    #[must_use]
    pub fn rebuilt<'a>(&self, stored: impl IntoIterator<Item = &'a Record>, names: &EmoteNames) -> Self {
        let mut rebuilt = Self { newest: self.newest, erased: self.erased.clone(), ..Self::default() };
        for record in stored {
            if let Record::Said { sequence, at, user, content, newcomer } = record
                && self.seen.contains(*sequence)
                && !self.unsaid.contains(*sequence)
                && rebuilt.seen.insert(*sequence)
            {
                rebuilt.add(*at, user, &Reading::of(content, names), *newcomer);
            }
        }
        Self { seen: self.seen.clone(), unsaid: self.unsaid.clone(), ..rebuilt }
    }

    /// The user was in this room before this minute, as came to light later.
    pub fn known(&mut self, user: &str) {
        self.stale |= !self.chatters.known(user);
    }

    /// The first message of the user that still stands is of this minute, as came to light later.
    pub fn came_first(&mut self, user: &str) {
        self.chatters.came_first(user, CHATTERS);
    }

    /// Takes out who said something whose messages are gone already: the name, and the user from those
    /// who are counted exactly. What is left of what they said is in the sums, and what is left of them
    /// in a sketch, so that the rollup bears the mark of the `erasure`. `false` where nothing changed:
    /// nothing was known of the user, or the erasure was followed before.
    pub fn erase(&mut self, user: &str, erasure: u64) -> bool {
        match self.chatters.erase(user) {
            Trace::None => false,
            Trace::Removed => {
                self.erased.insert(erasure);
                true
            }
            Trace::Blurred => self.erased.insert(erasure),
        }
    }

    /// Whether it bears the mark of an erasure.
    pub fn bears_mark_of(&self, erasure: u64) -> bool {
        self.erased.contains(erasure)
    }

    /// Takes the marks over that a row bore which this one replaces.
    pub fn bear_marks_of(&mut self, replaced: &Self) {
        self.erased.merge(&replaced.erased);
    }

    /// Users whom it may still count though they were erased, at most 256.
    pub fn erased_users(&self) -> u64 {
        self.erased.count()
    }

    /// Without anybody's name, for what is kept longer than the messages. The numbers stay.
    #[must_use]
    pub fn anonymous(mut self) -> Self {
        self.chatters.forget_all(CHATTERS);
        self
    }

    /// Adds the rollup of a minute to that of its hour.
    pub fn merge_minute(&mut self, minute: Minute, other: &Self) {
        self.merge(other);
        let Tally { messages, characters, .. } = other.tally();
        if messages > 0 {
            let unique = other.chatters.unique();
            self.series.insert(minute, Point { messages, characters, unique });
        }
    }

    /// Adds the rollup of other minutes.
    pub fn merge(&mut self, other: &Self) {
        self.newest = self.newest.max(other.newest);
        self.questions += other.questions;
        self.links += other.links;
        self.lengths.merge(&other.lengths);
        self.chatters.merge(&other.chatters, CHATTERS);
        self.words.merge(&other.words, WORDS);
        self.emotes.merge(&other.emotes, EMOTES);
        self.commands.merge(&other.commands, COMMANDS);
        self.texts.merge(&other.texts, TEXTS);
        self.series.merge(&other.series);
        self.stale |= other.stale;
        self.erased.merge(&other.erased);
    }

    /// Sums.
    pub fn tally(&self) -> Tally {
        let newcomers = self.chatters.newcomers();
        Tally {
            messages: self.lengths.messages(),
            characters: self.lengths.characters(),
            newcomers: newcomers.value,
            estimated: !newcomers.is_exact(),
        }
    }

    /// Those who said something.
    pub fn chatters(&self) -> &Chatters {
        &self.chatters
    }

    /// Different users.
    pub fn unique_chatters(&self) -> Estimate {
        self.chatters.unique()
    }

    /// Whether both hold the same records, so that there is nothing to write.
    pub fn has_records_of(&self, other: &Self) -> bool {
        self.seen == other.seen && self.unsaid == other.unsaid
    }

    /// The sequences of the minute that were said or taken back.
    pub fn seen(&self) -> &Ranges {
        &self.seen
    }

    /// When the newest message was said; `None` before the first.
    pub fn newest(&self) -> Option<Timestamp> {
        Timestamp::from_millis(self.newest).ok().filter(|_| self.newest > 0)
    }

    /// Whether a sketch still holds something that was taken back, so that estimates can be too
    /// high.
    pub fn is_stale(&self) -> bool {
        self.stale
    }
}
