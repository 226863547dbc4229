//! The naive count: every message kept, everything in maps. What the analytics say has to be this.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use shared::domain::analytics::{EmoteNames, Reading};

/// A message as it was stored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Said {
    pub(crate) sequence: u64,
    pub(crate) user: String,
    pub(crate) content: String,
    /// RFC 3339.
    pub(crate) timestamp: String,
}

/// Of one minute.
#[derive(Clone, Debug, Default)]
pub(super) struct MinuteCount {
    pub(super) messages: u64,
    pub(super) characters: u64,
    pub(super) chatters: BTreeSet<String>,
}

/// Of one room.
#[derive(Clone, Debug, Default)]
pub(super) struct Recount {
    pub(super) messages: u64,
    pub(super) characters: u64,
    pub(super) chatters: HashMap<String, u64>,
    /// By RFC 3339 up to the minute.
    pub(super) minutes: BTreeMap<String, MinuteCount>,
    pub(super) words: HashMap<String, u64>,
    pub(super) emotes: HashMap<String, u64>,
    pub(super) commands: HashMap<String, u64>,
    pub(super) questions: u64,
    pub(super) links: u64,
    /// Messages whose text was said before, but for case and white space.
    pub(super) repeated: u64,
    /// Characters of each message, in order of size.
    pub(super) lengths: Vec<u64>,
}

impl Recount {
    pub(super) fn of(said: &[Said], emotes: &EmoteNames) -> Self {
        let mut count = Self::default();
        let mut texts = BTreeSet::new();
        for Said { user, content, timestamp, .. } in said {
            let reading = Reading::of(content, emotes);
            let characters = content.chars().count() as u64;
            count.messages += 1;
            count.characters += characters;
            count.lengths.push(characters);
            *count.chatters.entry(user.clone()).or_default() += 1;
            let minute = count.minutes.entry(timestamp.chars().take(16).collect()).or_default();
            minute.messages += 1;
            minute.characters += characters;
            minute.chatters.insert(user.clone());
            reading.words.into_iter().for_each(|word| *count.words.entry(word).or_default() += 1);
            reading.emotes.into_iter().for_each(|emote| *count.emotes.entry(emote).or_default() += 1);
            reading.command.into_iter().for_each(|name| *count.commands.entry(name).or_default() += 1);
            count.questions += u64::from(reading.question);
            count.links += u64::from(reading.link);
            let like = content.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ");
            count.repeated += u64::from(!texts.insert(like));
        }
        count.lengths.sort_unstable();
        count
    }

    /// The length that `percent` of the messages do not exceed.
    pub(super) fn length(&self, percent: u64) -> Option<u64> {
        let rank = (self.lengths.len() as u64 * percent).div_ceil(100).max(1);
        self.lengths.get(usize::try_from(rank - 1).ok()?).copied()
    }
}
