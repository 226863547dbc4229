//! What the analytics say, next to the recount: exact numbers must be equal, estimates must have the
//! truth within their bounds.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::recount::{MinuteCount, Recount};

/// How many numbers of a kind were compared, and how they did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) exact: u64,
    pub(super) estimates: u64,
    pub(super) wrong: u64,
    /// Largest distance of an estimate from the truth, as a share of it.
    pub(super) largest_error: f64,
    /// Sums of what was said and of the truth, exact numbers and estimates together.
    pub(super) reported: f64,
    pub(super) counted: f64,
}

/// All kinds, and the first numbers that were wrong.
#[derive(Clone, Debug, Default)]
pub(super) struct Comparison {
    pub(super) kinds: BTreeMap<&'static str, Tally>,
    pub(super) wrong: Vec<String>,
}

/// Means and shares are given with four decimals; whole numbers are whole.
const ROUNDING: f64 = 0.5e-4 + 1e-9;
/// How many wrong numbers are named.
const NAMED: usize = 20;

impl Comparison {
    /// One number of the answer against the truth.
    pub(super) fn number(&mut self, kind: &'static str, place: &str, said: &Value, truth: f64) {
        let tally = self.kinds.entry(kind).or_default();
        let field = |name: &str| said[name].as_f64();
        let fits = if let Some(value) = said.as_f64() {
            tally.exact += 1;
            tally.reported += value;
            (value - truth).abs() <= ROUNDING
        } else if let (Some(value), Some(low), Some(high)) = (field("value"), field("low"), field("high")) {
            tally.estimates += 1;
            tally.reported += value;
            tally.largest_error = tally.largest_error.max((value - truth).abs() / truth.abs().max(1e-9));
            low - ROUNDING <= truth && truth <= high + ROUNDING
        } else {
            false
        };
        tally.counted += truth;
        if !fits {
            tally.wrong += 1;
            if self.wrong.len() < NAMED {
                self.wrong.push(format!("{place} {kind}: {said}, counted {truth}"));
            }
        }
    }

    pub(super) fn is_right(&self) -> bool {
        self.kinds.values().all(|tally| tally.wrong == 0)
    }

    /// A room's answer for a window that has all of its messages in it.
    pub(super) fn room(&mut self, room: &str, said: &Value, truth: &Recount) {
        let chatters = truth.chatters.len() as f64;
        self.number("messages", room, &said["messages"], truth.messages as f64);
        self.number("characters", room, &said["characters"], truth.characters as f64);
        self.number("messages in all", room, &said["total"]["messages"], truth.messages as f64);
        self.number("characters in all", room, &said["total"]["characters"], truth.characters as f64);
        self.number("unique chatters", room, &said["uniqueChatters"], chatters);
        self.number("new chatters", room, &said["newChatters"], chatters);
        self.number("returning chatters", room, &said["returningChatters"], 0.0);
        self.series(room, &said["series"], &truth.minutes);
        let peak = truth.minutes.values().map(|minute| minute.messages).max().unwrap_or_default();
        self.number("peak minute", room, &said["peakMinute"]["messages"], peak as f64);
        self.top("top chatters", room, &said["topChatters"], ("userId", "messages"), &truth.chatters);
        self.top("top words", room, &said["topWords"], ("word", "count"), &truth.words);
        self.top("top emotes", room, &said["topEmotes"], ("emote", "count"), &truth.emotes);
        self.top("top commands", room, &said["topCommands"], ("command", "count"), &truth.commands);
        let length = &said["messageLength"];
        let mean = truth.characters as f64 / truth.messages.max(1) as f64;
        self.number("message length, mean", room, &length["mean"], mean);
        for (kind, field, percent) in [("message length, p50", "p50", 50), ("message length, p95", "p95", 95)]
        {
            self.number(kind, room, &length[field], truth.length(percent).unwrap_or_default() as f64);
        }
        let share = |part: u64| part as f64 / truth.messages.max(1) as f64;
        let shares = &said["shares"];
        self.number("share of questions", room, &shares["questions"], share(truth.questions));
        self.number("share of links", room, &shares["links"], share(truth.links));
        self.number("share of repeats", room, &shares["repeated"], share(truth.repeated));
    }

    fn series(&mut self, room: &str, said: &Value, truth: &BTreeMap<String, MinuteCount>) {
        let mut left = truth.clone();
        for point in said.as_array().into_iter().flatten() {
            let minute: String = point["minute"].as_str().unwrap_or_default().chars().take(16).collect();
            let count = left.remove(&minute).unwrap_or_default();
            let place = format!("{room} {minute}");
            self.number("messages per minute", &place, &point["messages"], count.messages as f64);
            self.number("characters per minute", &place, &point["characters"], count.characters as f64);
            let chatters = count.chatters.len() as f64;
            self.number("chatters per minute", &place, &point["uniqueChatters"], chatters);
        }
        for (minute, count) in left {
            let place = format!("{room} {minute}");
            self.number("messages per minute", &place, &Value::Null, count.messages as f64);
        }
    }

    /// Each name's count; and where all counts are exact, that nothing more frequent is missing.
    fn top(
        &mut self,
        kind: &'static str,
        room: &str,
        said: &Value,
        (name, count): (&str, &str),
        truth: &HashMap<String, u64>,
    ) {
        let list = said.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut least = u64::MAX;
        for entry in list {
            let name = entry[name].as_str().unwrap_or_default();
            let counted = truth.get(name).copied().unwrap_or_default();
            least = least.min(counted);
            self.number(kind, &format!("{room} {name}"), &entry[count], counted as f64);
        }
        let all_exact = list.iter().all(|entry| entry[count].is_number());
        let named = |name_of: &str| list.iter().any(|entry| entry[name].as_str() == Some(name_of));
        let missing =
            truth.iter().filter(|(name, count)| !named(name) && (**count > least || list.is_empty()));
        let missing: Vec<_> = missing.collect();
        if all_exact && !missing.is_empty() {
            self.kinds.entry(kind).or_default().wrong += 1;
            if self.wrong.len() < NAMED {
                self.wrong.push(format!("{room} {kind}: {} is missing", missing[0].0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compared(said: &Value, truth: f64) -> bool {
        let mut comparison = Comparison::default();
        comparison.number("messages", "room", said, truth);
        comparison.is_right()
    }

    #[test]
    fn an_exact_number_must_be_equal_and_an_estimate_must_hold_the_truth() {
        assert!(compared(&json!(5), 5.0) && !compared(&json!(5), 6.0));
        let estimate = json!({"value": 100, "low": 95, "high": 105});
        assert!(compared(&estimate, 95.0) && compared(&estimate, 105.0));
        assert!(!compared(&estimate, 94.0) && !compared(&estimate, 106.0));
        assert!(!compared(&Value::Null, 0.0), "a number that is missing is wrong");
    }

    #[test]
    fn a_name_that_is_missing_from_an_exact_list_is_wrong() {
        let truth = HashMap::from([("kernel".to_owned(), 7), ("grub".to_owned(), 5)]);
        let right = |list: Value| {
            let mut comparison = Comparison::default();
            comparison.top("top words", "room", &list, ("word", "count"), &truth);
            comparison.is_right()
        };
        assert!(right(json!([{"word": "kernel", "count": 7}])));
        assert!(!right(json!([{"word": "grub", "count": 5}])));
        assert!(!right(json!([])));
    }
}
