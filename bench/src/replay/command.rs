//! The command, from the log to the verdict.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use indicatif::ProgressBar;
use shared::domain::analytics::EmoteNames;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::compare::Comparison;
use super::people::People;
use super::plan::{Plan, Post, plan};
use super::post::{Repeats, post};
use super::recount::{Recount, Said};
use super::settle;
use crate::chat_log::read_file;
use crate::client::HttpApi;
use crate::readme;

#[derive(Args, Clone, Debug)]
pub struct ReplayOptions {
    /// Where Hubbub listens: http://host:port, or its WebSocket's URL. Start it with
    /// RATE_LIMIT_PER_SEC=0: what it refuses for its rate limit is said again, and takes its time
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,

    /// A chat log: Hubbub's JSON lines, chat-downloader's or TwitchDownloader's JSON
    #[arg(long, value_name = "FILE")]
    pub log: PathBuf,

    /// How many times faster than it was said; 0: as fast as the server takes it
    #[arg(long, value_name = "N", default_value = "60", value_parser = speed)]
    pub speed: f64,

    /// Silence of the log is cut to this many seconds of the replay
    #[arg(long, value_name = "SECONDS", default_value = "2")]
    pub longest_pause: u64,

    /// Every message happens when it was said: the server is told the time. Only an emulator that was
    /// started with --told-times believes it
    #[arg(long)]
    pub original_times: bool,

    /// The room, for logs that name none
    #[arg(long, value_name = "NAME", default_value = "replay")]
    pub room: String,

    /// Put before the name of every room, to replay into new rooms
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub prefix: String,

    /// Go on with a replay that was interrupted within the last ten minutes
    #[arg(long)]
    pub resume: bool,

    /// WebSockets open at a time; whoever has been silent for longest leaves for somebody new
    #[arg(long, value_name = "N", default_value = "100", value_parser = clap::value_parser!(u16).range(1..=5_000))]
    pub connections: u16,

    /// Messages on their way at a time
    #[arg(long, value_name = "N", default_value = "32", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub in_flight: u16,

    /// Only the first messages of the log
    #[arg(long, value_name = "N")]
    pub first: Option<usize>,

    /// The server's EMOTES, where it has any
    #[arg(long, value_name = "NAMES", default_value = "")]
    pub emotes: String,

    /// Seconds that the analytics may take to catch up after the last message
    #[arg(long, value_name = "SECONDS", default_value = "120")]
    pub patience: u64,

    /// Write the figures between the `replay` markers of this page
    #[arg(long, value_name = "FILE")]
    pub write_readme: Option<PathBuf>,
}

/// What a replay showed.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub text: String,
    /// Whether everything was stored, every exact number equal and every estimate within its bounds.
    pub is_right: bool,
}

/// Runs a replay on a runtime of its own. `progress` is shown while messages are said.
pub fn run(options: &ReplayOptions, progress: &ProgressBar) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(replay(options, progress))
}

