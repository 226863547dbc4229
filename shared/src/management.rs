//! `@connections`: how a frame gets to a client.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html>

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::retry::RetryConfig;
use aws_sdk_apigatewaymanagement::config::timeout::TimeoutConfig;
use aws_sdk_apigatewaymanagement::config::{BehaviorVersion, Builder, Region, SharedHttpClient};
use aws_sdk_apigatewaymanagement::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_apigatewaymanagement::primitives::Blob;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, timeout_at};

use crate::config::Config;
use crate::domain::ConnectionId;

/// Posts in flight at once.
const CONCURRENCY: usize = 64;

/// How long one post may take: half of what a fan-out has, so that who never answers leaves who was
/// throttled the time for another attempt.
const POST_TIMEOUT: Duration = Duration::from_millis(500);

/// The gateway's management API. Cheap to clone.
#[derive(Clone)]
pub struct ManagementApi {
    sdk: Arc<Sdk>,
    /// A shorter way to post than the SDK's.
    post: Option<Arc<Post>>,
}

/// Posts one text frame to each of these connections without waiting, and says what became of each,
/// in their order.
pub type Post = dyn Fn(&[&ConnectionId], &Bytes) -> Vec<Result<(), DeliveryError>> + Send + Sync;

#[derive(Debug)]
struct Sdk {
    configuration: Builder,
    /// From the configuration; without it each event names its own.
    fixed_endpoint: Option<String>,
    /// Where this deployment's API is, for events that come from no API.
    callback_url: Option<String>,
    /// The client of the last endpoint. A deployment has one domain, so this hits.
    last: Mutex<Option<(String, Client)>>,
}

/// Why a frame did not get to a client.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// 410: the connection was closed, or is not open yet.
    #[error("the connection is gone")]
    Gone,
    /// 429: too many requests, or the client reads too slowly.
    #[error("the connection is throttled")]
    Throttled,
    /// Anything else.
    #[error("@connections did not do it")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl ManagementApi {
    /// Clients over `http_client`, for the endpoint of the configuration or of each event.
    pub fn new(config: &Config, http_client: SharedHttpClient) -> Self {
        let configuration = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(config.region.clone()))
            .credentials_provider(config.credentials.clone())
            .http_client(http_client)
            // Fan-out knows until when a retry is worth it; the SDK does not.
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(POST_TIMEOUT)
                    .operation_attempt_timeout(POST_TIMEOUT)
                    .build(),
            );
        let sdk = Sdk {
            configuration,
            fixed_endpoint: config.management_endpoint.clone(),
            callback_url: config.callback_url.clone(),
            last: Mutex::default(),
        };
        Self { sdk: Arc::new(sdk), post: None }
    }

    /// For functions in the process of their gateway. The SDK would take longer to make a request
    /// than the gateway takes to answer it, once for every recipient of every message.
    #[must_use]
    pub fn posting_by(self, post: Arc<Post>) -> Self {
        Self { post: Some(post), ..self }
    }

    /// The API behind `callback_url`, unless the configuration names another endpoint.
    pub fn at(&self, callback_url: &str) -> Connections {
        Connections { client: self.sdk.at(callback_url), post: self.post.clone() }
    }

    /// The API of this deployment, for functions whose events come from a stream or a schedule and
    /// name none. `None` where the configuration does not say where that is.
    pub fn of_deployment(&self) -> Option<Connections> {
        let callback_url = self.sdk.callback_url.as_deref().or(self.sdk.fixed_endpoint.as_deref());
        callback_url.map(|callback_url| self.at(callback_url))
    }
}

impl fmt::Debug for ManagementApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.post {
            None => "ManagementApi(SDK)",
            Some(_) => "ManagementApi(in process)",
        })
    }
}

impl Sdk {
    fn at(&self, callback_url: &str) -> Client {
        let endpoint = self.fixed_endpoint.as_deref().unwrap_or(callback_url);
        // The cache is whole even if a thread panicked while it held the lock.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, client)) if known == endpoint => client.clone(),
            _ => {
                let client = Client::from_conf(self.configuration.clone().endpoint_url(endpoint).build());
                *last = Some((endpoint.to_owned(), client.clone()));
                client
            }
        }
    }
}

/// The connections of one API.
#[derive(Clone)]
pub struct Connections {
    client: Client,
    post: Option<Arc<Post>>,
}

impl Connections {
    /// Whether the gateway has this connection.
    pub async fn is_open(&self, id: &ConnectionId) -> Result<bool, DeliveryError> {
        let connection = self.client.get_connection().connection_id(id.as_str());
        match connection.send().await.map_err(delivery_error) {
            Ok(_) => Ok(true),
            Err(DeliveryError::Gone) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sends one text frame to each connection and says what became of each, in their order; `None`
    /// where there was no answer before `deadline`. Success means accepted for delivery, not
    /// received.
    pub async fn post(
        &self,
        ids: &[&ConnectionId],
        frame: &Bytes,
        deadline: Instant,
    ) -> Vec<Option<Result<(), DeliveryError>>> {
        if let Some(post) = &self.post {
            return post(ids, frame).into_iter().map(Some).collect();
        }
        let mut results: Vec<_> = ids.iter().map(|_| None).collect();
        let mut waiting = ids.iter().enumerate();
        let mut posts = FuturesUnordered::new();
        loop {
            posts.extend(
                waiting
                    .by_ref()
                    .take(CONCURRENCY - posts.len())
                    .map(|(at, id)| post(&self.client, at, id, frame)),
            );
            match timeout_at(deadline, posts.next()).await {
                Ok(Some((at, result))) => results[at] = Some(result),
                Ok(None) | Err(_) => return results,
            }
        }
    }

    /// Closes a connection, as its client would; `$disconnect` follows.
    pub async fn close(&self, id: &ConnectionId) -> Result<(), DeliveryError> {
        let delete = self.client.delete_connection().connection_id(id.as_str());
        delete.send().await.map(|_| ()).map_err(delivery_error)
    }
}

async fn post(
    client: &Client,
    at: usize,
    id: &ConnectionId,
    frame: &Bytes,
) -> (usize, Result<(), DeliveryError>) {
    let post = client.post_to_connection().connection_id(id.as_str()).data(Blob::new(frame.to_vec()));
    (at, post.send().await.map(|_| ()).map_err(delivery_error))
}

fn delivery_error<E>(error: SdkError<E>) -> DeliveryError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    // Some gateways answer with the bare status: AWS's 410 has no body, and only the header
    // `x-amzn-errortype` tells the SDK its name.
    let status = error.raw_response().map(|response| response.status().as_u16());
    let name = error.as_service_error().and_then(ProvideErrorMetadata::code);
    match (name, status) {
        (Some("GoneException"), _) | (_, Some(410)) => DeliveryError::Gone,
        (Some("LimitExceededException"), _) | (_, Some(429)) => DeliveryError::Throttled,
        _ => DeliveryError::Failed(Box::new(error)),
    }
}
