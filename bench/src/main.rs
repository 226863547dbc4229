//! `bench`: measures a Hubbub. `bench report` prints every figure that the README states about speed,
//! `bench moments` how well highlights are found.
//!
//! Only this file prints; the library hands back values.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool: its output is its purpose"
)]

use bench::moments::{self, MomentsOptions};
use bench::report::{self, ReportOptions};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "bench", version, about = "Measures a Hubbub over the protocol that its clients speak")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure connecting, memory, latency and saturation of one room, and check every receipt
    Report(ReportOptions),
    /// Find the moments of a chat log, and score them where people marked highlights
    Moments(MomentsOptions),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Report(options) => {
            let command = report::command_line(std::env::args_os());
            let report = report::run(&options, command, |step| eprintln!("bench: {step}"))?;
            print!("{}", report::text(&report));
        }
        Command::Moments(options) => print!("{}", moments::run(&options)?),
    }
    Ok(())
}
