//! The command, from the start of the server to the verdict.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use tempfile::TempDir;
use tokio::time::Instant;

use super::counts::{self, Differences, MOST_ROOMS, Presence};
use super::crowd;
use super::growth::Watch;
use super::person::Person;
use super::records::Records;
use super::report::Figures;
use crate::client::HttpApi;
use crate::readme;
use crate::report::{Machine, commit, date};
use crate::server::{ARGUMENTS, Launch, Server, beside_us};

/// What goes wrong unless another plan is given.
const FAULTS: &str = include_str!("faults.toml");
/// For a server that starts and stops.
const STALL: Duration = Duration::from_secs(20);

#[derive(Args, Clone, Debug)]
pub struct SoakOptions {
    /// How long people come and go
    #[arg(long, value_name = "N", default_value = "30", value_parser = minutes)]
    pub minutes: f64,

    /// People, with one connection each
    #[arg(long, value_name = "N", default_value = "500", value_parser = clap::value_parser!(u16).range(1..=5_000))]
    pub connections: u16,

    /// Rooms, among which people are spread
    #[arg(long, value_name = "N", default_value = "25", value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_ROOMS)))]
    pub rooms: u16,

    /// Seconds between two messages of a person, on average
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = pause)]
    pub pause: f64,

    /// Who does what when is drawn from this
    #[arg(long, value_name = "N", default_value = "1")]
    pub seed: u64,

    /// Another plan of faults than the one that comes with this program
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,

    /// The server; default: the `local` next to this program
    #[arg(long, value_name = "PATH")]
    pub server: Option<PathBuf>,

    /// Write the figures between the `soak` markers of this page
    #[arg(long, value_name = "FILE")]
    pub write_readme: Option<PathBuf>,
}

/// What a soak showed.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub text: String,
    /// Whether nothing was missing, every count right and the memory flat.
    pub is_right: bool,
}

/// Runs a soak on a runtime of its own. `progress` is told what happens next.
pub fn run(options: &SoakOptions, command: String, progress: impl FnMut(&str)) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(soak(options, command, progress))
}

async fn soak(
    options: &SoakOptions,
    command: String,
    mut progress: impl FnMut(&str),
) -> anyhow::Result<Outcome> {
    // A page without markers is found out before half an hour is spent on figures for it.
    if let Some(path) = &options.write_readme {
        readme::check(path, "soak")?;
    }
    let folder = TempDir::with_prefix("hubbub-soak-")?;
    let plan = folder.path().join("faults.toml");
    match &options.faults {
        Some(path) => fs::copy(path, &plan).map(drop).with_context(|| path.display().to_string())?,
        None => fs::write(&plan, FAULTS)?,
    }
    let launch = Launch {
        program: options.server.clone().map_or_else(beside_us, Ok)?.canonicalize()?,
        arguments: ARGUMENTS
            .map(str::to_owned)
            .into_iter()
            .chain(["--faults".to_owned(), plan.display().to_string()])
            .collect(),
    };
    let server = Server::start(&launch, STALL)?;
    let host = &server.target.host;
    let (api, records) = (HttpApi::new(format!("http://{host}")), Arc::new(Records::default()));

    progress(&format!("{} people for {} minutes", options.connections, options.minutes));
    let (watch, begun) = (Watch::begin(server.pid()), Instant::now());
    let until = begun + Duration::from_secs_f64(options.minutes * 60.0);
    let people = people(options, &format!("ws://{host}/ws"));
    let rooms = sizes(&people);
    let people = crowd::live(people, until, options.pause, &records).await?;
    let (minutes, growth) = (begun.elapsed().as_secs_f64() / 60.0, watch.end()?);

    progress("everybody together: who is there?");
    let count = people.len();
    let here = crowd::gather(people, &records).await?;
    let everybody = rooms.iter().map(|(room, people)| (room.clone(), (*people, *people))).collect();
    let present = Presence { clients: count as u64, rooms: everybody };
    let mut differences = counts::presence(&api, &present).await?;
    drop(here);
    progress("nobody any more: is anybody left?");
    differences.extend(counts::presence(&api, &Presence::default()).await?);
    progress("history and analytics");
    differences.extend(stored(&api, &records).await?);
    let state = counts::patiently(async || api.json("/_emulator", None).await).await?;
    let faults = state["faults"].as_array().context("`/_emulator` tells of no faults")?;
    let faults = faults.iter().map(|rule| {
        (rule["rule"].as_str().unwrap_or_default().to_owned(), rule["struck"].as_u64().unwrap_or_default())
    });
    let figures = Figures {
        command,
        date: date(),
        commit: commit(),
        machine: Machine::read()?,
        minutes,
        people: count,
        rooms: rooms.len(),
        messages: records.messages(),
        tally: records.tally(),
        faults: faults.collect(),
        growth,
        differences,
    };
    server.stop()?;
    if let Some(path) = &options.write_readme {
        readme::write(path, "soak", &figures.markdown())?;
    }
    Ok(Outcome { text: figures.text(), is_right: figures.is_right() })
}

fn people(options: &SoakOptions, url: &str) -> Vec<Person> {
    let room = |number: usize| format!("soak-{}", number % usize::from(options.rooms));
    (0..usize::from(options.connections))
        .map(|number| Person::new(number, room(number), url.to_owned(), options.seed))
        .collect()
}

fn sizes(people: &[Person]) -> BTreeMap<String, u64> {
    let mut sizes = BTreeMap::new();
    for person in people {
        *sizes.entry(person.room.clone()).or_default() += 1;
    }
    sizes
}

async fn stored(api: &HttpApi, records: &Records) -> anyhow::Result<Differences> {
    let mut differences = Vec::new();
    for (room, told) in records.rooms() {
        differences.extend(counts::history(api, &room, &told).await?);
        differences.extend(counts::analytics(api, &room, &told).await?);
    }
    Ok(differences)
}

fn minutes(text: &str) -> Result<f64, String> {
    number(text, 0.05..=240.0)
}

fn pause(text: &str) -> Result<f64, String> {
    number(text, 0.1..=300.0)
}

fn number(text: &str, range: std::ops::RangeInclusive<f64>) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|error: std::num::ParseFloatError| error.to_string())?;
    let fits = range.contains(&number);
    if fits { Ok(number) } else { Err(format!("must be {} to {}", range.start(), range.end())) }
}
