//! The same messages in a thousand ways, against a count that knows none of this.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::domain::Timestamp;

const USERS: [&str; 5] = ["alice", "bob", "carol", "dave", "erin"];
const TEXTS: [&str; 8] = [
    "hello there",
    "Hello  there",
    "is anybody here?",
    "look https://a.example/?x=1",
    "!help me",
    "Kappa :wave: 😂😂",
    "the kernel panics again",
    "語を話す kernel",
];

#[derive(Clone, Debug)]
struct Said {
    sequence: u64,
    user: usize,
    text: usize,
}

fn names() -> EmoteNames {
    EmoteNames::parse("Kappa")
}

fn said(said: &Said) -> Record {
    Record::Said {
        sequence: said.sequence,
        at: Timestamp::from_millis(1_795_509_060_000 + i64::try_from(said.sequence).expect("small"))
            .expect("valid"),
        user: USERS[said.user].to_owned(),
        content: TEXTS[said.text].to_owned(),
        newcomer: said.user % 2 == 1,
    }
}

fn unsaid(said: &Said) -> Record {
    Record::Unsaid {
        sequence: said.sequence,
        user: USERS[said.user].to_owned(),
        content: TEXTS[said.text].to_owned(),
    }
}

/// Messages, which of them are taken back, and the records of both in some order, some of them
/// repeated, cut into batches.
#[derive(Clone, Debug)]
struct Case {
    kept: Vec<Said>,
    batches: Vec<Vec<Record>>,
}

fn case() -> impl Strategy<Value = Case> {
    let messages = proptest::collection::vec((0..USERS.len(), 0..TEXTS.len(), any::<bool>()), 1..40);
    messages.prop_flat_map(|messages| {
        let messages: Vec<(Said, bool)> = (1..)
            .zip(messages)
            .map(|(sequence, (user, text, taken_back))| (Said { sequence, user, text }, taken_back))
            .collect();
        let mut records = Vec::new();
        for (message, taken_back) in &messages {
            records.push(said(message));
            if *taken_back {
                records.push(unsaid(message));
            }
        }
        let kept: Vec<Said> = messages
            .iter()
            .filter(|(_, taken_back)| !taken_back)
            .map(|(message, _)| message.clone())
            .collect();
        let repeated = proptest::sample::subsequence(records.clone(), 0..=records.len());
        (repeated, Just(records), proptest::collection::vec(1_usize..7, 1..20)).prop_flat_map(
            move |(repeated, mut records, sizes)| {
                records.extend(repeated);
                let kept = kept.clone();
                Just(records).prop_shuffle().prop_map(move |records| {
                    let mut rest = &records[..];
                    let mut batches = Vec::new();
                    for size in sizes.iter().cycle() {
                        if rest.is_empty() {
                            break;
                        }
                        let (batch, left) = rest.split_at((*size).min(rest.len()));
                        batches.push(batch.to_vec());
                        rest = left;
                    }
                    Case { kept: kept.clone(), batches }
                })
            },
        )
    })
}

fn counted<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    names.for_each(|name| *counts.entry(name.to_owned()).or_default() += 1);
    counts
}

fn exactly(rows: &[Named]) -> BTreeMap<String, u64> {
    assert!(rows.iter().all(|row| row.count.is_exact()));
    rows.iter().map(|row| (row.name.clone(), row.count.value)).collect()
}

/// Counts as a person would, from the texts.
fn assert_naive(report: &Report, kept: &[Said]) {
    let texts = || kept.iter().map(|message| TEXTS[message.text]);
    assert_eq!(report.messages, kept.len() as u64);
    assert_eq!(report.characters, texts().map(|text| text.chars().count() as u64).sum::<u64>());
    let users: BTreeSet<usize> = kept.iter().map(|message| message.user).collect();
    assert_eq!(report.unique_chatters, Estimate::exact(users.len() as u64));
    let newcomers = users.iter().filter(|user| *user % 2 == 1).count() as u64;
    assert_eq!(report.new_chatters, Estimate::exact(newcomers));
    assert_eq!(report.returning_chatters, Estimate::exact(users.len() as u64 - newcomers));
    assert_eq!(exactly(&report.top_chatters), counted(kept.iter().map(|message| USERS[message.user])));
    assert_eq!(report.questions, texts().filter(|text| *text == TEXTS[2]).count() as u64);
    assert_eq!(report.links, texts().filter(|text| *text == TEXTS[3]).count() as u64);
    let commands = texts().filter(|text| *text == TEXTS[4]).map(|_| "!help");
    assert_eq!(exactly(&report.top_commands), counted(commands));
    let emotes = texts().filter(|text| *text == TEXTS[5]).flat_map(|_| ["Kappa", ":wave:", "😂", "😂"]);
    assert_eq!(exactly(&report.top_emotes), counted(emotes));
    let kernels = texts().filter(|text| text.contains("kernel")).count() as u64;
    assert_eq!(exactly(&report.top_words).get("kernel").copied().unwrap_or(0), kernels);
    let different: BTreeSet<usize> = kept.iter().map(|message| message.text.max(1)).collect();
    assert_eq!(report.repeated, Estimate::exact((kept.len() - different.len()) as u64));
    let mut lengths: Vec<u64> = texts().map(|text| text.chars().count() as u64).collect();
    lengths.sort_unstable();
    let rank = (lengths.len() * 95).div_ceil(100).max(1);
    assert_eq!(report.length_p95, lengths.get(rank - 1).copied());
}

