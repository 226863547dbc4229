//! The tables: in the embedded engine, or at an endpoint; and the port by which the functions reach them,
//! where they cannot be sent to that endpoint itself.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use anyhow::Context;
use emulator::Template;
use emulator::dynamodb::{Clients, Engine, Front, Written, create_tables, local_credentials};
use emulator::faults::Faults;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::options::Options;

/// A DynamoDB with the template's tables.
pub(crate) struct Storage {
    pub(crate) clients: Clients,
    /// For the functions.
    pub(crate) endpoint: String,
    /// The DynamoDB elsewhere, where faults stand before it.
    pub(crate) behind: Option<String>,
    engine: Option<Arc<Engine>>,
    port: Option<Port>,
}

/// A port, and how it is closed.
struct Port {
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
            Some(url) if faults.concern_dynamodb() => {
                Self::behind_faults(options, template, url, faults).await?
            }
            Some(url) => Self::elsewhere(template, url),
            None => Self::embedded(options, faults.clone()).await?,
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
        let front = Front::new(url, faults.clone())?;
        let (listener, endpoint) = listen(options).await?;
        let port = Port::open(|stopped| async move { front.serve(listener, stopped).await });
        let elsewhere = Self::elsewhere(template, url);
        Ok(Self { endpoint, behind: Some(url.to_owned()), port: Some(port), ..elsewhere })
    }

    async fn embedded(options: &Options, faults: Faults) -> anyhow::Result<Self> {
        let engine = match &options.data {
            Some(folder) => Engine::open(folder)?,
            None => Engine::temporary()?,
        };
        let engine = Arc::new(engine);
        let (listener, endpoint) = listen(options).await?;
        let serving = Arc::clone(&engine);
        let port = Port::open(|stopped| async move { serving.serve_with(faults, listener, stopped).await });
        let clients = Clients::of_engine(&engine);
        Ok(Self { clients, endpoint, behind: None, engine: Some(engine), port: Some(port) })
    }

    /// Wakes the readers of streams, where the database is this process's own.
    pub(crate) fn written(&self) -> Option<Written> {
        self.engine.as_ref().map(|engine| engine.written())
    }

    /// Closes the port and writes everything to disk.
    pub(crate) async fn close(self) {
        drop(self.clients);
        if let Some(Port { stop, served }) = self.port {
            // Either may be gone already, which is what is wanted.
            let _stopped = stop.send(());
            let _ended = served.await;
        }
        if let Some(engine) = self.engine.and_then(Arc::into_inner) {
            engine.close().await;
        }
    }
}

/// Where the port opens: at the gateway's address, if that is a single one, such as the bridge that
/// Docker's containers reach this machine by. Whoever opens the gateway to everybody has not said
/// that they may read and write the database too.
fn door(host: IpAddr) -> IpAddr {
    if host.is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { host }
}

async fn listen(options: &Options) -> anyhow::Result<(TcpListener, String)> {
    let port = options.dynamodb_port;
    let listener = TcpListener::bind((door(options.host), port))
        .await
        .with_context(|| format!("cannot listen on port {port}: choose another one with --dynamodb-port"))?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    Ok((listener, endpoint))
}

impl Port {
    fn open<Fut>(serve: impl FnOnce(BoxFuture<'static, ()>) -> Fut) -> Self
    where
        Fut: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel::<()>();
        // A sender that is gone means that all is over: stop all the same.
        let stopped = async { drop(stopped.await) };
        Self { stop, served: tokio::spawn(serve(stopped.boxed())) }
    }
}
