//! JSON from the server's HTTP API.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(30);
/// Longest answer in bytes: a page of 200 messages of 1,000 characters is under a megabyte.
const LONGEST: usize = 16 << 20;

#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("{path} was not answered within {PATIENCE:?}")]
    Time { path: String },
    #[error("{path} was not answered")]
    Failed {
        path: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{path} answered {status}: {body}")]
    Status { path: String, status: StatusCode, body: String },
}

#[derive(Clone, Debug)]
pub(crate) struct HttpApi {
    client: Client<HttpConnector, Empty<Bytes>>,
    /// `http://host:port`.
    base: String,
}

impl HttpApi {
    pub(crate) fn new(base: String) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), base }
    }

    /// `now` is what time the server is to believe it is, in milliseconds since 1970.
    pub(crate) async fn json(&self, path: &str, now: Option<i64>) -> Result<Value, HttpError> {
        let mut request = Request::get(format!("{}{path}", self.base));
        if let Some(now) = now {
            request = request.header("x-emulator-time", now);
        }
        self.answer(path, request).await
    }

    /// Asks for something to be done that needs no body.
    pub(crate) async fn post(&self, path: &str) -> Result<Value, HttpError> {
        self.answer(path, Request::post(format!("{}{path}", self.base))).await
    }

    async fn answer(&self, path: &str, request: http::request::Builder) -> Result<Value, HttpError> {
        let failed = |source| HttpError::Failed { path: path.to_owned(), source };
        let request = request.body(Empty::new()).map_err(|error| failed(error.into()))?;
        let answer = async {
            let (head, body) = self.client.request(request).await?.into_parts();
            let body = Limited::new(body, LONGEST).collect().await?.to_bytes();
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>((head.status, body))
        };
        let answer =
            timeout(PATIENCE, answer).await.map_err(|_| HttpError::Time { path: path.to_owned() })?;
        let (status, body) = answer.map_err(failed)?;
        if status != StatusCode::OK {
            let body = String::from_utf8_lossy(&body[..body.len().min(200)]).escape_debug().to_string();
            return Err(HttpError::Status { path: path.to_owned(), status, body });
        }
        serde_json::from_slice(&body).map_err(|error| failed(error.into()))
    }
}
