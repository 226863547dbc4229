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
        Line { at: Timestamp::parse(&text("at")).unwrap(), user: text("userId"), content: text("content") }
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
        // totals; a user the first time a row.
        let units = minute_units + detector_units + 60 + 2 + users.len();
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
