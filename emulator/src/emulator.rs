//! An emulator: a template, the functions behind it, and a listener.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use indexmap::IndexMap;
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::Timestamp;
use crate::connections::Connections;
use crate::doubts::{Doubts, PostsDuringConnect};
use crate::faults::Faults;
use crate::function::{Function, FunctionError};
use crate::functions::{Functions, Target};
use crate::gateway::{
    self, Api, ApiError, Ending, Facts, Fallback, Gateway, Origins, Surroundings, Tasks, Throttle, raw,
};
use crate::http_api::HttpApi;
use crate::ids::Id;
use crate::invoke::InvokeApi;
use crate::limits::Limits;
use crate::schedules::{RunError, Schedules};
use crate::streams::Mappings;
use crate::template::{LogicalId, Template};
use crate::tls::Tls;

/// What an emulator is made of; every setting has a default but the functions.
pub struct Builder {
    template: Template,
    functions: IndexMap<LogicalId, Function>,
    connections: Connections,
    limits: Limits,
    allowed_origins: Option<Vec<String>>,
    require_signature: bool,
    native_authorizer_values: bool,
    doubts: Doubts,
    told_times: bool,
    invoke_api: Option<InvokeApi>,
    fallback: Option<Box<Fallback>>,
    faults: Faults,
    tls: Option<Tls>,
}

/// A running emulator. Dropping it leaves it running; `shutdown` ends it.
#[derive(Debug)]
pub struct Emulator {
    gateway: Arc<Gateway>,
    functions: Functions,
    local_addr: SocketAddr,
    accepting: JoinHandle<()>,
}

/// Why an emulator cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An API of the template cannot be served.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// A function was registered that the template does not have.
    #[error("the template has no function {0}; check the name that was registered")]
    UnknownFunction(LogicalId),
    /// The first path segment says which API is meant.
    #[error("two WebSocket APIs have the stage {0}; give one of them another `StageName`")]
    SameStage(String),
    /// The listener has no address.
    #[error("the listener cannot be used")]
    Listener(#[from] std::io::Error),
}

/// A connection of an earlier process, of which only a record is left.
#[derive(Clone, Debug)]
pub struct LeftConnection {
    /// As the earlier process gave it.
    pub connection_id: String,
    /// Milliseconds since 1970; now, if it is not known.
    pub connected_at: Option<i64>,
    /// What its authorizer put into the context, if that is known.
    pub authorizer: Option<Map<String, Value>>,
}

/// Why `$disconnect` was not run for a connection of an earlier process.
#[derive(Debug, thiserror::Error)]
pub enum LeftError {
    /// No WebSocket API of that logical id.
    #[error("the template has no WebSocket API {0}")]
    UnknownApi(LogicalId),
    /// Not an id of the service's form.
    #[error("`{0}` is no connection id")]
    InvalidId(String),
}

/// Why `invoke` has no result.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// Nobody registered the function.
    #[error("the function {0} is not registered")]
    UnknownFunction(LogicalId),
    /// It ran and failed.
    #[error("the function failed")]
    Function(#[from] FunctionError),
}

/// What a shutdown did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Connections that were open and were closed.
    pub closed: usize,
    /// Tasks (connections with their `$disconnect`, messages, requests) that had not finished when
    /// the deadline passed.
    pub unfinished: usize,
}

impl Builder {
    /// The connections to use: those that functions already hold.
    pub fn connections(mut self, connections: Connections) -> Self {
        self.connections = connections;
        self
    }

    /// The code of a function of the template.
    pub fn function(mut self, logical_id: impl Into<LogicalId>, function: Function) -> Self {
        self.functions.insert(logical_id.into(), function);
        self
    }

    /// Times and sizes.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Web pages of these origins (`*`: of any) and the server's own may connect and call; others
    /// get 403. Without this setting nobody is asked. Requests without `Origin` always pass.
    pub fn allowed_origins(mut self, origins: Option<Vec<String>>) -> Self {
        self.allowed_origins = origins;
        self
    }

    /// Whether `@connections` wants an `Authorization` header of SigV4's form. It is never verified.
    pub fn require_signature(mut self, require: bool) -> Self {
        self.require_signature = require;
        self
    }

