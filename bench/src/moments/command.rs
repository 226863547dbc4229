//! The command: a log or synthetic streams in, a text out.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;

use super::found::{Found, find};
use super::labels::read_labels;
use super::plain::find_plain;
use super::score::{AFTER, BEFORE, Card, score};
use crate::chat_log::read_file;
use crate::readme;
use crate::synthetic::StreamPlan;

#[derive(Args, Clone, Debug)]
pub struct MomentsOptions {
    /// A chat log: Hubbub's JSON lines, chat-downloader's or TwitchDownloader's JSON
    #[arg(long, value_name = "FILE", required_unless_present = "synthetic")]
    pub log: Option<PathBuf>,

    /// Highlights that people marked, for the score card: `start,end` a line or as JSON, in seconds of
    /// the recording, h:mm:ss or RFC 3339
    #[arg(long, value_name = "FILE", requires = "log")]
    pub labels: Option<PathBuf>,

    /// Instead of a log, the score card of this many synthetic streams
    #[arg(long, value_name = "N", conflicts_with = "log", value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub synthetic: Option<u64>,

    /// Write the score card between the `moments` markers of this page
    #[arg(long, value_name = "FILE", requires = "synthetic")]
    pub write_readme: Option<PathBuf>,
}

/// What the command prints.
pub fn run(options: &MomentsOptions) -> anyhow::Result<String> {
    match (&options.log, options.synthetic) {
        (Some(log), _) => of_log(log, options.labels.as_deref()),
        (None, Some(streams)) => of_streams(streams, options.write_readme.as_deref()),
        (None, None) => bail!("--log or --synthetic is missing"),
    }
}

fn of_log(path: &Path, labels: Option<&Path>) -> anyhow::Result<String> {
    let log = read_file(path).with_context(|| path.display().to_string())?;
    let found = find(&log.lines)?;
    let mut text = String::new();
    writeln!(text, "{} messages in {}; {}", log.lines.len(), log.format.name(), log.skipped_text())?;
    writeln!(text, "{} moments", found.len())?;
    found.iter().for_each(|found| text.push_str(&line(found)));
    if let Some(labels) = labels {
        if found.iter().any(|one| one.room != found[0].room) {
            bail!("labels are of one recording, and the log has several rooms");
        }
        let began = log.lines.first().map_or(0, |line| line.at_ms - line.offset_ms);
        let windows = read_labels(labels, began).with_context(|| labels.display().to_string())?;
        let seconds: Vec<f64> = found.iter().map(|found| found.second).collect();
        text.push_str(&cards(score(&seconds, &windows), score(&find_plain(&log.lines), &windows)));
    }
    Ok(text)
}

fn of_streams(streams: u64, page: Option<&Path>) -> anyhow::Result<String> {
    let (mut ours, mut plain) = (Card::default(), Card::default());
    for seed in 0..streams {
        let stream = StreamPlan::typical(seed).generate();
        let seconds: Vec<f64> = find(&stream.lines)?.iter().map(|found| found.second).collect();
        ours = ours.plus(score(&seconds, &stream.windows));
        plain = plain.plus(score(&find_plain(&stream.lines), &stream.windows));
    }
    if let Some(path) = page {
        readme::write(path, "moments", &markdown(streams, ours, plain))?;
    }
    Ok(cards(ours, plain))
}

fn markdown(streams: u64, ours: Card, plain: Card) -> String {
    let row = |name: &str, card: Card| {
        let (precision, recall) = (card.precision(), card.recall());
        format!("| {name} | {} | {precision:.2} | {recall:.2} | {:.2} |\n", card.found, card.f1())
    };
    format!(
        "{streams} synthetic streams with {} marked highlights; a hit lies in one of them, {BEFORE} s before \
         and {AFTER} s after it included. Command: `bench moments --synthetic {streams} --write-readme \
         README.md`.\n\n| detector | found | precision | recall | F1 |\n|---|---:|---:|---:|---:|\n{}{}",
        ours.windows,
        row("Hubbub's", ours),
        row("unique chatters of 5 s over a running mean, z > 4", plain),
    )
}

fn line(found: &Found) -> String {
    let Found { room, moment, second } = found;
    let why = &moment.why;
    let terms: Vec<String> = why
        .emotes
        .iter()
        .chain(&why.words)
        .map(|term| format!("{} ×{}", printable(&term.text), term.count))
        .collect();
    let room = room.as_deref().map(|room| format!("{} ", printable(room))).unwrap_or_default();
    format!(
        "{room}{} +{:.0} s  score {:.1}  messages {}-{}  {:.1}/s  chatters {} (usually {:.1})  reactions {:.0} % repeats {:.0} %  {}\n",
        clock(*second),
        moment.end.since(moment.start).as_secs_f64(),
        moment.score,
        moment.first,
        moment.last,
        why.rate,
        why.chatters,
        why.usual_chatters,
        why.reaction_share * 100.0,
        why.repeat_share * 100.0,
        terms.join(", "),
    )
}

/// A log's text must not drive a terminal.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn clock(second: f64) -> String {
    let sign = if second < 0.0 { "-" } else { "" };
    let second = second.abs() as u64;
    format!("{sign}{}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

fn cards(ours: Card, plain: Card) -> String {
    let row = |name: &str, card: Card| {
        format!(
            "{name:<22}{:>6}{:>6}{:>9}{:>6}{:>11.2}{:>8.2}{:>6.2}\n",
            card.found,
            card.hits,
            card.windows,
            card.met,
            card.precision(),
            card.recall(),
            card.f1()
        )
    };
    format!(
        "hit: the start lies in a window, {BEFORE} s before and {AFTER} s after it included\n{:<22}{:>6}{:>6}{:>9}{:>6}{:>11}{:>8}{:>6}\n{}{}",
        "",
        "found",
        "hits",
        "windows",
        "met",
        "precision",
        "recall",
        "F1",
        row("detector", ours),
        row("plain z > 4, chatters", plain),
    )
}
