//! The detector of moments on synthetic chat: its score card has a floor.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

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
    assert!(ours.f1() >= 0.60, "{ours:?} F1 {}", ours.f1());
    assert!(ours.precision() >= 0.55 && ours.recall() >= 0.60, "{ours:?}");
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
