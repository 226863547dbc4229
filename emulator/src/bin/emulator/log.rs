//! Log lines, for people or for programs.

use std::io::IsTerminal;

use tracing_subscriber::filter::LevelFilter;

/// How to log.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Log {
    /// Lines for people, in colour on a terminal, or one JSON object each.
    #[arg(long = "log", value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,

    /// trace, debug (a line for each connection, message, invocation and post), info (a line for
    /// each invocation of a process), warn or error.
    #[arg(long, env = "LOG_LEVEL", default_value = "info", value_name = "LEVEL")]
    log_level: LevelFilter,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

/// Logs to stderr from here on.
pub(crate) fn start(log: &Log) {
    let lines = tracing_subscriber::fmt()
        .with_max_level(log.log_level)
        .with_writer(std::io::stderr)
        .with_target(false);
    match log.format {
        Format::Text => lines.with_ansi(std::io::stderr().is_terminal()).init(),
        Format::Json => lines.json().flatten_event(true).init(),
    }
}
