//! Log lines, for people or for programs.

use std::io::IsTerminal;

use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How to log.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Log {
    /// Lines for people, in colour on a terminal unless NO_COLOR is set, or one JSON object each.
    #[arg(long = "log", value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,

    /// trace, debug (a line for each connection, message, invocation and post), info (a line for
    /// each invocation of a process), warn or error.
    #[arg(long, env = "LOG_LEVEL", default_value = "debug", value_name = "LEVEL")]
    log_level: LevelFilter,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

/// On a terminal, unless <https://no-color.org> is asked for.
fn in_colour() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Logs to stderr from here on.
pub(crate) fn start(log: &Log) {
    // What goes on is the emulator's to tell; its libraries have nothing to add but trouble.
    let libraries = if log.log_level == LevelFilter::TRACE {
        log.log_level
    } else {
        log.log_level.min(LevelFilter::INFO)
    };
    let filter = Targets::new().with_default(libraries).with_target("emulator", log.log_level);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let all = tracing_subscriber::registry();
    match log.format {
        Format::Text => {
            all.with(lines.with_ansi(in_colour()).with_filter(filter)).init();
        }
        Format::Json => all.with(lines.json().flatten_event(true).with_filter(filter)).init(),
    }
}
