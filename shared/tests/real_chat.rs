//! The counts on real chat, of which a naive recount knows the truth: 73,965 messages of #ubuntu, read
//! from `../shared/data` beside the workspace. Skipped, saying so, where that is absent.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use serde_json::Value;
use shared::domain::Timestamp;
use shared::domain::analytics::{EmoteNames, Estimate, Minute, Named, Reading, Record, Report, Rollup, fold};

struct Line {
    at: Timestamp,
    room: String,
    user: String,
    content: String,
}

/// `None`, having said so, where there is no log.
fn log() -> Option<Vec<Line>> {
    let path = std::env::var("HUBBUB_CHAT_LOG")
        .unwrap_or_else(|_| format!("{}/../../shared/data/ubuntu-irc.jsonl", env!("CARGO_MANIFEST_DIR")));
    let Ok(text) = fs::read_to_string(Path::new(&path)) else {
        eprintln!("skipped: there is no real chat at ../shared/data/ubuntu-irc.jsonl");
        return None;
    };
    let line = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| value[name].as_str().unwrap().to_owned();
        Line {
            at: Timestamp::parse(&text("at")).unwrap(),
            room: text("room"),
            user: text("userId"),
            content: text("content"),
        }
    };
    Some(text.lines().map(line).collect())
}

fn record(sequence: usize, line: &Line) -> Record {
    Record::Said {
        sequence: sequence as u64 + 1,
        at: line.at,
        user: line.user.clone(),
        content: line.content.clone(),
        newcomer: true,
    }
}

/// All of it as one room: minute by minute, and the minutes merged.
fn counted(lines: &[Line], names: &EmoteNames) -> Rollup {
    let mut minutes = BTreeMap::<Minute, Rollup>::new();
    for (sequence, line) in lines.iter().enumerate() {
        let minute = minutes.entry(Minute::of(line.at)).or_default();
        *minute = fold(std::mem::take(minute), [&record(sequence, line)], names);
    }
    let mut all = Rollup::default();
    for (minute, rollup) in &minutes {
        let rollup = Rollup::from_bytes(&rollup.to_bytes()).unwrap();
        all.merge_minute(*minute, &rollup);
    }
    all
}

fn assert_within(what: &str, estimate: Estimate, truth: u64) {
    assert!((estimate.low..=estimate.high).contains(&truth), "{what} is {truth}, not {estimate:?}");
}

fn assert_top(what: &str, rows: &[Named], truth: &HashMap<String, u64>) {
    assert!(!rows.is_empty(), "no {what}");
    for row in rows {
        assert_within(&format!("{what} {}", row.name), row.count, truth.get(&row.name).copied().unwrap_or(0));
    }
}

#[test]
fn every_number_is_the_recounts_and_every_estimate_holds_the_truth() {
    let Some(lines) = log() else { return };
    let names = EmoteNames::default();
    let (mut words, mut users) = (HashMap::<String, u64>::new(), HashMap::<String, u64>::new());
    let (mut emotes, mut commands) = (HashMap::<String, u64>::new(), HashMap::<String, u64>::new());
    let mut texts = BTreeSet::new();
    let mut lengths: Vec<u64> = Vec::new();
    let (mut questions, mut links) = (0, 0);
    for line in &lines {
        let reading = Reading::of(&line.content, &names);
        *users.entry(line.user.clone()).or_default() += 1;
        reading.words.into_iter().for_each(|word| *words.entry(word).or_default() += 1);
        reading.emotes.into_iter().for_each(|emote| *emotes.entry(emote).or_default() += 1);
        reading.command.into_iter().for_each(|command| *commands.entry(command).or_default() += 1);
        questions += u64::from(reading.question);
        links += u64::from(reading.link);
        texts.insert(line.content.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase());
        lengths.push(line.content.chars().count() as u64);
    }
    lengths.sort_unstable();

    let all = counted(&lines, &names);
    let minute = Minute::of(lines[0].at);
    let report = Report::of(&all, std::iter::once(minute), 10);
    assert_eq!(report.messages, lines.len() as u64);
    assert_eq!(report.characters, lengths.iter().sum::<u64>());
    assert_eq!((report.questions, report.links), (questions, links));
    assert_eq!(report.length_p50, Some(lengths[(lengths.len() * 50).div_ceil(100) - 1]));
    assert_eq!(report.length_p95, Some(lengths[(lengths.len() * 95).div_ceil(100) - 1]));
    assert_within("unique chatters", report.unique_chatters, users.len() as u64);
    assert_within("new chatters", report.new_chatters, users.len() as u64);
    assert_within("repeated texts", report.repeated, (lines.len() - texts.len()) as u64);
    assert_top("user", &report.top_chatters, &users);
    assert_top("word", &report.top_words, &words);
    assert_top("command", &report.top_commands, &commands);
    assert_top("emote", &report.top_emotes, &emotes);
    // Wide bounds would hold anything: the most frequent ones are found.
    let mut most: Vec<_> = users.iter().collect();
    most.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let found = |name: &str| report.top_chatters.iter().any(|row| row.name == name);
    assert!(most.iter().take(10).filter(|(name, _)| found(name)).count() >= 8, "{:?}", report.top_chatters);
    eprintln!("unique chatters {:?}, truth {}", report.unique_chatters, users.len());
    eprintln!("repeated {:?}, truth {}", report.repeated, lines.len() - texts.len());
    eprintln!("all in {} bytes", all.to_bytes().len());
}

