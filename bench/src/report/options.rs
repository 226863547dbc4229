//! The options of `bench report`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::generator::message::{MARKER, MAX_CONTENT};
use crate::server::ARGUMENTS;

#[derive(Args, Clone, Debug)]
pub struct ReportOptions {
    /// Measure a server that runs already; it must not limit the rate
    #[arg(long, value_name = "URL", conflicts_with_all = ["server", "server_args"])]
    pub url: Option<String>,

    /// The process behind --url, for its CPU time and memory (children included)
    #[arg(long, requires = "url")]
    pub pid: Option<u32>,

    /// Start and stop this program instead; default: the `local` next to this one
    #[arg(long, value_name = "PATH")]
    pub server: Option<PathBuf>,

    /// What to start it with, split at spaces; {port} and {data} are filled in
    #[arg(long, value_name = "ARGS", default_value_t = ARGUMENTS.join(" "), allow_hyphen_values = true)]
    pub server_args: String,

    /// How many connections the room has; a list measures several rooms, one after the other
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "100", value_parser = connections)]
    pub connections: Vec<usize>,

    /// How many connections share the figures of connecting and idling; cut to the file limit
    #[arg(long, value_name = "N", default_value = "1000", value_parser = connections)]
    pub idle_connections: usize,

    /// Bytes of a message's content
    #[arg(long, value_name = "BYTES", default_value = "200", value_parser = payload)]
    pub payload: usize,

    /// Messages kept on their way under load; default: by the size of the room, for about 4,000 deliveries
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=128))]
    pub window: Option<u32>,

    /// How long each load lasts
    #[arg(long, default_value = "5", value_parser = seconds)]
    pub seconds: Duration,

    /// Silence after which a missing receipt or ack counts as lost
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub stall: Duration,

    /// How many extra times to start the server for the start figure
    #[arg(long, value_name = "N", default_value = "5")]
    pub starts: u32,

    /// Write the figures between the `bench` markers of this page
    #[arg(long, value_name = "FILE")]
    pub write_readme: Option<PathBuf>,

    /// Write everything that was measured to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Loopback has about 28,000 ports for connections to one address.
const MAX_CONNECTIONS: usize = 25_000;

fn connections(text: &str) -> Result<usize, String> {
    in_range(text, 1, MAX_CONNECTIONS)
}

fn payload(text: &str) -> Result<usize, String> {
    in_range(text, MARKER, MAX_CONTENT)
}

fn in_range(text: &str, least: usize, most: usize) -> Result<usize, String> {
    let number = text.parse().map_err(|error: std::num::ParseIntError| error.to_string())?;
    let fits = (least..=most).contains(&number);
    if fits { Ok(number) } else { Err(format!("must be {least} to {most}")) }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|error: std::num::ParseFloatError| error.to_string())?;
    let fits = (0.1..=600.0).contains(&seconds);
    if fits { Ok(Duration::from_secs_f64(seconds)) } else { Err("must be 0.1 to 600".to_owned()) }
}
