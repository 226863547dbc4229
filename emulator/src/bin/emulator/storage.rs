//! The tables: in the embedded engine, or at an endpoint; and the port by which the functions reach them,
//! where they cannot be sent to that endpoint itself.

use std::io;

use anyhow::Context;
use emulator::Template;
use emulator::dynamodb::{Clients, Engine, Port, Proxy, Written, create_tables, local_credentials};
use emulator::faults::Faults;

use crate::options::Options;

/// A DynamoDB with the template's tables.
pub(crate) struct Storage {
    pub(crate) clients: Clients,
    /// For the functions.
    pub(crate) endpoint: String,
    /// The DynamoDB elsewhere, where faults stand before it.
    pub(crate) behind: Option<String>,
    engine: Option<Engine>,
    port: Option<Port>,
}

impl Storage {
    /// The functions' requests meet `faults`; the emulator's own do not.
    pub(crate) async fn open(
        options: &Options,
        template: &Template,
        faults: &Faults,
    ) -> anyhow::Result<Self> {
        let storage = match &options.dynamodb_endpoint {
            Some(url) if faults.concern_dynamodb() => {
                Self::behind_faults(options, template, url, faults).await?
            }
            Some(url) => Self::elsewhere(template, url),
            None => Self::embedded(options, faults).await?,
        };
        let place = storage.behind.as_ref().unwrap_or(&storage.endpoint);
        create_tables(&storage.clients.dynamodb, template.tables.values())
            .await
            .with_context(|| format!("the database at {place} cannot be used"))?;
        Ok(storage)
    }

    fn elsewhere(template: &Template, url: &str) -> Self {
        Self {
            clients: Clients::at_endpoint(url, &template.region, local_credentials()),
            endpoint: url.to_owned(),
            behind: None,
            engine: None,
            port: None,
        }
    }

    async fn behind_faults(
        options: &Options,
        template: &Template,
        url: &str,
        faults: &Faults,
    ) -> anyhow::Result<Self> {
        let proxy = Proxy::new(url, faults.clone())?;
        let port = opened(options, proxy.open_port(options.host, options.dynamodb_port).await)?;
        let elsewhere = Self::elsewhere(template, url);
        Ok(Self { endpoint: port.url(), behind: Some(url.to_owned()), port: Some(port), ..elsewhere })
    }

    async fn embedded(options: &Options, faults: &Faults) -> anyhow::Result<Self> {
        let engine = match &options.data {
            Some(folder) => Engine::open(folder)?,
            None => Engine::temporary()?,
        };
        let port = engine.open_faulty_port(faults, options.host, options.dynamodb_port).await;
        let port = opened(options, port)?;
        let clients = Clients::of_engine(&engine);
        Ok(Self { clients, endpoint: port.url(), behind: None, engine: Some(engine), port: Some(port) })
    }

    /// Wakes the readers of streams, where the database is this process's own.
    pub(crate) fn written(&self) -> Option<Written> {
        self.engine.as_ref().map(Engine::written)
    }

    /// Closes the port and writes everything to disk.
    pub(crate) async fn close(self) {
        drop(self.clients);
        if let Some(port) = self.port {
            port.close().await;
        }
        if let Some(engine) = self.engine {
            engine.close().await;
        }
    }
}

fn opened(options: &Options, port: io::Result<Port>) -> anyhow::Result<Port> {
    let number = options.dynamodb_port;
    port.with_context(|| format!("cannot listen on port {number}: choose another one with --dynamodb-port"))
}