/// SplitMix64: the same parts every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

fn counts<'a>(names: impl Iterator<Item = &'a str>) -> HashMap<String, u64> {
    names.fold(HashMap::new(), |mut counts, name| {
        *counts.entry(name.to_owned()).or_default() += 1;
        counts
    })
}

/// None of them has more people or words than are known by name.
#[test]
fn every_room_and_hour_is_counted_exactly() {
    let Some(lines) = log() else { return };
    let names = EmoteNames::default();
    let mut cells = BTreeMap::<(&str, i64), Vec<Record>>::new();
    for (sequence, line) in lines.iter().enumerate() {
        let hour = Minute::of(line.at).hour().number();
        cells.entry((&line.room, hour)).or_default().push(record(sequence, line));
    }
    assert!(cells.len() > 300, "{}", cells.len());
    for (cell, records) in &cells {
        let rollup = fold(Rollup::default(), records, &names);
        let report = Report::of(&rollup, std::iter::empty(), 10);
        let said = || {
            records.iter().map(|record| match record {
                Record::Said { user, content, .. } => (&**user, &**content),
                Record::Unsaid { .. } => unreachable!("nobody took anything back"),
            })
        };
        let users = counts(said().map(|(user, _)| user));
        let words: Vec<String> = said().flat_map(|(_, content)| Reading::of(content, &names).words).collect();
        let words = counts(words.iter().map(|word| &**word));
        assert_eq!(report.unique_chatters, Estimate::exact(users.len() as u64), "{cell:?}");
        for (rows, truth) in [(&report.top_chatters, &users), (&report.top_words, &words)] {
            assert_eq!(rows.len(), truth.len().min(10), "{cell:?}");
            let mut most: Vec<u64> = truth.values().copied().collect();
            most.sort_unstable_by(|a, b| b.cmp(a));
            for (row, most) in rows.iter().zip(most) {
                assert_eq!((row.count, truth[&row.name]), (Estimate::exact(most), most), "{cell:?} {row:?}");
            }
        }
    }
}

/// Random parts of its people, as one room: more than are known by name. In each they have names of their own,
/// so that the parts do not share their luck.
#[test]
fn the_chatters_of_random_parts_are_within_their_bounds_in_95_of_100() {
    const PARTS: u64 = 120;
    let Some(lines) = log() else { return };
    let names = EmoteNames::default();
    let users: BTreeSet<&str> = lines.iter().map(|line| &*line.user).collect();
    let mut within = 0;
    for seed in 0..PARTS {
        let mut chance = Chance(seed);
        let share = 50 + chance.below(50);
        let part: Vec<&str> = users.iter().copied().filter(|_| chance.below(100) < share).collect();
        let said = |(sequence, user): (usize, &&str)| Record::Said {
            sequence: sequence as u64 + 1,
            at: lines[0].at,
            user: format!("{seed}{user}"),
            content: "hello".to_owned(),
            newcomer: true,
        };
        let records: Vec<Record> = part.iter().enumerate().map(said).collect();
        let unique = fold(Rollup::default(), &records, &names).unique_chatters();
        assert!(!unique.is_exact() && unique.high - unique.low < part.len() as u64 / 12, "{unique:?}");
        within += u64::from((unique.low..=unique.high).contains(&(part.len() as u64)));
    }
    // Fewer than this are seen once in a hundred times where 95 in 100 are within.
    let parts = PARTS as f64;
    let least = 0.95 * parts - 2.33 * (0.95 * 0.05 * parts).sqrt();
    assert!(within as f64 >= least, "{within} of {PARTS}");
    eprintln!("{within} of {PARTS} parts of {} chatters are within their bounds", users.len());
}

