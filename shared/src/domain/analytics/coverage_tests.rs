//! How often the truth lies within the bounds, over many stretches of chat: in 95 of 100 cases at least
//! where a bound is one of chance, always where it is not. Invented chat with the same seeds every time,
//! and real chat (73,965 messages of #ubuntu, beside the workspace) where that is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use super::chatters::Chatters;
use super::distinct::Distinct;
use super::hash;
use super::latency::Latencies;
use super::lengths::Lengths;
use super::rollup::{CHATTERS, WORDS};
use super::top::Top;
use super::*;

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Of `count` things one is half as frequent as the one of half its number: Zipf's law, by the inverse of
    /// its continuous form.
    fn zipf(&mut self, count: u64) -> u64 {
        ((count as f64 + 1.0).powf(self.share()) as u64).clamp(1, count)
    }
}

/// How often the truth was within.
#[derive(Debug, Default)]
struct Coverage {
    within: u64,
    of: u64,
}

impl Coverage {
    fn note(&mut self, estimate: Estimate, truth: usize) {
        self.of += 1;
        self.within += u64::from((estimate.low..=estimate.high).contains(&(truth as u64)));
    }

    /// Of a bound that holds in 95 of 100 cases, fewer than this are seen by chance once in a hundred times.
    fn assert_95(&self, what: &str) {
        let of = self.of as f64;
        let least = 0.95 - 2.33 * (0.95 * 0.05 / of).sqrt();
        assert!(self.of >= 100 && self.within as f64 / of >= least, "{what}: {self:?}, not {least:.3}");
    }
}

fn assert_narrow(estimate: Estimate, truth: usize) {
    assert!(!estimate.is_exact(), "{estimate:?}");
    let width = (estimate.high - estimate.low) as f64 / truth as f64;
    assert!(width < 0.08, "{estimate:?} would hold anything near {truth}");
}

#[test]
fn the_number_of_different_chatters_is_within_its_bounds_at_every_size() {
    for size in [2_100, 3_000, 5_000, 10_000, 20_000_usize] {
        let mut coverage = Coverage::default();
        for trial in 0..200 {
            let mut distinct = Distinct::default();
            (0..size).for_each(|user| distinct.add(hash::stable(&format!("u{trial}-{user}")), 1, CHATTERS));
            coverage.note(distinct.estimate(), size);
            assert_narrow(distinct.estimate(), size);
        }
        coverage.assert_95(&format!("{size} chatters"));
    }
}

/// An hour of a busy room: 60 minutes of Zipf-distributed people, each in a part of its own.
#[test]
fn chatters_newcomers_and_rankings_of_merged_minutes_are_within_their_bounds() {
    let (mut unique, mut new, mut returning) =
        (Coverage::default(), Coverage::default(), Coverage::default());
    for seed in 0..100 {
        let mut chance = Chance(seed);
        let mut hour = Chatters::default();
        let mut truth = BTreeMap::<String, u64>::new();
        let mut newcomers = BTreeSet::new();
        for _ in 0..12 {
            let mut minute = Chatters::default();
            for _ in 0..1_500 {
                let number = chance.zipf(60_000);
                let user = format!("s{seed}u{number}");
                let is_new = number.is_multiple_of(3) && !truth.contains_key(&user);
                if is_new {
                    newcomers.insert(user.clone());
                }
                minute.add(&user, is_new, CHATTERS);
                *truth.entry(user).or_default() += 1;
            }
            hour.merge(&minute, CHATTERS);
        }
        assert!(truth.len() > CHATTERS, "{}", truth.len());
        assert_narrow(hour.unique(), truth.len());
        unique.note(hour.unique(), truth.len());
        new.note(hour.newcomers(), newcomers.len());
        returning.note(hour.unique().without(hour.newcomers()), truth.len() - newcomers.len());
        // Bounds of rankings are no matter of chance.
        let ranking = hour.most(10);
        for (name, estimate) in &ranking {
            assert!((estimate.low..=estimate.high).contains(&truth[*name]), "{name}: {estimate:?}");
        }
        let mut most: Vec<_> = truth.iter().collect();
        most.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let found = |name: &str| ranking.iter().any(|(known, _)| *known == name);
        assert!(most.iter().take(5).all(|(name, _)| found(name)), "{:?} {ranking:?}", &most[..5]);
    }
    unique.assert_95("unique chatters");
    new.assert_95("new chatters");
    returning.assert_95("returning chatters");
}

