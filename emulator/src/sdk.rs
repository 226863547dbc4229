//! Answers the requests of an unmodified AWS SDK client inside this process: no socket between a
//! handler and the service it calls. What goes in and out is HTTP, so that the SDK's own signing,
//! retries and error handling stay in play. Knows nothing about any service.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::Response as SdkResponse;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::BodyExt;

use crate::faults::LostReply;

/// An HTTP client for an AWS SDK configuration (`.http_client(..)`) that gives every request to
/// `answer`. Connect and read timeouts do not apply: nothing is connected to.
pub fn in_process<F, Fut>(answer: F) -> SharedHttpClient
where
    F: Fn(http::Request<Bytes>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = http::Response<Bytes>> + Send + 'static,
{
    breakable(move |request| answer(request).map(Ok))
}

/// The same for an answer that may be lost on its way, as on a socket that breaks.
pub(crate) fn breakable<F, Fut>(answer: F) -> SharedHttpClient
where
    F: Fn(http::Request<Bytes>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<http::Response<Bytes>, LostReply>> + Send + 'static,
{
    let connector = SharedHttpConnector::new(InProcess(Arc::new(answer)));
    http_client_fn(move |_settings, _components| connector.clone())
}

struct InProcess<F>(Arc<F>);

impl<F> fmt::Debug for InProcess<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl<F, Fut> HttpConnector for InProcess<F>
where
    F: Fn(http::Request<Bytes>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<http::Response<Bytes>, LostReply>> + Send + 'static,
{
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|e| ConnectorError::user(e.into()))?;
            let (head, body) = request.into_parts();
            // A body in memory is one chunk, and collecting one chunk copies nothing.
            let body = body.collect().await.map_err(ConnectorError::io)?.to_bytes();
            let response = answer(http::Request::from_parts(head, body)).await;
            let response = response.map_err(|lost| ConnectorError::io(lost.into()))?;
            SdkResponse::try_from(response.map(SdkBody::from))
                .map_err(|e| ConnectorError::other(e.into(), None))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use aws_sdk_apigatewaymanagement::config::{BehaviorVersion, Credentials, Region};
    use aws_sdk_apigatewaymanagement::primitives::Blob;
    use aws_sdk_apigatewaymanagement::{Client, Config};
    use std::sync::Mutex;

    use super::*;

    fn client(http_client: SharedHttpClient) -> Client {
        Client::from_conf(
            Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new("eu-central-1"))
                .credentials_provider(Credentials::new("test", "test", None, None, "test"))
                .endpoint_url("http://in.process/ws")
                .http_client(http_client)
                .build(),
        )
    }

    #[tokio::test]
    async fn an_sdk_client_is_answered_without_a_socket() {
        let seen = Arc::new(Mutex::new(None));
        let log = Arc::clone(&seen);
        let http_client = in_process(move |request| {
            *log.lock().unwrap() = Some(request);
            async { http::Response::new(Bytes::new()) }
        });
        let post = client(http_client).post_to_connection().connection_id("Zk3dQdpBABcCJ_w=");
        post.data(Blob::new("hello")).send().await.unwrap();

        let request = seen.lock().unwrap().take().unwrap();
        assert_eq!(request.method(), "POST");
        assert_eq!(request.uri().path(), "/ws/@connections/Zk3dQdpBABcCJ_w%3D");
        assert_eq!(request.body(), "hello");
        assert!(request.headers().contains_key("authorization"), "the SDK signs as ever");
    }

    #[tokio::test]
    async fn an_error_answer_is_the_sdks_own_error() {
        let http_client = in_process(|_request| async {
            let gone = http::Response::builder().status(410).header("x-amzn-errortype", "GoneException");
            gone.body(Bytes::new()).unwrap()
        });
        let post = client(http_client).post_to_connection().connection_id("Zk3dQdpBABcCJ_w=");
        let error = post.data(Blob::new("hello")).send().await.unwrap_err();
        assert!(error.into_service_error().is_gone_exception());
    }
}