    /// Whether events carry an authorizer's numbers and booleans as such. AWS's documentation says
    /// that they are strings, which is the default.
    pub fn native_authorizer_values(mut self, native: bool) -> Self {
        self.native_authorizer_values = native;
        self
    }

    /// How to decide what AWS does not document.
    pub fn doubts(mut self, doubts: Doubts) -> Self {
        self.doubts = doubts;
        self
    }

    /// Whether messages (`"emulatorTime"`) and requests to HTTP APIs (`x-emulator-time`) are believed
    /// when they say at which millisecond since 1970 they happen, for replays. Whoever reaches the
    /// listener then decides what time the functions think it is.
    pub fn told_times(mut self, told: bool) -> Self {
        self.told_times = told;
        self
    }

    /// `AWS::Region` in ARNs; the template's unless set.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.template.region = region.into();
        self
    }

    /// `AWS::AccountId` in ARNs; the template's unless set.
    pub fn account_id(mut self, account_id: impl Into<String>) -> Self {
        self.template.account_id = account_id.into();
        self
    }

    /// Serves Lambda's Invoke API beside the APIs, which it is not unless this is set: whoever
    /// reaches the listener can invoke every function.
    pub fn invoke_api(mut self, invoke_api: InvokeApi) -> Self {
        self.invoke_api = Some(invoke_api);
        self
    }

    /// Answers requests for which no API has a path; `None` leaves a request to the gateway.
    pub fn fallback<F>(mut self, fallback: F) -> Self
    where
        F: Fn(&Request<Bytes>) -> Option<Response<Bytes>> + Send + Sync + 'static,
    {
        self.fallback = Some(Box::new(fallback));
        self
    }

    /// Faults of `@connections` and of clients' sockets. Those of functions, streams and DynamoDB are
    /// given to these: [`Faults::around`], [`Mapping::faults`](crate::streams::Mapping::faults) and
    /// [`Engine::faulty_http_client`](crate::dynamodb::Engine::faulty_http_client), or
    /// [`Proxy`](crate::dynamodb::Proxy).
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Serves TLS on the same port: the first byte of a connection tells which it is.
    pub fn tls(mut self, tls: Option<Tls>) -> Self {
        self.tls = tls;
        self
    }

    /// Serves the template on the listener, in the background of the current runtime.
    pub async fn start(self, listener: TcpListener) -> Result<Emulator, StartError> {
        let local_addr = listener.local_addr()?;
        let mut targets = IndexMap::new();
        for (name, function) in self.functions {
            let Some(spec) = self.template.functions.get(&name) else {
                return Err(StartError::UnknownFunction(name));
            };
            let (function_name, timeout) = (spec.name.clone(), spec.timeout);
            targets.insert(name.clone(), Target { name, function_name, function, timeout });
        }
        let functions = Functions::new(targets);
        self.connections.set_faults(self.faults);
        let tasks = Tasks::default();
        let around = Surroundings {
            region: &self.template.region,
            account_id: &self.template.account_id,
            functions: &functions,
            connections: &self.connections,
            limits: &self.limits,
            tasks: &tasks,
            native_context: self.native_authorizer_values,
            doubts: &self.doubts,
            told_times: self.told_times,
        };
        let mut apis = HashMap::new();
        for (id, spec) in &self.template.web_socket_apis {
            if apis.insert(spec.stage.clone(), Arc::new(Api::new(id, spec, &around)?)).is_some() {
                return Err(StartError::SameStage(spec.stage.clone()));
            }
        }
        let http_apis = self.template.http_apis.iter().map(|(id, spec)| HttpApi::new(id, spec, &around));
        let http_apis = http_apis.collect::<Result<_, _>>()?;
        if self.doubts.posts_during_connect == PostsDuringConnect::Hang {
            self.connections.wait_for_connect();
        }
        for stage in apis.keys() {
            self.connections.serve_stage(stage);
        }
        let connects = f64::from(self.limits.connects_per_second);
        let schedules = Arc::new(Schedules::of_template(&self.template, &functions));
        let gateway = Arc::new(Gateway {
            schedules: Arc::clone(&schedules),
            template: self.template,
            mappings: OnceLock::new(),
            started: Timestamp::now(),
            apis,
            http_apis,
            connections: self.connections,
            connects: Throttle::new(connects, connects),
            limits: self.limits,
            doubts: self.doubts,
            origins: Origins::new(self.allowed_origins),
            require_signature: self.require_signature,
            functions: functions.clone(),
            invoke_api: self.invoke_api,
            fallback: self.fallback,
            tls: self.tls,
            tasks,
            stop: watch::Sender::new(false),
        });
        schedules.start(&gateway);
        let accepting = tokio::spawn(gateway::run(Arc::clone(&gateway), listener));
        Ok(Emulator { gateway, functions, local_addr, accepting })
    }
}

