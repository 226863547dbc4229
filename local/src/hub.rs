//! Everything, from start to stop.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use emulator::faults::{FaultPlan, Faults};
use emulator::streams::{Checkpoints, Mapping, Mappings};
use emulator::{Connections, Emulator, Limits, Processes, Template, Tls, template};
use indexmap::IndexMap;
use shared::App;
use shared::config::Config;
use shared::identity::Tokens;
use shared::meter::Meter;
use shared::storage::Store;
use tokio::net::TcpListener;

use crate::database::Database;
use crate::page::Page;
use crate::{Environment, Functions, Options, functions, left_behind, management, processes};

pub(crate) const TEMPLATE: &str = include_str!("../../template.yaml");

/// The WebSocket API's logical id.
const CHAT_API: &str = "ChatApi";

/// What each part of a stop may take.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// A running Hubbub.
#[derive(Debug)]
pub struct Hub {
    app: Arc<App>,
    emulator: Emulator,
    mappings: Mappings,
    /// Where the functions do not run in this process.
    processes: Option<Processes>,
    database: Database,
    tls: Option<Tls>,
    left_behind: usize,
}

/// What a stop did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Connections that were open.
    pub closed: usize,
    /// Of them and of what else was going on, what did not end in time.
    pub unfinished: usize,
}

impl Hub {
    /// Starts everything and returns when clients can connect.
    pub async fn start(options: Options, environment: Environment) -> anyhow::Result<Self> {
        Self::start_with(options, environment, Faults::none()).await
    }

    /// For tests: with faults made in code. `--faults` has its own.
    #[doc(hidden)]
    pub async fn start_with(
        options: Options,
        environment: Environment,
        faults: Faults,
    ) -> anyhow::Result<Self> {
        // Bound first: a taken port is the likeliest mistake, and the cheapest to find.
        let listener = listen(&options).await?;
        let template_options = template::Options {
            parameters: parameters(&environment),
            stack_name: options.stack.clone(),
            ..template::Options::default()
        };
        let mut template = Template::read(TEMPLATE, &template_options)?;
        let config = config(&options, &environment.for_functions(&template)?)?;
        template.region.clone_from(&config.region);
        let faults = match &options.faults {
            Some(file) => Faults::new(FaultPlan::read_file(file, &template)?)?,
            None => faults,
        };
        let database = Database::open(&options, &config, &template, &faults).await?;
        // Not before the folder is this process's own.
        let tls = tls(&options)?;
        let tokens = Tokens::start(&config)?;
        tokens.check_file().await.context("JWKS_FILE")?;
        let stage = template.web_socket_apis.get(CHAT_API).map_or("", |api| &api.stage);
        let connections = Connections::new();
        let app = Arc::new(App {
            store: Store::new(database.for_functions.dynamodb.clone(), config.tables.clone()),
            management: management::in_process(&config, stage, connections.clone()),
            meter: Meter::default(),
            config,
        });

        let processes = match options.functions {
            Functions::InProcess => None,
            Functions::Processes => {
                let (gateway, dynamodb) = (listener.local_addr()?, database.address());
                Some(processes::find(&options, &environment, &template, gateway, dynamodb)?)
            }
        };
        let functions = match &processes {
            None => functions::all(&app, tokens.clone()),
            Some(processes) => processes.functions().collect(),
        };
        let functions = faults.around(&template, functions);
        let mappings = Mapping::of_template(&template, &functions).into_iter();
        let mappings = mappings.map(|mapping| Mapping { faults: faults.clone(), ..mapping }).collect();
        let mut builder = Emulator::builder(template).connections(connections);
        for (logical_id, function) in functions {
            builder = builder.function(logical_id, function);
        }
        // Other processes may be at work on tables that are not this one's own.
        let left = match options.aws {
            true => Vec::new(),
            false => left_behind::find(&database.clients, &app.config.tables.connections).await?,
        };
        let page = Page { token_required: tokens.required() };
        let emulator = builder
            // Nobody else shares this machine as they share an account.
            .limits(Limits { connects_per_second: u32::MAX, ..Limits::default() })
            .allowed_origins(Some(environment.list("ALLOWED_ORIGINS").unwrap_or_default()))
            .require_signature(true)
            .tls(tls.clone())
            .told_times(options.told_times)
            .faults(faults)
            .fallback(move |request| page.answer(request))
            .start(listener)
            .await?;

        let left_behind = left_behind::end(left, CHAT_API, &emulator).await;
        let checkpoints = match &options.data {
            Some(folder) => Checkpoints::in_folder(folder)?,
            None => Checkpoints::in_memory(),
        };
        let mappings = Mappings::start(&database.clients, mappings, checkpoints, database.written()).await?;
        emulator.show_mappings(&mappings);
        Ok(Self { app, emulator, mappings, processes, database, tls, left_behind })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.emulator.local_addr()
    }

