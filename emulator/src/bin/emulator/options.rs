//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use emulator::processes::Interpreters;

use crate::doubts::DoubtOptions;
use crate::log::Log;

/// Runs a SAM or CloudFormation template on this machine: its WebSocket and HTTP APIs, its Lambda
/// functions, its DynamoDB tables and their streams.
///
/// Functions run as processes: the programs in --build-dir, and handlers in Node.js and Python; or at
/// --lambda-endpoint. They find @connections, DynamoDB and Lambda through AWS_ENDPOINT_URL_*, which AWS SDKs read by themselves.
#[derive(Clone, Debug, Parser)]
#[command(name = "emulator", version, max_term_width = 100)]
pub(crate) struct Options {
    /// The template, YAML or JSON.
    #[arg(long, value_name = "FILE", default_value = "template.yaml")]
    pub(crate) template: PathBuf,

    /// A value for one of the template's parameters; may be repeated.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) parameters: Vec<(String, String)>,

    /// `AWS::StackName`.
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub(crate) stack: String,

    /// `AWS::Region`.
    #[arg(long, env = "AWS_REGION", value_name = "NAME", default_value = "us-east-1")]
    pub(crate) region: String,

    /// Folder of the functions' programs: SAM's .aws-sam/build (the default, beside the template),
    /// cargo-lambda's target/lambda/debug, or cargo's target/debug.
    #[arg(long, value_name = "DIR", conflicts_with = "lambda_endpoint")]
    pub(crate) build_dir: Option<PathBuf>,

    /// What runs functions of managed runtimes, instead of `node` and `python3`: nodejs=PATH or
    /// python=PATH; may be repeated.
    #[arg(long = "runtime", value_name = "NAME=PATH", value_parser = runtime)]
    pub(crate) runtimes: Vec<(Runtime, PathBuf)>,

    /// Where another program runs the functions: `sam local start-lambda` (http://127.0.0.1:3001),
    /// `cargo lambda watch` (http://127.0.0.1:9000).
    #[arg(long, value_name = "URL", value_parser = http_url)]
    pub(crate) lambda_endpoint: Option<String>,

    /// Write what the functions at --lambda-endpoint need in their environment: into FILE.json for
    /// `sam local start-lambda --env-vars`, else for `cargo lambda watch --env-file`.
    #[arg(long, value_name = "FILE", requires = "lambda_endpoint")]
    pub(crate) write_env: Option<PathBuf>,

    /// This machine's name for the functions at --lambda-endpoint, where loopback is their own: for
    /// containers of Docker Desktop host.docker.internal.
    #[arg(long, value_name = "HOST", requires = "lambda_endpoint")]
    pub(crate) functions_reach: Option<String>,

    /// Events that one function may be handling at once; more are throttled.
    #[arg(long, value_name = "N", default_value_t = emulator::processes::DEFAULT_CONCURRENCY)]
    pub(crate) concurrency: usize,

    /// Address to listen on. Anything but a loopback address lets other machines in, and whoever is
    /// let in can invoke every function.
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,

    /// Port to listen on; 0 takes any free one.
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,

    /// Serve TLS on the same port, with a certificate of an authority that the start prints. It is
    /// kept in --data, and functions are told to trust it. On where handlers in Node.js or Python run
    /// as processes.
    #[arg(long)]
    pub(crate) tls: bool,

    /// Port of the embedded DynamoDB, or with --faults of what stands before the one at
    /// --dynamodb-endpoint; on --host, or on loopback where that is every address. 0 takes any free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) dynamodb_port: u16,

    /// Use the DynamoDB there, DynamoDB Local for example, instead of the embedded one. Tables that
    /// are missing are created.
    #[arg(long, env = "DYNAMODB_ENDPOINT", value_name = "URL", conflicts_with = "data")]
    pub(crate) dynamodb_endpoint: Option<String>,

    /// Folder to keep tables and stream checkpoints in; without it all is gone at the end.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,

    /// Refuse requests to @connections that are not signed. The signature is not verified.
    #[arg(long)]
    pub(crate) require_signature: bool,

    /// An API key that $connect takes where it wants one, besides those of the template; may be repeated.
    #[arg(long = "api-key", value_name = "VALUE")]
    pub(crate) api_keys: Vec<String>,

    /// Let only web pages of this origin in, and the server's own; may be repeated.
    #[arg(long = "allowed-origin", value_name = "ORIGIN")]
    pub(crate) allowed_origins: Vec<String>,

    /// Close a connection that was idle for so many seconds. AWS: 600.
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = seconds)]
    pub(crate) idle_timeout: Duration,

    /// Close a connection that is so many seconds old. AWS: 7200.
    #[arg(long, value_name = "SECONDS", default_value = "7200", value_parser = seconds)]
    pub(crate) lifetime: Duration,

    /// Handle the messages of a connection one after the other, to look for a race. AWS does not.
    #[arg(long)]
    pub(crate) serial: bool,

    /// Believe messages ("emulatorTime") and HTTP requests (x-emulator-time) that say at which
    /// millisecond since 1970 they happen, for replays.
    #[arg(long)]
    pub(crate) told_times: bool,

    /// Connections that may be opened in a second; more get 429. AWS: 500.
    #[arg(long, value_name = "N", default_value_t = emulator::Limits::default().connects_per_second)]
    pub(crate) connects_per_second: u32,

    /// Retries of an event that was invoked asynchronously and failed. AWS: 2.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) async_retries: u32,

    /// Faults to happen: crashes, throttles, lost replies and more (see emulator/README.md). What in
    /// the file is not understood is an error with its line.
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) log: Log,

    #[command(flatten)]
    pub(crate) doubts: DoubtOptions,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Runtime {
    Node,
    Python,
}

impl Options {
    pub(crate) fn interpreters(&self) -> Interpreters {
        let mut interpreters = Interpreters::default();
        for (runtime, program) in &self.runtimes {
            match runtime {
                Runtime::Node => interpreters.node.clone_from(program),
                Runtime::Python => interpreters.python.clone_from(program),
            }
        }
        interpreters
    }
}

fn runtime(text: &str) -> Result<(Runtime, PathBuf), String> {
    match text.split_once('=') {
        Some(("nodejs", program)) => Ok((Runtime::Node, program.into())),
        Some(("python", program)) => Ok((Runtime::Python, program.into())),
        _ => Err("it must be nodejs=PATH or python=PATH".to_owned()),
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it must be NAME=VALUE".to_owned()),
    }
}

fn http_url(text: &str) -> Result<String, String> {
    if text.starts_with("http://") {
        Ok(text.to_owned())
    } else {
        Err("it must start with http://".to_owned())
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().map_err(|_| "it must be a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Options::command().debug_assert();
    }

    #[test]
    fn a_parameters_value_may_hold_anything() {
        assert_eq!(pair("Name=a=b"), Ok(("Name".to_owned(), "a=b".to_owned())));
        assert_eq!(pair("Name="), Ok(("Name".to_owned(), String::new())));
        assert!(pair("Name").is_err() && pair("=x").is_err());
    }
}
