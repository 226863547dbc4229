//! `cargo run`: Hubbub in a terminal.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use local::{Command, CommandLine, Environment, EraseOptions, Hub, Options, TokenOptions};
use tracing_subscriber::filter::LevelFilter;

mod greeting;
mod signals;

/// Of C code too, such as SQLite.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let CommandLine { options, command } = CommandLine::parse();
    let environment = Environment::of_process();
    let done = match command {
        None => run(options, environment),
        Some(Command::Token(options)) => token(&options, &environment),
        Some(Command::EraseUser(options)) => erase(&options, &environment),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With its causes: the outermost says what was wanted, the innermost why not.
            let _terminal_may_be_gone = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options, environment: Environment) -> anyhow::Result<()> {
    log(&environment)?;
    let files = local::raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let stop = signals::stop()?;
        let hub = Hub::start(options, environment).await?;
        greeting::print(&hub, files)?;
        stop.await;
        signals::exit_at_the_next();
        let stopped = hub.stop().await;
        greeting::farewell(stopped)?;
        Ok(())
    })
}

fn token(options: &TokenOptions, environment: &Environment) -> anyhow::Result<()> {
    let token = local::mint(options, environment)?;
    writeln!(std::io::stdout(), "{token}")?;
    Ok(())
}

fn erase(options: &EraseOptions, environment: &Environment) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let messages = runtime.block_on(local::erase(options, environment))?;
    writeln!(std::io::stdout(), "{messages} messages of {} are erased", options.user)?;
    Ok(())
}

fn log(environment: &Environment) -> anyhow::Result<()> {
    let level = environment.get("LOG_LEVEL").unwrap_or("info");
    let level: LevelFilter = level
        .parse()
        .map_err(|_| anyhow::anyhow!("LOG_LEVEL must be one of trace, debug, info, warn, error"))?;
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).with_target(false).init();
    Ok(())
}