/// A fifth of all lines has more words than are known by name: rankings are bounded, not by chance.
#[test]
fn rankings_of_random_parts_hold_the_truth() {
    let Some(lines) = log() else { return };
    let names = EmoteNames::default();
    let mut estimated = 0;
    for seed in 0..5 {
        let mut chance = Chance(seed);
        let part = lines.iter().enumerate().filter(|_| chance.below(5) == 0);
        let records: Vec<Record> = part.map(|(sequence, line)| record(sequence, line)).collect();
        let mut words = HashMap::<String, u64>::new();
        for record in &records {
            if let Record::Said { content, .. } = record {
                for word in Reading::of(content, &names).words {
                    *words.entry(word).or_default() += 1;
                }
            }
        }
        // Of four stretches, merged.
        let mut merged = Rollup::default();
        for records in records.chunks(records.len() / 4 + 1) {
            merged.merge(&fold(Rollup::default(), records, &names));
        }
        let report = Report::of(&merged, std::iter::empty(), 10);
        assert_top("word", &report.top_words, &words);
        estimated += report.top_words.iter().filter(|row| !row.count.is_exact()).count();
        let mut most: Vec<_> = words.iter().collect();
        most.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let found = |name: &str| report.top_words.iter().any(|row| row.name == name);
        assert!(most.iter().take(5).all(|(name, _)| found(name)), "{:?}", report.top_words);
    }
    assert_eq!(estimated, 50);
}

/// Bytes besides the data: key, version, expiry.
const BESIDES: usize = 100;

fn write_units(bytes: usize) -> usize {
    (bytes + BESIDES).div_ceil(1024)
}

/// What a minute costs at a rate: `cargo test -p shared --test real_chat -- --nocapture`.
#[test]
fn the_costs_of_a_minute_are_bounded() {
    let Some(lines) = log() else { return };
    let names = EmoteNames::default();
    for rate in [1, 10, 100] {
        let mut rollup = Rollup::default();
        let mut detector = shared::domain::moments::Detector::new();
        let (mut minute_units, mut detector_units, mut users) = (0, 0, BTreeSet::new());
        for (second, batch) in lines[..60 * rate].chunks(rate).enumerate() {
            for (place, line) in batch.iter().enumerate() {
                let at =
                    Timestamp::from_millis(1_795_509_060_000 + second as i64 * 1000 + place as i64).unwrap();
                let sequence = second * rate + place;
                rollup = fold(
                    rollup,
                    [&Record::Said {
                        sequence: sequence as u64 + 1,
                        at,
                        user: line.user.clone(),
                        content: line.content.clone(),
                        newcomer: true,
                    }],
                    &names,
                );
                users.insert(&line.user);
                detector.fold(&shared::domain::moments::Said {
                    at,
                    sequence: shared::domain::Sequence::new("sequence", sequence as u64 + 1).unwrap(),
                    user: &line.user,
                    content: &line.content,
                });
                detector.advance(at);
            }
            minute_units += write_units(rollup.to_bytes().len());
            detector_units += write_units(detector.to_bytes().len());
        }
        let messages = 60 * rate;
        // A second's batch writes the room's minute, its detector and the service's minute; a minute both
        // totals; a user the first time two rows.
        let units = minute_units + detector_units + 60 + 2 + 2 * users.len();
        let per_thousand = units * 1000 / messages;
        eprintln!(
            "{rate} a second: {per_thousand} write units per 1,000 messages (minute {}, detector {}, \
             service 60, totals 2, newcomers {}); the minute's row ends at {} bytes, the detector at {}",
            minute_units,
            detector_units,
            users.len(),
            rollup.to_bytes().len(),
            detector.to_bytes().len()
        );
        assert!(rollup.to_bytes().len() < 100 * 1024);
        assert!(per_thousand < 10_000, "{per_thousand}");
    }
}
