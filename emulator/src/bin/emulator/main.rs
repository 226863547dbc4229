//! `cargo run -p emulator -- --template template.yaml`: any SAM template in a terminal.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

mod doubts;
mod elsewhere;
mod greeting;
mod log;
mod options;
mod run;
mod storage;

/// Of C code too, such as SQLite.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let options = options::Options::parse();
    log::start(&options.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(run::run(options)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With its causes: the outermost says what was wanted, the innermost why not.
            let _terminal_may_be_gone = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
