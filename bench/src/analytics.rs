//! `bench analytics`: how fast a core counts a log, and how large what it keeps becomes. No database and no
//! server: what each costs, `tests/e2e/costs` asserts.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use shared::domain::analytics::{EmoteNames, Minute, Record, Rollup, fold};
use shared::domain::moments::{Detector, Said};
use shared::domain::{Sequence, Timestamp};

use crate::chat_log::{Line, read_file};
use crate::process::own_cpu;
use crate::readme;

/// 2026-11-24T08:00:00Z, in milliseconds.
const BEGIN: i64 = 1_795_507_200_000;
const RATES: [usize; 3] = [1, 10, 100];
const HOUR: usize = 3_600;

#[derive(Args, Clone, Debug)]
pub struct AnalyticsOptions {
    /// A chat log, said again at 1, 10 and 100 messages a second, from its beginning again at its end
    #[arg(long, value_name = "FILE")]
    pub log: PathBuf,

    /// Write the figures between the `analytics` markers of this page
    #[arg(long, value_name = "FILE")]
    pub write_readme: Option<PathBuf>,
}

/// An hour at one rate.
struct Figures {
    rate: usize,
    messages: usize,
    cpu: Duration,
    /// Bytes of a minute's row at its end, on average; of the hour's; of the largest state of the moments.
    minute: usize,
    hour: usize,
    detector: usize,
}

/// What the command prints.
pub fn run(options: &AnalyticsOptions) -> anyhow::Result<String> {
    let log = read_file(&options.log).with_context(|| options.log.display().to_string())?;
    let figures = RATES.map(|rate| measure(&log.lines, rate));
    let figures = figures.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let text = markdown(&figures);
    if let Some(path) = &options.write_readme {
        ensure!(!cfg!(debug_assertions), "figures of a debug build are for nobody: build with --release");
        readme::write(path, "analytics", &text)?;
    }
    Ok(text)
}

/// As the consumer does it each second: read the rows from bytes, fold the batch, write them to bytes.
fn measure(lines: &[Line], rate: usize) -> anyhow::Result<Figures> {
    let names = EmoteNames::default();
    let (mut minutes, mut minute_bytes) = (Rollup::default(), 0);
    let (mut detector, mut largest) = (Detector::new().to_bytes(), 0);
    let mut row = Vec::new();
    let mut lines = lines.iter().cycle();
    let before = own_cpu()?;
    for second in 0..HOUR {
        let start = BEGIN + second as i64 * 1_000;
        let mut batch = Vec::with_capacity(rate);
        for (n, line) in (0..rate).zip(&mut lines) {
            let at = Timestamp::from_millis(start + (n * 1_000 / rate) as i64)?;
            batch.push((second * rate + n + 1, at, line));
        }
        let rollup = if row.is_empty() { Rollup::default() } else { Rollup::from_bytes(&row)? };
        row = fold(rollup, &records(&batch), &names).to_bytes();
        let mut state = Detector::from_bytes(&detector)?;
        for (sequence, at, line) in &batch {
            let sequence = Sequence::new("sequence", *sequence as u64)?;
            let _folded = state.fold(&Said { at: *at, sequence, user: &line.user, content: &line.content });
        }
        let _moments = batch.last().map(|(_, at, _)| state.advance(*at));
        detector = state.to_bytes();
        let minute = Minute::of(Timestamp::from_millis(start)?);
        if second % 60 == 59 {
            let rollup = Rollup::from_bytes(&row)?;
            minutes.merge_minute(minute, &rollup);
            minute_bytes += row.len();
            row = Vec::new();
        }
        largest = largest.max(detector.len());
    }
    let cpu = own_cpu()?.saturating_sub(before);
    Ok(Figures {
        rate,
        messages: HOUR * rate,
        cpu,
        minute: minute_bytes / (HOUR / 60),
        hour: minutes.to_bytes().len(),
        detector: largest,
    })
}

fn records(batch: &[(usize, Timestamp, &Line)]) -> Vec<Record> {
    let record = |(sequence, at, line): &(usize, Timestamp, &Line)| Record::Said {
        sequence: *sequence as u64,
        at: *at,
        user: line.user.clone(),
        content: line.content.clone(),
        newcomer: sequence % 10 == 0,
    };
    batch.iter().map(record).collect()
}

fn markdown(figures: &[Figures]) -> String {
    let kilobytes = |bytes: usize| format!("{:.1}", bytes as f64 / 1024.0);
    let row = |figures: &Figures| {
        let Figures { rate, messages, cpu, minute, hour, detector } = figures;
        let speed = *messages as f64 / cpu.as_secs_f64().max(1e-9);
        format!(
            "| {rate} | {} | {} | {} | {} |\n",
            (speed / 1_000.0).round() * 1_000.0,
            kilobytes(*minute),
            kilobytes(*hour),
            kilobytes(*detector)
        )
    };
    format!(
        "An hour of real chat in one room, counted in batches of a second. Command: `bench analytics --log \
         FILE --write-readme README.md`.\n\n| messages a second | folded per second and core | a minute's \
         row, KB | an hour's row, KB | the moments' state at the most, KB |\n\
         |---:|---:|---:|---:|---:|\n{}",
        figures.iter().map(row).collect::<String>()
    )
}
