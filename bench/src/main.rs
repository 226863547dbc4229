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
use bench::replay::{self, ReplayOptions};
use bench::report::{self, ReportOptions};
use bench::soak::{self, SoakOptions};
use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

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
    /// Say a chat log again through the real gateway, and compare the analytics with a recount
    Replay(ReplayOptions),
    /// Have a crowd come, talk and go while things go wrong, and check that nothing is lost or leaks
    Soak(SoakOptions),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Report(options) => {
            let command = report::command_line(std::env::args_os());
            let report = report::run(&options, command, |step| eprintln!("bench: {step}"))?;
            print!("{}", report::text(&report));
        }
        Command::Replay(options) => {
            let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta} {msg}")?;
            let outcome = replay::run(&options, &ProgressBar::no_length().with_style(style))?;
            print!("{}", outcome.text);
            if !outcome.is_right {
                std::process::exit(1);
            }
        }
        Command::Soak(options) => {
            let command = report::command_line(std::env::args_os());
            let outcome = soak::run(&options, command, |step| eprintln!("bench: {step}"))?;
            print!("{}", outcome.text);
            if !outcome.is_right {
                std::process::exit(1);
            }
        }
        Command::Moments(options) => print!("{}", moments::run(&options)?),
    }
    Ok(())
}
