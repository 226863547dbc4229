//! `@connections`: how a frame gets to a client.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html>

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::retry::RetryConfig;
use aws_sdk_apigatewaymanagement::config::{BehaviorVersion, Builder, Region, SharedHttpClient};
use aws_sdk_apigatewaymanagement::error::SdkError;
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use bytes::Bytes;

use crate::aws;
use crate::config::Config;
use crate::domain::ConnectionId;

/// The management API of the gateway that an event came through. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ManagementApi {
    configuration: Builder,
    /// From the configuration; without it each event names its own.
    fixed_endpoint: Option<String>,
    /// The client of the last endpoint. A deployment has one domain, so this hits.
    last: Arc<Mutex<Option<(String, Client)>>>,
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
    #[error("post_to_connection failed")]
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
            .timeout_config(aws::timeouts());
        Self { configuration, fixed_endpoint: config.management_endpoint.clone(), last: Arc::default() }
    }

    /// The API behind `callback_url`, unless the configuration names another endpoint.
    pub fn at(&self, callback_url: &str) -> Connections {
        let endpoint = self.fixed_endpoint.as_deref().unwrap_or(callback_url);
        // The cache is whole even if a thread panicked while it held the lock.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, client)) if known == endpoint => Connections(client.clone()),
            _ => {
                let client = Client::from_conf(self.configuration.clone().endpoint_url(endpoint).build());
                *last = Some((endpoint.to_owned(), client.clone()));
                Connections(client)
            }
        }
    }
}

/// The connections of one API.
#[derive(Clone, Debug)]
pub struct Connections(Client);

impl Connections {
    /// Sends one text frame. Success means accepted for delivery, not received.
    pub async fn post(&self, id: &ConnectionId, frame: &Bytes) -> Result<(), DeliveryError> {
        let post = self.0.post_to_connection().connection_id(id.as_str()).data(Blob::new(frame.to_vec()));
        post.send().await.map(|_| ()).map_err(delivery_error)
    }
}

fn delivery_error(error: SdkError<PostToConnectionError>) -> DeliveryError {
    // Some gateways answer with the bare status: AWS's 410 has no body, and only the header
    // `x-amzn-errortype` tells the SDK its name.
    let status = error.raw_response().map(|response| response.status().as_u16());
    match (error.as_service_error(), status) {
        (Some(PostToConnectionError::GoneException(_)), _) | (_, Some(410)) => DeliveryError::Gone,
        (Some(PostToConnectionError::LimitExceededException(_)), _) | (_, Some(429)) => {
            DeliveryError::Throttled
        }
        _ => DeliveryError::Failed(Box::new(error)),
    }
}