fn report(rollup: &Rollup) -> Report {
    let minute = Minute::of(Timestamp::EPOCH);
    Report::of(rollup, std::iter::once(minute), 100)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn repeated_split_late_and_reordered_records_count_as_the_messages_do(case in case()) {
        let mut rollup = Rollup::default();
        for batch in &case.batches {
            // Every batch may meet another process, which knows only what was stored.
            rollup = Rollup::from_bytes(&rollup.to_bytes()).expect("readable");
            rollup = fold(rollup, batch, &names());
        }
        assert_naive(&report(&rollup), &case.kept);
        prop_assert!(!rollup.is_stale());

        let all: Vec<&Record> = case.batches.iter().flatten().collect();
        let at_once = fold(Rollup::default(), all.iter().copied(), &names());
        prop_assert_eq!(report(&rollup), report(&at_once));

        let stored: Vec<Record> = case.kept.iter().map(said).collect();
        assert_naive(&report(&rollup.rebuilt(&stored, &names())), &case.kept);
    }

    #[test]
    fn an_hour_is_its_minutes(case in case(), minutes in 1_u64..6) {
        let mut parts = BTreeMap::<u64, Rollup>::new();
        for record in case.batches.iter().flatten() {
            let (Record::Said { sequence, .. } | Record::Unsaid { sequence, .. }) = record;
            let part = parts.entry(sequence % minutes).or_default();
            *part = fold(std::mem::take(part), [record], &names());
        }
        let mut hour = Rollup::default();
        for (minute, part) in &parts {
            hour.merge_minute(Minute::from_number(i64::try_from(*minute).expect("small")), part);
        }
        let hour = Rollup::from_bytes(&hour.to_bytes()).expect("readable");
        assert_naive(&report(&hour), &case.kept);
        let series = Report::of(&hour, Minute::from_number(0).through(Minute::from_number(5)), 1).series;
        prop_assert_eq!(series.iter().map(|point| point.messages).sum::<u64>(), case.kept.len() as u64);
    }
}

fn crowd(from: u64, to: u64) -> Vec<Record> {
    let record = |sequence| Record::Said {
        sequence,
        at: Timestamp::from_millis(1_795_509_060_000).expect("valid"),
        user: format!("user{}", sequence % 5_000),
        content: format!("word{} says number {sequence}", sequence % 3_000),
        newcomer: true,
    };
    (from..to).map(record).collect()
}

#[test]
fn a_crowd_is_estimated_and_the_truth_is_within_the_bounds() {
    let records = crowd(1, 20_001);
    let forwards = fold(Rollup::default(), &records, &names());
    let backwards = fold(Rollup::default(), records.iter().rev(), &names());
    let (report, other) = (report(&forwards), self::report(&backwards));
    assert_eq!(report.messages, 20_000);
    for (estimate, truth) in
        [(report.unique_chatters, 5_000), (report.new_chatters, 5_000), (report.repeated, 0)]
    {
        assert!((estimate.low..=estimate.high).contains(&truth), "{truth} {estimate:?}");
    }
    for row in report.top_chatters.iter().chain(&other.top_chatters) {
        assert!((row.count.low..=row.count.high).contains(&4), "{row:?}");
    }
    // What is estimated of sets does not depend on the order.
    assert_eq!(report.unique_chatters, other.unique_chatters);
    assert_eq!(report.repeated, other.repeated);
    assert_eq!(forwards.tally(), backwards.tally());
}