async fn replay(options: &ReplayOptions, progress: &ProgressBar) -> anyhow::Result<Outcome> {
    let log = read_file(&options.log).with_context(|| options.log.display().to_string())?;
    let first = options.first.unwrap_or(usize::MAX).min(log.lines.len());
    let Plan { posts, skipped } = plan(&log.lines[..first], &options.room, &options.prefix);
    let (web_socket, http) = urls(&options.url)?;
    let api = HttpApi::new(http);
    let mut rooms: BTreeMap<String, i64> = BTreeMap::new();
    for post in &posts {
        let last = rooms.entry(post.room.clone()).or_insert(post.at_ms);
        *last = post.at_ms.max(*last);
    }
    let now = |last: i64| options.original_times.then_some(last);
    if !options.resume {
        empty(&api, &rooms, now).await?;
    }

    progress.set_length(posts.len() as u64);
    let begun = Instant::now();
    let people = Arc::new(People::new(web_socket, usize::from(options.connections)));
    let repeats = Arc::new(Repeats::default());
    let said = say(options, posts, &people, &repeats, progress).await?;
    let seconds = begun.elapsed().as_secs_f64();
    progress.finish_and_clear();

    let mut comparison = Comparison::default();
    let (mut messages, mut lost) = (0, Vec::new());
    let emotes = EmoteNames::parse(&options.emotes);
    let deadline = Instant::now() + Duration::from_secs(options.patience);
    for (room, last) in &rooms {
        let mut acknowledged = said.get(room).cloned().unwrap_or_default();
        acknowledged.sort();
        let stored = settle::history(&api, room, now(*last)).await?;
        if stored != acknowledged {
            lost.push(format!("{room}: {} acknowledged, {} stored", acknowledged.len(), stored.len()));
        }
        messages += acknowledged.len() as u64;
        let truth = Recount::of(&acknowledged, &emotes);
        let answer = settle::analytics(&api, room, truth.messages, now(*last), deadline).await?;
        comparison.room(room, &answer, &truth);
    }
    let head = Head {
        messages,
        rooms: rooms.len(),
        seconds,
        speed: options.speed,
        original_times: options.original_times,
        connections: options.connections,
    };
    let mut notes = vec![format!("{}: {}", log.format.name(), log.skipped_text())];
    notes.extend(skipped.iter().map(|(reason, count)| format!("not said {count}: {reason}")));
    let counter = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    let limited = counter(&repeats.rate_limited);
    if limited > 0 {
        notes.push(format!(
            "said again {limited} times for the rate limit: start Hubbub with RATE_LIMIT_PER_SEC=0"
        ));
    }
    notes.push(format!(
        "said again {} times because the server was busy, {} times without an answer",
        counter(&repeats.busy),
        counter(&repeats.lost)
    ));
    let is_right = lost.is_empty() && comparison.is_right();
    if let Some(path) = &options.write_readme {
        readme::write(path, "replay", &markdown(&head, &lost, &comparison))?;
    }
    Ok(Outcome { text: text(&head, &notes, &lost, &comparison), is_right })
}

/// A room that has something in it would be compared with a log that has not.
async fn empty(
    api: &HttpApi,
    rooms: &BTreeMap<String, i64>,
    now: impl Fn(i64) -> Option<i64>,
) -> anyhow::Result<()> {
    for (room, last) in rooms {
        let page = api.json(&format!("/api/rooms/{room}/messages?limit=1"), now(*last)).await?;
        if page["count"].as_u64() != Some(0) {
            bail!("the room {room} is not empty: choose new rooms with --prefix, or go on with --resume");
        }
    }
    Ok(())
}

/// Says everything in order of time, and returns what was acknowledged, by room.
async fn say(
    options: &ReplayOptions,
    posts: Vec<Post>,
    people: &Arc<People>,
    repeats: &Arc<Repeats>,
    progress: &ProgressBar,
) -> anyhow::Result<BTreeMap<String, Vec<Said>>> {
    let mut said: BTreeMap<String, Vec<Said>> = BTreeMap::new();
    let places = Arc::new(Semaphore::new(usize::from(options.in_flight)));
    let longest = Duration::from_secs(options.longest_pause);
    let (mut due, mut before) = (Instant::now(), posts.first().map_or(0, |post| post.at_ms));
    let mut running: JoinSet<anyhow::Result<(String, Said)>> = JoinSet::new();
    for message in posts {
        if options.speed > 0.0 {
            let pause = (message.at_ms - before).max(0) as f64 / 1e3 / options.speed;
            due += Duration::try_from_secs_f64(pause).unwrap_or(longest).min(longest);
            before = message.at_ms;
            sleep_until(due).await;
        }
        let place = Arc::clone(&places).acquire_owned().await?;
        let (people, counters, told) = (Arc::clone(people), Arc::clone(repeats), options.original_times);
        running.spawn(async move {
            let stored = post(&people, &message, told, &counters).await;
            drop(place);
            let stored =
                stored.with_context(|| format!("a message of {} in {}", message.user, message.room))?;
            let Post { room, user, content, .. } = message;
            Ok((room, Said { sequence: stored.sequence, user, content, timestamp: stored.timestamp }))
        });
        while let Some(done) = running.try_join_next() {
            let (room, one) = done??;
            said.entry(room).or_default().push(one);
            progress.inc(1);
        }
        if repeats.rate_limited.load(Ordering::Relaxed) > 0 && progress.message().is_empty() {
            progress.set_message("the server limits the rate: start it with RATE_LIMIT_PER_SEC=0");
        }
    }
    while let Some(done) = running.join_next().await {
        let (room, one) = done??;
        said.entry(room).or_default().push(one);
        progress.inc(1);
    }
    Ok(said)
}

