//! Hubbub's functions as processes of their own, with an environment like the one on AWS.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use emulator::processes::{DEFAULT_CONCURRENCY, Endpoints, Interpreters, Processes, Settings};
use emulator::{Template, processes};
use indexmap::IndexMap;

use crate::{Environment, Options};

/// What an operator sets for `local` and the functions read too, although the template does not
/// declare it: on AWS it is the stack that decides.
const PASSED_ON: [&str; 9] = [
    "AUTH_SECRET",
    "AUTH_SECRET_PREVIOUS",
    "JWKS_FILE",
    "DYNAMODB_ENDPOINT",
    "DYNAMODB_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "RUST_BACKTRACE",
];

/// Finds the functions' programs; none is started yet.
pub(crate) fn find(
    options: &Options,
    environment: &Environment,
    template: &Template,
    gateway: SocketAddr,
    dynamodb: Option<SocketAddr>,
) -> anyhow::Result<Processes> {
    let build_dir = match &options.build_dir {
        Some(folder) => folder.clone(),
        None => own_folder()?,
    };
    let variables = |wanted: &dyn Fn(&str) -> bool| -> IndexMap<String, String> {
        let set = environment.iter().filter(|(name, value)| wanted(name) && !value.is_empty());
        set.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let settings = Settings {
        build_dir,
        template_dir: PathBuf::new(),
        data: None,
        interpreters: Interpreters::default(),
        concurrency: DEFAULT_CONCURRENCY,
        environment: processes::Environment {
            endpoints: Endpoints {
                gateway: Some(format!("http://{gateway}")),
                dynamodb: dynamodb.map(|address| format!("http://{address}")),
            },
            overrides: variables(&|name| !PASSED_ON.contains(&name)),
            // Where a port stands before the database, that is the endpoint.
            extra: variables(&|name| {
                PASSED_ON.contains(&name) && !(name == "DYNAMODB_ENDPOINT" && dynamodb.is_some())
            }),
        },
    };
    Processes::new(template, &settings).context("`cargo build --workspace` builds the functions")
}

/// The folder of this program, where cargo puts the functions' too.
fn own_folder() -> anyhow::Result<PathBuf> {
    let program =
        std::env::current_exe().context("the functions' folder is not known: name it with --build-dir")?;
    Ok(program.parent().unwrap_or(Path::new(".")).to_owned())
}
