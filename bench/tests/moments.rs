//! The detector of moments on synthetic chat: its score card has a floor.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use bench::chat_log::{Line, read_file};
use bench::moments::{Card, find, find_plain, score};
use bench::synthetic::StreamPlan;

/// Streams that were not looked at when the detector was tuned.
const SEEDS: std::ops::Range<u64> = 0..16;

#[test]
fn the_detector_finds_highlights_with_an_f1_over_its_floor_and_better_than_the_plain_rule() {
    let (mut ours, mut plain) = (Card::default(), Card::default());
    for seed in SEEDS {
        let stream = StreamPlan::typical(seed).generate();
        let seconds: Vec<f64> = find(&stream.lines).unwrap().iter().map(|found| found.second).collect();
        ours = ours.plus(score(&seconds, &stream.windows));
        plain = plain.plus(score(&find_plain(&stream.lines), &stream.windows));
    }
    assert!(ours.f1() >= 0.62, "{ours:?} F1 {}", ours.f1());
    assert!(ours.precision() >= 0.55 && ours.recall() >= 0.62, "{ours:?}");
    assert!(ours.f1() > plain.f1() + 0.05, "{} and {}", ours.f1(), plain.f1());
}

#[test]
fn a_quiet_room_and_one_in_which_nothing_happens_have_next_to_no_moments() {
    let mut found = 0;
    for seed in 0..6 {
        let rate = if seed % 2 == 0 { 6.0 } else { 150.0 };
        let plan = StreamPlan { seed, minutes: 120, rate, highlights: 0.001, others: 0.0 };
        found += find(&plan.generate().lines).unwrap().len();
    }
    // Twelve hours of talk that comes in clumps.
    assert!(found <= 3, "{found} moments");
}

#[test]
fn slow_and_busy_rooms_have_their_highlights_found_too() {
    // Messages a minute, and the least F1.
    for (rate, floor) in
        [(12.0, 0.42), (20.0, 0.49), (40.0, 0.56), (60.0, 0.48), (300.0, 0.51), (600.0, 0.54)]
    {
        let mut card = Card::default();
        for seed in SEEDS.take(6) {
            let stream = StreamPlan { rate, ..StreamPlan::typical(seed) }.generate();
            let seconds: Vec<f64> = find(&stream.lines).unwrap().iter().map(|found| found.second).collect();
            card = card.plus(score(&seconds, &stream.windows));
        }
        assert!(card.f1() >= floor, "{rate} a minute: {card:?} F1 {}", card.f1());
        assert!(card.precision() >= 0.4, "{rate} a minute: {card:?}");
    }
}

/// Many or one, within some seconds, each so often.
struct Crowd {
    people: usize,
    seconds: usize,
    each: usize,
    text: &'static str,
}

#[test]
fn bots_raids_votes_and_who_fills_the_screen_make_no_moment_and_a_reaction_does() {
    let crowd = |people, seconds, each, text| Crowd { people, seconds, each, text };
    let copied = "I am a professional chatter and I will not be silenced by the moderators of this channel";
    let cases = [
        (crowd(40, 10, 1, "free followers at https://spam.example/x"), 0),
        (crowd(150, 60, 1, "wolfpack RAID wolfpack RAID"), 0),
        (crowd(1, 15, 200, "LUL LUL"), 0),
        (crowd(3, 30, 30, "KEKW KEKW"), 0),
        (crowd(30, 20, 1, copied), 0),
        (crowd(100, 15, 1, "1"), 0),
        (crowd(100, 15, 1, "!join"), 0),
        (crowd(40, 60, 1, "hi"), 0),
        (crowd(60, 12, 1, "PogChamp"), 1),
    ];
    for rate in [20.0, 120.0] {
        let plan = StreamPlan { seed: 3, minutes: 40, rate, highlights: 0.001, others: 0.0 };
        let usual = plan.generate().lines;
        let began = usual[0].at_ms - usual[0].offset_ms;
        for (Crowd { people, seconds, each, text }, moments) in &cases {
            let mut lines = usual.clone();
            for n in 0..people * each {
                let offset_ms = 1_200_000 + (n * seconds * 1_000 / (people * each)) as i64;
                let user = format!("newcomer{}", n % people);
                let content = (*text).to_owned();
                lines.push(Line { at_ms: began + offset_ms, offset_ms, room: None, user, content });
            }
            lines.sort_by_key(|line| line.at_ms);
            assert_eq!(find(&lines).unwrap().len(), *moments, "{people} times {each} {text:?} at {rate}");
        }
    }
}

/// Conversation about Ubuntu, as slow as the real one: nothing in it is a highlight of anything.
#[test]
fn real_conversation_without_highlights_has_no_moments() {
    let path = std::env::var("HUBBUB_CHAT_LOG")
        .unwrap_or_else(|_| format!("{}/../../shared/data/ubuntu-irc.jsonl", env!("CARGO_MANIFEST_DIR")));
    let Ok(log) = read_file(path.as_ref()) else {
        return println!("skipped: there is no real chat at ../shared/data/ubuntu-irc.jsonl");
    };
    assert!(log.lines.len() > 70_000);
    let found = find(&log.lines).unwrap();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn bench_moments_prints_what_it_found_and_the_score_card_of_a_log() {
    let stream = StreamPlan::typical(3).generate();
    let folder = tempfile::tempdir().unwrap();
    let (log, labels) = (folder.path().join("chat.json"), folder.path().join("labels.csv"));
    let mut text = String::from("[");
    for line in &stream.lines {
        let (at, micros) = (line.offset_ms as f64 / 1e3, line.at_ms * 1_000);
        let author = format!(r#"{{"name":"{}","id":"1"}}"#, line.user);
        writeln!(
            text,
            r#"{{"time_in_seconds":{at},"timestamp":{micros},"author":{author},"message":{:?}}},"#,
            line.content
        )
        .unwrap();
    }
    text.push_str("{\"time_in_seconds\":1,\"author\":null,\"message\":\"x\"}]");
    fs::write(&log, text).unwrap();
    let windows = stream.windows.iter().map(|window| format!("{},{}\n", window.start, window.end));
    fs::write(&labels, windows.collect::<String>()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["moments", "--log"])
        .arg(&log)
        .arg("--labels")
        .arg(&labels)
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let head = format!("{} messages in chat-downloader's JSON; skipped 1: no author", stream.lines.len());
    assert!(stdout.starts_with(&head), "{stdout}");
    assert!(stdout.contains("chatters ") && stdout.contains("\ndetector "), "{stdout}");
    let found = find(&stream.lines).unwrap().len();
    assert!(stdout.contains(&format!("\n{found} moments\n")), "{stdout}");
}