#[test]
fn quantiles_are_within_their_bounds_whatever_the_distribution() {
    for seed in 0..200_u64 {
        let mut chance = Chance(seed);
        let (mut lengths, mut latencies) = (Lengths::default(), Latencies::default());
        let (mut characters, mut milliseconds) = (Vec::new(), Vec::new());
        let spread = 1.0 + chance.share() * 3.0;
        for _ in 0..=chance.next() % 2_000 {
            let length = chance.zipf(1_000);
            lengths.add(length);
            characters.push(length);
            // Nearly log-normal, about 20 ms; shorter and longer ones than these share a bucket.
            let normal = (0..6).map(|_| chance.share()).sum::<f64>() - 3.0;
            let ms = (20.0 * (normal * spread).exp()).clamp(0.06, 60_000.0);
            latencies.record(Duration::from_secs_f64(ms / 1_000.0));
            milliseconds.push(ms);
        }
        characters.sort_unstable();
        milliseconds.sort_by(f64::total_cmp);
        for percent in [1, 50, 95, 99] {
            let rank = (characters.len() * percent).div_ceil(100).max(1) - 1;
            assert_eq!(lengths.percentile(percent as u64), Some(characters[rank]), "lengths are exact");
            let (found, truth) = (latencies.percentile_ms(percent as u64).expect("some"), milliseconds[rank]);
            // Within 2.5 %, and the hundredth that is shown.
            assert!((found - truth).abs() <= truth * 0.025 + 0.005, "p{percent}: {found}, not {truth}");
        }
    }
}

struct Line {
    room_hour: String,
    user: String,
    content: String,
}

/// `None`, having said so, where there is no log.
#[allow(clippy::print_stderr)]
fn real_chat() -> Option<Vec<Line>> {
    let path = std::env::var("HUBBUB_CHAT_LOG")
        .unwrap_or_else(|_| format!("{}/../../shared/data/ubuntu-irc.jsonl", env!("CARGO_MANIFEST_DIR")));
    let Ok(text) = fs::read_to_string(path) else {
        eprintln!("skipped: there is no real chat at ../shared/data/ubuntu-irc.jsonl");
        return None;
    };
    let line = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let text = |name: &str| value[name].as_str().expect("text").to_owned();
        // To the hour.
        let room_hour = format!("{} {}", text("room"), &text("at")[..13]);
        Line { room_hour, user: text("userId"), content: text("content") }
    };
    Some(text.lines().map(line).collect())
}

/// Every room and hour is small, and so is counted exactly. With room for 32 names and not 2,048 the
/// busier ones are estimated, by the same code.
#[test]
fn the_truth_is_within_the_bounds_in_every_room_and_hour_of_real_chat() {
    let Some(lines) = real_chat() else { return };
    let mut cells = BTreeMap::<&str, Vec<&Line>>::new();
    lines.iter().for_each(|line| cells.entry(&line.room_hour).or_default().push(line));
    let (mut estimated, mut words_estimated) = (Coverage::default(), 0);
    for (cell, lines) in &cells {
        let (mut exact, mut tight) = (Chatters::default(), Chatters::default());
        let (mut words, mut word_counts) = (Top::default(), BTreeMap::<String, u64>::new());
        let mut truth = BTreeMap::<&str, u64>::new();
        for line in lines {
            exact.add(&line.user, true, CHATTERS);
            tight.add(&format!("{cell} {}", line.user), true, 32);
            *truth.entry(&line.user).or_default() += 1;
            for word in Reading::of(&line.content, &EmoteNames::default()).words {
                words.add(&word, 1, WORDS / 32);
                *word_counts.entry(word).or_default() += 1;
            }
        }
        assert_eq!(exact.unique(), Estimate::exact(truth.len() as u64), "{cell}");
        for (name, count) in exact.most(10) {
            assert_eq!(count, Estimate::exact(truth[name]), "{cell}");
        }
        for (word, count) in words.most(10) {
            words_estimated += u64::from(!count.is_exact());
            assert!((count.low..=count.high).contains(&word_counts[word]), "{cell}: {word} {count:?}");
        }
        if !tight.unique().is_exact() {
            estimated.note(tight.unique(), truth.len());
        }
    }
    assert!(cells.len() > 300 && words_estimated > 1_000, "{} {words_estimated}", cells.len());
    estimated.assert_95("chatters of a room and an hour");
}

/// Random halves of all that was said, as one room: more chatters than are known by name. In each, people have
/// names of their own, so that they do not share their luck.
#[test]
fn the_truth_is_within_the_bounds_in_random_parts_of_real_chat() {
    let Some(lines) = real_chat() else { return };
    let (mut users, mut texts) = (Coverage::default(), Coverage::default());
    for seed in 0..100 {
        let mut chance = Chance(seed);
        let (mut chatters, mut said) = (Distinct::default(), Distinct::default());
        let (mut different, mut repeated) = (BTreeSet::new(), BTreeSet::new());
        for line in lines.iter().filter(|_| chance.share() < 0.5) {
            // A name's hash is what chance has a part in.
            chatters.add(hash::stable(&format!("{seed}{}", line.user)), 1, CHATTERS);
            different.insert(&*line.user);
            said.add(hash::stable(&format!("{seed}{}", line.content)), 1, CHATTERS);
            repeated.insert(&*line.content);
        }
        assert_narrow(chatters.estimate(), different.len());
        users.note(chatters.estimate(), different.len());
        texts.note(said.estimate(), repeated.len());
    }
    users.assert_95("chatters");
    texts.assert_95("different texts");
}
