//! The tables: in the embedded engine, served on a port for the functions, or at an endpoint.

use std::net::Ipv4Addr;
use std::sync::Arc;

use anyhow::Context;
use emulator::Template;
use emulator::dynamodb::{Clients, Engine, Written, create_tables, local_credentials};
use emulator::faults::Faults;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::options::Options;

/// A DynamoDB with the template's tables.
pub(crate) struct Storage {
    pub(crate) clients: Clients,
    /// For the functions.
    pub(crate) endpoint: String,
    embedded: Option<Embedded>,
}

struct Embedded {
    engine: Arc<Engine>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Storage {
    /// The functions' requests meet `faults`; the emulator's own do not.
    pub(crate) async fn open(
        options: &Options,
        template: &Template,
        faults: &Faults,
    ) -> anyhow::Result<Self> {
        let storage = match &options.dynamodb_endpoint {
            Some(endpoint) => Self {
                clients: Clients::at_endpoint(endpoint, &template.region, local_credentials()),
                endpoint: endpoint.clone(),
                embedded: None,
            },
            None => Self::embedded(options, faults.clone()).await?,
        };
        create_tables(&storage.clients.dynamodb, template.tables.values())
            .await
            .with_context(|| format!("the database at {} cannot be used", storage.endpoint))?;
        Ok(storage)
    }

    async fn embedded(options: &Options, faults: Faults) -> anyhow::Result<Self> {
        let engine = match &options.data {
            Some(folder) => Engine::open(folder)?,
            None => Engine::temporary()?,
        };
        let engine = Arc::new(engine);
        let port = options.dynamodb_port;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.with_context(|| {
            format!("cannot listen on port {port}: choose another one with --dynamodb-port")
        })?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&engine);
        // A sender that is gone means that all is over: stop all the same.
        let served = tokio::spawn(async move {
            serving.serve_with(faults, listener, async { drop(stopped.await) }).await;
        });
        let clients = Clients::of_engine(&engine);
        Ok(Self { clients, endpoint, embedded: Some(Embedded { engine, stop, served }) })
    }

    /// Wakes the readers of streams, where the database is this process's own.
    pub(crate) fn written(&self) -> Option<Written> {
        self.embedded.as_ref().map(|embedded| embedded.engine.written())
    }

    /// Closes the port and writes everything to disk.
    pub(crate) async fn close(self) {
        drop(self.clients);
        let Some(Embedded { engine, stop, served }) = self.embedded else { return };
        // Either may be gone already, which is what is wanted.
        let _stopped = stop.send(());
        let _ended = served.await;
        if let Some(engine) = Arc::into_inner(engine) {
            engine.close().await;
        }
    }
}