#[test]
fn what_a_sketch_cannot_take_back_is_marked_until_it_is_rebuilt() {
    let records = crowd(1, 6_001);
    let rollup = fold(Rollup::default(), &records, &names());
    let unsaid = |sequence: u64| Record::Unsaid {
        sequence,
        user: format!("user{}", sequence % 5_000),
        content: format!("word{} says number {sequence}", sequence % 3_000),
    };
    let taken_back: Vec<Record> = (3_001..6_001).map(unsaid).collect();
    let rollup = fold(rollup, &taken_back, &names());
    assert!(rollup.is_stale());
    assert_eq!(rollup.tally().messages, 3_000);
    let rebuilt = rollup.rebuilt(&records[..3_000], &names());
    assert!(!rebuilt.is_stale());
    let unique = rebuilt.unique_chatters();
    assert!((unique.low..=unique.high).contains(&3_000), "{unique:?}");
    // A record that comes again is known as before.
    assert_eq!(fold(rebuilt.clone(), &records, &names()).tally(), rebuilt.tally());
}

#[test]
fn the_largest_rollup_fits_into_an_item() {
    let mut rollup = Rollup::default();
    let long = |kind: &str, number: u64| format!("{kind}{number:0>59}");
    let names = names();
    for sequence in 1..=12_000_u64 {
        let letters: String =
            sequence.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect();
        let word = |n: char| format!("{n}{letters:x>47}");
        let content =
            format!("{} {} :{letters:x>32}: {}", word('p'), word('q'), "x ".repeat(sequence as usize % 400));
        let record = Record::Said {
            sequence: sequence * 2,
            at: Timestamp::EPOCH,
            user: long("user", sequence),
            content,
            newcomer: true,
        };
        rollup = fold(rollup, [&record], &names);
    }
    let mut hour = rollup.clone();
    hour.merge(&rollup);
    for (what, rollup) in [("minute", rollup), ("hour", hour)] {
        let bytes = rollup.to_bytes().len();
        assert!(bytes < 300 * 1024, "{what}: {bytes} bytes");
    }
}

#[test]
fn who_is_erased_has_no_name_and_leaves_a_mark_where_their_messages_are_gone() {
    let records = crowd(1, 11);
    let mut minute = fold(Rollup::default(), &records, &names());
    assert!(!minute.erase("nobody", 1) && minute.erased_users() == 0);
    assert!(minute.erase("user3", 1) && !minute.erase("user3", 1));
    assert_eq!((minute.erased_users(), minute.tally().messages), (1, 10));
    assert_eq!((minute.unique_chatters(), minute.tally().newcomers), (Estimate::exact(9), 9));
    assert!(report(&minute).top_chatters.iter().all(|row| row.name != "user3"));

    // Without names the users are known by their hashes, and go as well.
    let mut day = Rollup::default();
    day.merge(&fold(Rollup::default(), &records, &names()));
    let mut day = day.anonymous();
    assert!(day.erase("user3", 1) && !day.erase("user3", 2));
    assert_eq!((day.erased_users(), day.unique_chatters()), (1, Estimate::exact(9)));
    // The day of that hour: one erasure.
    day.merge(&minute);
    assert_eq!(day.erased_users(), 1);

    // A sketch keeps whom it has: it is marked, by each erasure once.
    let mut many = fold(Rollup::default(), &crowd(1, 5_001), &names());
    let before = many.unique_chatters();
    assert!(many.erase("user3", 1) && !many.erase("user3", 1) && many.erase("user4", 2));
    assert_eq!((many.erased_users(), many.unique_chatters()), (2, before));
    assert!(!many.chatters().contains("user3"));
    let stored = Rollup::from_bytes(&many.to_bytes()).expect("readable");
    assert_eq!(stored.erased_users(), 2);
    assert_eq!(stored.rebuilt(&crowd(1, 10), &names()).erased_users(), 2);
}

#[test]
fn bytes_of_the_version_before_have_no_erasures() {
    let mut bytes = Rollup::default().to_bytes();
    bytes[0] = 1;
    // The number of erasures.
    assert_eq!(bytes.pop(), Some(0));
    assert_eq!(Rollup::from_bytes(&bytes), Ok(Rollup::default()));
}

#[test]
fn bytes_of_another_version_are_refused() {
    let mut bytes = Rollup::default().to_bytes();
    assert_eq!(Rollup::from_bytes(&bytes), Ok(Rollup::default()));
    bytes[0] += 1;
    assert_eq!(Rollup::from_bytes(&bytes), Err(Damaged));
    assert_eq!(Rollup::from_bytes(&[]), Err(Damaged));
}