    /// Where other programs reach the embedded DynamoDB, if `--dynamodb-port` opened it.
    pub fn dynamodb_address(&self) -> Option<SocketAddr> {
        self.database.address()
    }

    /// The certificate to trust for `wss://` and `https://`, if `--tls` serves them.
    pub fn ca(&self) -> Option<&Path> {
        self.tls.as_ref().map(Tls::ca)
    }

    /// Connections of an earlier process that were ended at the start.
    pub fn left_behind(&self) -> usize {
        self.left_behind
    }

    /// What the functions work with.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The gateway and its functions.
    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// Waits until the functions behind the streams have seen everything written so far.
    pub async fn streams_drained(&self) {
        self.mappings.drained().await;
    }

    /// Closes every connection with 1001, runs `$disconnect` for each, lets the streams' functions
    /// see that, and writes everything to disk. Takes a few seconds at the most for each.
    pub async fn stop(self) -> Stopped {
        let summary = self.emulator.shutdown(STOP_WITHIN).await;
        if tokio::time::timeout(STOP_WITHIN, self.mappings.drained()).await.is_err() {
            tracing::warn!("the streams were not read to the end; what is left is read at the next start");
        }
        self.mappings.shutdown(STOP_WITHIN).await;
        if let Some(processes) = self.processes {
            let left = processes.shutdown(STOP_WITHIN).await;
            if left > 0 {
                tracing::warn!(left, "some of the functions' processes did not end");
            }
        }
        drop(self.app);
        self.database.close().await;
        Stopped { closed: summary.closed, unfinished: summary.unfinished }
    }
}

async fn listen(options: &Options) -> anyhow::Result<TcpListener> {
    let Options { host, port, .. } = options;
    TcpListener::bind((*host, *port)).await.with_context(|| match port {
        0 => format!("cannot listen on {host}: choose another address with --host"),
        _ => {
            format!("cannot listen on {host}:{port}: choose another port with --port, or address with --host")
        }
    })
}

/// The same authority at every start that has the same data.
fn tls(options: &Options) -> anyhow::Result<Option<Tls>> {
    let folder = options.data.as_ref().map(|data| data.join("tls"));
    Ok(options.tls.then(|| Tls::new(folder.as_deref(), options.host)).transpose()?)
}

/// What is not only the functions' but the template's own.
fn parameters(environment: &Environment) -> IndexMap<String, String> {
    let seconds = environment.get("LEAVE_NOTICE_SECONDS");
    seconds.map(|seconds| ("LeaveNoticeSeconds".to_owned(), seconds.to_owned())).into_iter().collect()
}

/// The functions' configuration. What runs in this process needs no credentials.
pub(crate) fn config(options: &Options, variables: &Environment) -> anyhow::Result<Config> {
    let embedded = !options.aws && variables.get("DYNAMODB_ENDPOINT").is_none();
    let own = |name: &str| match name {
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" if embedded => Some("local".to_owned()),
        // Only the predecessor's name chooses a database here: the SDK's own variable may be meant
        // for other programs.
        "AWS_ENDPOINT_URL_DYNAMODB" => None,
        _ => variables.value(name).map(str::to_owned),
    };
    Ok(Config::read(own)?)
}
