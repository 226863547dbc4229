//! From the template to a running emulator, and to its end.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use emulator::faults::{FaultPlan, Faults};
use emulator::invoke::{InvokeApi, at_endpoint};
use emulator::processes::{Endpoints, Environment, Settings};
use emulator::streams::{Checkpoints, Mapping, Mappings};
use emulator::template::{self, ApiKey, LogicalId};
use emulator::{Doubts, Emulator, Function, Limits, Processes, Template, Tls};
use indexmap::IndexMap;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::elsewhere::Elsewhere;
use crate::greeting;
use crate::options::Options;
use crate::storage::Storage;

/// What each part of a stop may take.
const STOP_WITHIN: Duration = Duration::from_secs(5);

pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    // Before anything takes time: a signal in between is not lost.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut template = read(&options)?;
    for keys in template.web_socket_apis.values_mut().filter_map(|api| api.api_keys.as_mut()) {
        keys.keys.extend(options.api_keys.iter().map(|value| ApiKey {
            name: "--api-key".to_owned(),
            id: "commandline".to_owned(),
            value: value.clone(),
            throttling: None,
        }));
    }
    let faults = match &options.faults {
        Some(file) => Faults::new(FaultPlan::read_file(file, &template)?)?,
        None => Faults::none(),
    };
    let listener = TcpListener::bind((options.host, options.port)).await.with_context(|| {
        format!("cannot listen on {}:{}: choose another port with --port", options.host, options.port)
    })?;
    let storage = Storage::open(&options, &template, &faults).await?;
    let mut settings = settings(&options, listener.local_addr()?, &storage.endpoint);
    // Handlers in Node.js and Python are mostly for AWS alone, and build `https://{domainName}/{stage}`.
    let for_handlers = options.lambda_endpoint.is_none() && settings.run_handlers(&template);
    let tls = match options.tls || for_handlers {
        true => {
            let folder = options.data.as_ref().map(|data| data.join("tls"));
            Some(Tls::new(folder.as_deref(), options.host)?)
        }
        false => None,
    };
    settings.environment.extra.extend(tls.iter().flat_map(Tls::environment));
    let elsewhere = options.lambda_endpoint.as_ref().map(|endpoint| {
        Elsewhere::new(&template, endpoint, options.functions_reach.as_deref(), &settings.environment)
    });
    if let (Some(elsewhere), Some(file)) = (&elsewhere, &options.write_env) {
        elsewhere.write(file, &template)?;
    }
    let (functions, processes) = functions(&options, &template, &settings)?;
    let functions = faults.around(&template, functions);
    let mappings = Mapping::of_template(&template, &functions).into_iter();
    let mappings = mappings.map(|mapping| Mapping { faults: faults.clone(), ..mapping }).collect();

    let mut builder = Emulator::builder(template.clone());
    for (id, function) in functions {
        builder = builder.function(id, function);
    }
    let origins = (!options.allowed_origins.is_empty()).then(|| options.allowed_origins.clone());
    let emulator = builder
        .limits(limits(&options))
        .faults(faults)
        .tls(tls.clone())
        .allowed_origins(origins)
        .require_signature(options.require_signature)
        .native_authorizer_values(options.doubts.native_authorizer_values)
        .doubts(Doubts::from(&options.doubts))
        .told_times(options.told_times)
        .invoke_api(InvokeApi { retries: options.async_retries, ..InvokeApi::default() })
        .start(listener)
        .await?;
    let checkpoints = match &options.data {
        Some(folder) => Checkpoints::in_folder(folder)?,
        None => Checkpoints::in_memory(),
    };
    let mappings = Mappings::start(&storage.clients, mappings, checkpoints, storage.written()).await?;
    emulator.show_mappings(&mappings);

    greeting::print(&template, emulator.local_addr(), &storage, tls.as_ref(), elsewhere.as_ref())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tokio::select! {
        () = stop(emulator, mappings, processes, storage) => Ok(()),
        // Whoever asks twice does not want to wait.
        _ = interrupt.recv() => Ok(()),
    }
}

async fn stop(emulator: Emulator, mappings: Mappings, processes: Option<Processes>, storage: Storage) {
    emulator.shutdown(STOP_WITHIN).await;
    if tokio::time::timeout(STOP_WITHIN, mappings.drained()).await.is_err() {
        tracing::warn!(
            "the streams were not read to the end; with --data, what is left is read at the next start"
        );
    }
    mappings.shutdown(STOP_WITHIN).await;
    if let Some(processes) = processes {
        processes.shutdown(STOP_WITHIN).await;
    }
    storage.close().await;
}

fn read(options: &Options) -> anyhow::Result<Template> {
    let values = template::Options {
        parameters: options.parameters.iter().cloned().collect(),
        stack_name: options.stack.clone(),
        region: options.region.clone(),
        ..template::Options::default()
    };
    let path = &options.template;
    let template =
        Template::read_file(path, &values).with_context(|| format!("{} cannot be used", path.display()))?;
    for warning in &template.warnings {
        tracing::warn!("{warning}");
    }
    Ok(template)
}

fn settings(options: &Options, gateway: SocketAddr, dynamodb: &str) -> Settings {
    let template_dir = options.template.parent().unwrap_or(Path::new("")).to_owned();
    Settings {
        build_dir: options.build_dir.clone().unwrap_or_else(|| template_dir.join(".aws-sam/build")),
        template_dir,
        data: options.data.clone(),
        interpreters: options.interpreters(),
        concurrency: options.concurrency,
        environment: Environment {
            endpoints: Endpoints {
                gateway: Some(format!("http://{}", greeting::reachable(gateway))),
                dynamodb: Some(dynamodb.to_owned()),
            },
            ..Environment::default()
        },
    }
}

fn functions(
    options: &Options,
    template: &Template,
    settings: &Settings,
) -> anyhow::Result<(IndexMap<LogicalId, Function>, Option<Processes>)> {
    if let Some(endpoint) = &options.lambda_endpoint {
        return Ok((at_endpoint(template, endpoint)?, None));
    }
    let processes = Processes::new(template, settings)?;
    Ok((processes.functions().collect(), Some(processes)))
}

fn limits(options: &Options) -> Limits {
    let limits = Limits::default();
    Limits {
        idle: options.idle_timeout,
        lifetime: options.lifetime,
        pings_keep_alive: options.doubts.pings_keep_alive,
        connects_per_second: options.connects_per_second,
        messages_in_flight: if options.serial { 1 } else { limits.messages_in_flight },
        ..limits
    }
}