/// The WebSocket's URL and the HTTP API's.
fn urls(url: &str) -> anyhow::Result<(String, String)> {
    let rest = url.strip_prefix("ws://").or_else(|| url.strip_prefix("http://"));
    let Some(rest) = rest else { bail!("{url:?} must begin with http:// or ws://; there is no TLS here") };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let stage = if path.is_empty() { "ws" } else { path.trim_end_matches('/') };
    Ok((format!("ws://{host}/{stage}"), format!("http://{host}")))
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|error: std::num::ParseFloatError| error.to_string())?;
    if (0.0..=1e6).contains(&speed) { Ok(speed) } else { Err("must be 0 to 1000000".to_owned()) }
}

struct Head {
    messages: u64,
    rooms: usize,
    seconds: f64,
    speed: f64,
    original_times: bool,
    connections: u16,
}

impl Head {
    fn sentence(&self) -> String {
        let pace = match self.speed {
            0.0 => "as fast as they were taken".to_owned(),
            speed => format!("{speed} times as fast as they were said"),
        };
        let times = if self.original_times { ", at their original times" } else { "" };
        format!(
            "{} messages in {} rooms, {pace}{times}, over at most {} WebSockets: {:.0} s, {:.0} messages/s",
            self.messages,
            self.rooms,
            self.connections,
            self.seconds,
            self.messages as f64 / self.seconds.max(1e-3)
        )
    }
}

fn lost_sentence(lost: &[String]) -> String {
    match lost.len() {
        0 => "the history has every acknowledged message, and no other".to_owned(),
        rooms => format!("the history of {rooms} rooms is not what was acknowledged"),
    }
}

fn text(head: &Head, notes: &[String], lost: &[String], comparison: &Comparison) -> String {
    let mut text = format!("{}\n", head.sentence());
    notes.iter().for_each(|note| text.push_str(&format!("{note}\n")));
    let _ = writeln!(text, "{}", lost_sentence(lost));
    lost.iter().take(20).for_each(|line| text.push_str(&format!("  {line}\n")));
    let _ = writeln!(
        text,
        "\n{:<24}{:>14}{:>14}{:>12}{:>9}{:>11}{:>10}{:>7}",
        "", "analytics", "recount", "difference", "exact", "estimates", "error", "wrong"
    );
    for (kind, tally) in &comparison.kinds {
        let _ = writeln!(
            text,
            "{kind:<24}{:>14.6}{:>14.6}{:>12.6}{:>9}{:>11}{:>8.2} %{:>7}",
            tally.reported,
            tally.counted,
            tally.reported - tally.counted,
            tally.exact,
            tally.estimates,
            tally.largest_error * 100.0,
            tally.wrong
        );
    }
    comparison.wrong.iter().for_each(|line| text.push_str(&format!("wrong: {line}\n")));
    text
}

fn markdown(head: &Head, lost: &[String], comparison: &Comparison) -> String {
    let mut text = format!(
        "{}; {}.\n\n| number | compared | exact | estimates, largest error | wrong |\n|---|---:|---:|---:|---:|\n",
        head.sentence(),
        lost_sentence(lost)
    );
    for (kind, tally) in &comparison.kinds {
        let estimates = match tally.estimates {
            0 => "–".to_owned(),
            count => format!("{count}, {:.2} %", tally.largest_error * 100.0),
        };
        let compared = tally.exact + tally.estimates;
        let _ = writeln!(text, "| {kind} | {compared} | {} | {estimates} | {} |", tally.exact, tally.wrong);
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn either_url_names_both() {
        let both = ("ws://127.0.0.1:8080/ws".to_owned(), "http://127.0.0.1:8080".to_owned());
        for url in ["http://127.0.0.1:8080", "http://127.0.0.1:8080/", "ws://127.0.0.1:8080/ws"] {
            assert_eq!(urls(url).unwrap(), both, "{url}");
        }
        assert!(urls("wss://example.org/ws").is_err());
    }
}
