//! `GET` of something small and public from an address that an operator configured, through the same
//! HTTP and TLS as the SDK's requests, and without the SDK.

use std::error::Error;
use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt, Limited};

use super::http_client;
use crate::identity::KeyError;

/// From the first packet to the last byte. A handshake waits for it.
const WITHIN: Duration = Duration::from_secs(3);

/// A key set of some kilobytes.
const MAX_BYTES: usize = 256 * 1024;

/// A connection that is made when first needed.
#[derive(Debug, Default)]
pub(crate) struct Fetch(OnceLock<Connector>);

pub(crate) struct Answer {
    pub(crate) cache_control: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Fetch {
    /// One attempt. Only 200 is an answer.
    pub(crate) async fn get(&self, url: &str) -> Result<Answer, KeyError> {
        let connector = match self.0.get() {
            Some(connector) => connector,
            None => {
                let connector = http_client::connector(url)?;
                self.0.get_or_init(|| connector)
            }
        };
        match tokio::time::timeout(WITHIN, get(connector, url)).await {
            Ok(answer) => answer,
            Err(elapsed) => Err(unreachable(elapsed)),
        }
    }
}

async fn get(connector: &Connector, url: &str) -> Result<Answer, KeyError> {
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_uri(url).map_err(unreachable)?;
    request.headers_mut().insert("accept", "application/json");
    let response = connector.call(request).await.map_err(unreachable)?;
    if response.status().as_u16() != 200 {
        return Err(KeyError::Status(response.status().as_u16()));
    }
    let cache_control = response.headers().get("cache-control").map(str::to_owned);
    let body = Limited::new(response.into_body(), MAX_BYTES).collect().await.map_err(|error| {
        match error.is::<http_body_util::LengthLimitError>() {
            true => KeyError::TooLarge,
            false => KeyError::Unreachable(error),
        }
    })?;
    Ok(Answer { cache_control, body: body.to_bytes().to_vec() })
}

fn unreachable(error: impl Error + Send + Sync + 'static) -> KeyError {
    KeyError::Unreachable(Box::new(error))
}
