//! `bench report`: every figure that Hubbub states about its own speed, in one run.
//!
//! Each measured thing gets a fresh server on an empty database where we start it ourselves, so
//! that none inherits the memory or the data of the one before.

mod cpu;
mod figures;
mod idle;
mod load;
mod options;
mod provenance;
mod subject;
mod table;

use std::fs;

use anyhow::Context;

pub use figures::Report;
pub use options::ReportOptions;
pub use provenance::command_line;
pub(crate) use provenance::{Machine, commit, date};
pub use table::{markdown, text};

use crate::readme;
use figures::Start;
use subject::Subject;

/// Measures, then writes the files that the options name. `progress` is told what happens next.
pub fn run(
    options: &ReportOptions,
    command: String,
    mut progress: impl FnMut(&str),
) -> anyhow::Result<Report> {
    // A page without markers is found out before minutes are spent on figures for it.
    if let Some(path) = &options.write_readme {
        readme::check(path, "bench")?;
    }
    let descriptors = subject::raise_open_files()?;
    let subject = Subject::new(options)?;
    let mut starts = Vec::new();
    for attempt in 1..=subject.starts(options) {
        progress(&format!("start {attempt}"));
        let up = subject.up(options, &mut starts)?;
        up.down()?;
    }
    let idle = idle::measure(options, &subject, descriptors, &mut starts, &mut progress)?;
    let mut rooms = Vec::new();
    for connections in &options.connections {
        rooms.push(load::measure(options, &subject, *connections, &mut starts, &mut progress)?);
    }
    let report = Report {
        date: provenance::date(),
        commit: provenance::commit(),
        command,
        debug_build: cfg!(debug_assertions),
        subject: subject.name(),
        machine: Machine::read()?,
        payload: options.payload,
        start: Start::of(&starts),
        idle,
        rooms,
    };
    if let Some(path) = &options.json {
        let json = serde_json::to_string_pretty(&report)?;
        fs::write(path, json + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(path) = &options.write_readme {
        readme::write(path, "bench", &markdown(&report))?;
    }
    Ok(report)
}
