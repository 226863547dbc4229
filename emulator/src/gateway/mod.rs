//! API Gateway's WebSocket side: sockets in, function invocations out, and back. Knows routes,
//! events and frames; knows nothing about what the functions do.

mod accept;
mod admission;
mod api;
mod api_keys;
mod authorizer;
mod connection;
mod disconnect;
mod ending;
mod event;
mod handshake;
mod head;
mod late_handshake;
mod message;
mod models;
mod origin;
mod outbox;
mod plain;
mod policy;
mod prefixed;
mod proxy_result;
mod refusal;
mod relaxed_json;
mod route_selection;
mod schema;
mod socket;
mod tasks;
mod throttle;
pub(crate) mod told_time;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::{Request, Response};
use tokio::sync::watch;

use crate::clock::Timestamp;
use crate::connections::Connections;
use crate::doubts::Doubts;
use crate::functions::Functions;
use crate::http_api::HttpApi;
use crate::invoke::InvokeApi;
use crate::limits::Limits;
use crate::schedules::Schedules;
use crate::streams::View;
use crate::template::Template;
use crate::tls::Tls;

pub(crate) use accept::run;
pub use api::ApiError;
pub(crate) use api::{Api, Surroundings};
pub(crate) use connection::{Connection, Facts};
pub(crate) use disconnect::run as run_disconnect;
pub(crate) use ending::Ending;
pub(crate) use event::raw;
pub(crate) use origin::{Origins, is_local_name};
pub use route_selection::BadExpression;
pub(crate) use tasks::Tasks;
pub(crate) use throttle::Throttle;

/// Answers requests that no API has a path for; `None` leaves the request to the gateway.
pub(crate) type Fallback = dyn Fn(&Request<Bytes>) -> Option<Response<Bytes>> + Send + Sync;

/// All that one listener serves.
pub(crate) struct Gateway {
    /// By stage.
    pub(crate) apis: HashMap<String, Arc<Api>>,
    pub(crate) http_apis: Vec<HttpApi>,
    pub(crate) connections: Connections,
    pub(crate) limits: Limits,
    pub(crate) doubts: Doubts,
    /// `Limits::connects_per_second`.
    pub(crate) connects: Throttle,
    pub(crate) origins: Origins,
    pub(crate) require_signature: bool,
    pub(crate) functions: Functions,
    pub(crate) schedules: Arc<Schedules>,
    pub(crate) template: Template,
    /// The stream mappings, once they are there.
    pub(crate) mappings: OnceLock<View>,
    pub(crate) started: Timestamp,
    /// Whether functions can be invoked directly.
    pub(crate) invoke_api: Option<InvokeApi>,
    pub(crate) fallback: Option<Box<Fallback>>,
    /// Serves TLS beside plain connections.
    pub(crate) tls: Option<Tls>,
    pub(crate) tasks: Tasks,
    pub(crate) stop: watch::Sender<bool>,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("stages", &self.apis.keys()).finish_non_exhaustive()
    }
}

impl Gateway {
    /// The API of a handshake's path: its stage and nothing else, with or without a `/` behind.
    fn api_of(&self, path: &str) -> Option<Arc<Api>> {
        let stage = path.strip_prefix('/')?;
        self.apis.get(stage.strip_suffix('/').unwrap_or(stage)).cloned()
    }

    /// Whether the first segment of the path is a stage.
    fn is_stage_path(&self, path: &str) -> bool {
        path.split('/').nth(1).is_some_and(|segment| self.apis.contains_key(segment))
    }

    /// Resolves when the gateway stops.
    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + use<> {
        let mut stop = self.stop.subscribe();
        async move {
            // An error means that the gateway is gone altogether.
            let _ = stop.wait_for(|stop| *stop).await;
        }
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }
}