impl Emulator {
    /// Begins an emulator of a template.
    pub fn builder(template: Template) -> Builder {
        Builder {
            template,
            functions: IndexMap::new(),
            connections: Connections::new(),
            limits: Limits::default(),
            allowed_origins: None,
            require_signature: false,
            native_authorizer_values: false,
            doubts: Doubts::default(),
            told_times: false,
            invoke_api: None,
            fallback: None,
            faults: Faults::none(),
            tls: None,
        }
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The open connections.
    pub fn connections(&self) -> &Connections {
        &self.gateway.connections
    }

    /// Runs a function of the template, as an Invoke call would.
    pub async fn invoke(&self, logical_id: &str, payload: impl Into<Bytes>) -> Result<Bytes, InvokeError> {
        let target = self.functions.get(logical_id);
        let target = target.ok_or_else(|| InvokeError::UnknownFunction(logical_id.to_owned()))?;
        Ok(target.invoke(payload.into()).await?)
    }

    /// Shows these mappings at `/_emulator`.
    pub fn show_mappings(&self, mappings: &Mappings) {
        // The first ones stay: there is one set of mappings to an emulator.
        let _shown = self.gateway.mappings.set(mappings.view());
    }

    /// Runs a function's schedule now, enabled or not, and yields the function's result. `event` (the
    /// key under the function's `Events`) may be left out where it has only one.
    pub async fn run_schedule(&self, function: &str, event: Option<&str>) -> Result<Bytes, RunError> {
        self.gateway.schedules.run(function, event).await
    }

    /// Runs `$disconnect` with code 1006 for a connection that an earlier process left behind: a
    /// process that was killed could not run it, and nothing else would remove what `$connect` wrote.
    pub async fn disconnect_left(&self, api: &str, left: LeftConnection) -> Result<(), LeftError> {
        let mut apis = self.gateway.apis.values();
        let found = apis.find(|known| known.logical_id == api);
        let api = found.ok_or_else(|| LeftError::UnknownApi(api.to_owned()))?;
        let connection_id = Id::parse(&left.connection_id).ok_or(LeftError::InvalidId(left.connection_id))?;
        let facts = Facts {
            connection_id,
            connected_at: left.connected_at.map_or_else(Timestamp::now, Timestamp),
            domain_name: self.local_addr.to_string().into(),
            source_ip: "".into(),
            user_agent: None,
            identity: raw(&serde_json::json!({ "sourceIp": "" })),
            authorizer: left.authorizer.map(|context| raw(&context)),
            deflate: None,
        };
        gateway::run_disconnect(api, &facts, &Ending::LOST).await;
        Ok(())
    }

    /// Accepts nothing more, closes every connection with 1001, and waits until `$disconnect` has
    /// run for each and every request is answered, but no longer than `deadline`.
    pub async fn shutdown(self, deadline: Duration) -> Summary {
        self.gateway.stop.send_replace(true);
        // From here on no handshake is admitted, so the connections closed now are all.
        let closed = self.gateway.connections.close_all(&Ending::GOING_AWAY);
        let finished = async {
            let _ = self.accepting.await;
            self.gateway.tasks.finished().await;
        };
        let in_time = tokio::time::timeout(deadline, finished).await.is_ok();
        let unfinished = if in_time { 0 } else { self.gateway.tasks.running() };
        tracing::debug!(closed, unfinished, "shut down");
        Summary { closed, unfinished }
    }
}
