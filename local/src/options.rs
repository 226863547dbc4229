//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{EraseOptions, TokenOptions};

/// A real-time chat with live analytics, on this machine.
///
/// Everything runs in this process: an emulator of API Gateway, Hubbub's Lambda functions and a
/// DynamoDB. Messages are gone when it ends, unless --data names a folder to keep them in.
#[derive(Clone, Debug, Parser)]
#[command(name = "local", version, max_term_width = 100, after_help = ENVIRONMENT)]
#[command(args_conflicts_with_subcommands = true)]
pub struct CommandLine {
    /// How to run.
    #[command(flatten)]
    pub options: Options,

    /// Something else than to run.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What `local` does besides running.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Print a token for AUTH_SECRET, to try things out
    Token(TokenOptions),
    /// Take away everything that a user said
    EraseUser(EraseOptions),
}

/// How Hubbub runs on this machine.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Port to listen on; 0 takes any free one.
    #[arg(long, env = "PORT", default_value_t = 8080)]
    pub port: u16,

    /// Address to listen on. Anything but a loopback address lets other machines in.
    #[arg(long, default_value = "127.0.0.1")]
    pub host: IpAddr,

    /// Serve wss:// and https:// on the same port as well, with a certificate of an authority that the
    /// start prints. With --data it is kept there, so that it has to be trusted once.
    #[arg(long)]
    pub tls: bool,

    /// Folder to keep all data in; it is made if need be.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Serve the embedded DynamoDB on this port as well, for the AWS CLI, NoSQL Workbench and
    /// `sam local invoke`: at the address that --host names, or on loopback where that is all
    /// addresses. It checks no signature: every program that reaches it can use it.
    #[arg(long, value_name = "PORT", conflicts_with = "aws")]
    pub dynamodb_port: Option<u16>,

    /// Keep the data on AWS, in the tables of the stack named by --stack, with the credentials of
    /// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
    #[arg(long, conflicts_with = "data")]
    pub aws: bool,

    /// Where the functions run: in this process, or each as processes of its own, which ask for
    /// their events as on AWS.
    #[arg(long, value_enum, value_name = "WHERE", default_value_t)]
    pub functions: Functions,

    /// Folder of the functions' programs, for `--functions processes`: cargo's (the default is the
    /// one this program is in), cargo-lambda's or SAM's.
    #[arg(long, value_name = "DIR")]
    pub build_dir: Option<PathBuf>,

    /// Faults to happen, for tests of clients and functions: emulator/README.md tells what the file may
    /// say.
    #[arg(long, value_name = "FILE", conflicts_with = "aws")]
    pub faults: Option<PathBuf>,

    /// Believe messages and requests that say when they happen, for `bench replay --original-times`:
    /// whoever can connect decides what time it is. Start with MESSAGE_RETENTION_DAYS=0, or messages
    /// of long ago are removed as expired.
    #[arg(long)]
    pub told_times: bool,

    /// The stack whose tables are used; tables are named after it.
    #[arg(long, value_name = "NAME", default_value = "hubbub")]
    pub stack: String,
}

/// Where the functions run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Functions {
    /// In this process.
    #[default]
    InProcess,
    /// As processes of their own, through the Lambda Runtime API.
    Processes,
}

const ENVIRONMENT: &str = "\
Environment:
  DYNAMODB_ENDPOINT   use the database there, DynamoDB Local for example, instead of the embedded
                      one; tables that are missing are created
  DYNAMODB_REGION     its region (else AWS_REGION, else us-east-1)
  RATE_LIMIT_PER_SEC  messages a second for each user and room (5; 0 or less: no limit)
  RATE_LIMIT_BURST    messages at once before that holds (10; 0 or less: no limit)
  LEAVE_NOTICE_SECONDS  seconds after which a room hears that somebody left, unless they are back (5)
  MESSAGE_RETENTION_DAYS  days a message is kept (30; 0: for ever)
  ALLOWED_ORIGINS     web pages that may connect, besides this server's own, separated by commas;
                      * lets every page in
  AUTH_SECRET         let nobody in without a token signed with it (HS256; `token` makes one);
                      AUTH_SECRET_PREVIOUS is valid as well while it is being replaced
  JWKS_URL, JWKS_FILE  or with a key of this set (RS256, ES256, EdDSA)
  AUTH_ISSUER, AUTH_AUDIENCE  what a token must have as `iss`, and among its `aud`
  LOG_LEVEL           trace, debug, info, warn or error (info)";

impl Default for Options {
    /// Any free loopback port, nothing kept.
    fn default() -> Self {
        Self {
            port: 0,
            host: IpAddr::from([127, 0, 0, 1]),
            tls: false,
            data: None,
            dynamodb_port: None,
            aws: false,
            functions: Functions::default(),
            build_dir: None,
            faults: None,
            told_times: false,
            stack: "hubbub".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        CommandLine::command().debug_assert();
    }
}
