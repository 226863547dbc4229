//! Where the data is: embedded in this process, behind an endpoint, or on AWS.

use std::io;
use std::net::SocketAddr;

use anyhow::{Context, bail, ensure};
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use emulator::Template;
use emulator::dynamodb::{Clients, Engine, Port, Proxy, Written, create_tables};
use emulator::faults::Faults;
use shared::config::Config;

use crate::{Functions, Options};

/// A database with the template's tables in it.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) clients: Clients,
    /// For the functions, whose requests meet faults where some are wanted.
    pub(crate) for_functions: Clients,
    /// `None` where the database is somebody else's.
    engine: Option<Engine>,
    port: Option<Port>,
}

impl Database {
    pub(crate) async fn open(
        options: &Options,
        config: &Config,
        template: &Template,
        faults: &Faults,
    ) -> anyhow::Result<Self> {
        if options.aws {
            ensure!(
                config.dynamodb_endpoint.is_none(),
                "--aws means AWS, but DYNAMODB_ENDPOINT names another database"
            );
            return Self::aws(config, template).await;
        }
        if let Some(endpoint) = &config.dynamodb_endpoint {
            for (flag, given) in
                [("--data", options.data.is_some()), ("--dynamodb-port", options.dynamodb_port.is_some())]
            {
                ensure!(
                    !given,
                    "{flag} is for the embedded database, but DYNAMODB_ENDPOINT names another one"
                );
            }
            return Self::elsewhere(options, config, endpoint, template, faults).await;
        }
        let engine = match &options.data {
            Some(folder) => Engine::open(folder)?,
            None => Engine::temporary()?,
        };
        let clients = Clients::of_engine(&engine);
        let for_functions = Clients::of_engine_with(&engine, faults);
        create_tables(&clients.dynamodb, template.tables.values()).await?;
        let port =
            open_where_needed(options, |port| engine.open_faulty_port(faults, options.host, port)).await?;
        Ok(Self { clients, for_functions, engine: Some(engine), port })
    }

    async fn elsewhere(
        options: &Options,
        config: &Config,
        endpoint: &str,
        template: &Template,
        faults: &Faults,
    ) -> anyhow::Result<Self> {
        let credentials = config.credentials.clone();
        let clients = Clients::at_endpoint(endpoint, &config.region, credentials.clone());
        create_tables(&clients.dynamodb, template.tables.values())
            .await
            .with_context(|| format!("the database at {endpoint} (DYNAMODB_ENDPOINT) cannot be used"))?;
        if !faults.concern_dynamodb() {
            return Ok(Self { for_functions: clients.clone(), clients, engine: None, port: None });
        }
        let proxy = Proxy::new(endpoint, faults.clone())?;
        let for_functions = Clients::of_proxy(&proxy, &config.region, credentials);
        let port = open_where_needed(options, |port| proxy.open_port(options.host, port)).await?;
        Ok(Self { clients, for_functions, engine: None, port })
    }

    /// Tables on AWS cost money and belong to a stack: they are used, never made.
    async fn aws(config: &Config, template: &Template) -> anyhow::Result<Self> {
        let endpoint = format!("https://dynamodb.{}.amazonaws.com", config.region);
        let clients = Clients::at_endpoint(&endpoint, &config.region, config.credentials.clone());
        for table in template.tables.values() {
            let name = &table.name;
            let described = clients.dynamodb.describe_table().table_name(name).send().await;
            match described.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
                Ok(_) => {}
                Err(DescribeTableError::ResourceNotFoundException(_)) => {
                    bail!(
                        "there is no table {name} in {}: deploy the stack first, or name another one with --stack",
                        config.region
                    )
                }
                Err(error) => return Err(error).with_context(|| format!("table {name} cannot be used")),
            }
        }
        Ok(Self { for_functions: clients.clone(), clients, engine: None, port: None })
    }

    /// Wakes the readers of streams, where the database is this process's own.
    pub(crate) fn written(&self) -> Option<Written> {
        self.engine.as_ref().map(Engine::written)
    }

    /// Where other programs reach the embedded database or the faults before another one, if they may.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.port.as_ref().map(Port::address)
    }

    /// Closes the port and writes everything to disk.
    pub(crate) async fn close(self) {
        if let Some(port) = self.port {
            port.close().await;
        }
        drop((self.clients, self.for_functions));
        if let Some(engine) = self.engine {
            engine.close().await;
        }
    }
}

/// The port that was asked for; functions in other processes need one too, and any will do.
async fn open_where_needed<Opening>(
    options: &Options,
    open: impl FnOnce(u16) -> Opening,
) -> anyhow::Result<Option<Port>>
where
    Opening: Future<Output = io::Result<Port>>,
{
    let for_processes = (options.functions == Functions::Processes).then_some(0);
    let Some(port) = options.dynamodb_port.or(for_processes) else { return Ok(None) };
    let opened = open(port)
        .await
        .with_context(|| format!("cannot listen on port {port}: choose another one with --dynamodb-port"))?;
    Ok(Some(opened))
}
