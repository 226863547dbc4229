//! How often the truth lies within the bounds, over many stretches of chat: in 95 of 100 cases at least
//! where a bound is one of chance, always where it is not. Invented chat, with the same seeds every time;
//! `shared/tests/real_chat.rs` does the same with real chat.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::chatters::Chatters;
use super::distinct::Distinct;
use super::hash;
use super::latency::Latencies;
use super::lengths::Lengths;
use super::rollup::CHATTERS;
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
        for trial in 0..120 {
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
