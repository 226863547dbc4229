//! A DynamoDB elsewhere (DynamoDB Local, LocalStack, another emulator's) as applications see it whose
//! requests meet faults: by [`Proxy::open_port`] through a port of this process, by [`Proxy::http_client`]
//! without. What no fault befalls is passed on as it came; nothing is signed, read or tried again here.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request, Response, StatusCode, Uri, header};
use http_body_util::BodyExt;

use super::{Port, answer};
use crate::faults::{Faults, LostReply};
use crate::sdk;

/// An SDK gives up about then, too.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Between two neighbours only (RFC 9110, section 7.6.1), besides what `Connection` names.
const HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Another DynamoDB, with faults before it. Cheap to clone; clones share its connections.
#[derive(Clone)]
pub struct Proxy {
    /// Without a slash at its end: a request's path follows.
    url: String,
    connector: SharedHttpConnector,
    faults: Faults,
}

/// Not the address of a DynamoDB.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no address of a DynamoDB: it must be http://HOST:PORT or https://HOST")]
pub struct ProxyError(String);

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Proxy {
    /// Before what answers at `url`. Nothing is connected to yet.
    pub fn new(url: &str, faults: Faults) -> Result<Self, ProxyError> {
        let is_one = |url: &Uri| matches!(url.scheme_str(), Some("http" | "https")) && url.query().is_none();
        let parsed: Option<Uri> = url.parse().ok().filter(is_one);
        let parsed = parsed.ok_or_else(|| ProxyError(url.to_owned()))?;
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
        let builder = Connector::builder().connector_settings(settings);
        let connector = if parsed.scheme_str() == Some("https") {
            builder.tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build()
        } else {
            // With TLS it would want the system's roots, and a bare container has none.
            builder.build_http()
        };
        Ok(Self {
            url: parsed.to_string().trim_end_matches('/').to_owned(),
            connector: SharedHttpConnector::new(connector),
            faults,
        })
    }

    /// For SDK configurations (`.http_client(..)`): requests of DynamoDB and of DynamoDB Streams,
    /// whatever their endpoint, go through here. [`super::Clients::of_proxy`] does the rest.
    pub fn http_client(&self) -> SharedHttpClient {
        let proxy = self.clone();
        sdk::breakable(move |request| {
            let proxy = proxy.clone();
            async move { proxy.answer(request).await }
        })
    }

    /// Serves other processes at a [`Port`]. As on an engine's, requests of web pages (any `Origin`) and
    /// requests without a signature's form are refused.
    pub async fn open_port(&self, host: IpAddr, port: u16) -> io::Result<Port> {
        let proxy = self.clone();
        let answer = move |request| {
            let proxy = proxy.clone();
            async move { proxy.answer(request).await }
        };
        Port::open(host, port, answer).await
    }

    async fn answer(&self, request: Request<Bytes>) -> Result<Response<Bytes>, LostReply> {
        let operation = answer::operation(request.headers()).unwrap_or_default().to_owned();
        let body = request.body().clone();
        self.faults.on_dynamodb(&operation, &body, self.pass_on(request)).await
    }

    async fn pass_on(&self, request: Request<Bytes>) -> Response<Bytes> {
        self.exchange(request).await.unwrap_or_else(|error| {
            // The outermost error says only that a request failed, the innermost why.
            let causes = std::iter::successors(error.source(), |&cause| cause.source());
            let cause = causes.last().map(|cause| format!(": {cause}")).unwrap_or_default();
            let message = format!("{} does not answer: {error}{cause}", self.url);
            tracing::warn!("{message}");
            answer::error(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", &message)
        })
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ConnectorError> {
        let (mut head, body) = request.into_parts();
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let uri = format!("{}{path}", self.url).parse();
        head.uri = uri.map_err(|error: http::uri::InvalidUri| ConnectorError::user(error.into()))?;
        leave_end_to_end(&mut head.headers);
        // Its own name, by which proxies find it; whoever verifies signatures would refuse `local`'s.
        head.headers.remove(header::HOST);
        // The body is here, so nobody needs to ask for it.
        head.headers.remove(header::EXPECT);
        let request = Request::from_parts(head, SdkBody::from(body));
        let request = HttpRequest::try_from(request).map_err(|error| ConnectorError::user(error.into()))?;
        let response = self.connector.call(request).await?;
        let response =
            response.try_into_http1x().map_err(|error| ConnectorError::other(error.into(), None))?;
        let (mut head, body) = response.into_parts();
        let body = body.collect().await.map_err(ConnectorError::io)?.to_bytes();
        leave_end_to_end(&mut head.headers);
        Ok(Response::from_parts(head, body))
    }
}

/// Takes away what is for the next neighbour only: the other side has a connection of its own.
fn leave_end_to_end(headers: &mut HeaderMap) {
    let named = headers.get_all(header::CONNECTION).into_iter().filter_map(|value| value.to_str().ok());
    let named = named.flat_map(|names| names.split(',')).filter_map(|name| name.trim().parse().ok());
    let named: Vec<HeaderName> = named.collect();
    for name in HOP_BY_HOP.into_iter().chain(named) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn an_address_is_one_of_http() {
        for (url, kept) in [
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("https://dynamodb.example/", "https://dynamodb.example"),
            ("http://localhost:4566/dynamodb/", "http://localhost:4566/dynamodb"),
        ] {
            assert_eq!(Proxy::new(url, Faults::none()).unwrap().url, kept);
        }
        for url in ["", "localhost:8000", "/dynamodb", "ftp://localhost", "http://", "http://localhost?a=b"] {
            let error = Proxy::new(url, Faults::none()).unwrap_err().to_string();
            assert!(error.contains("it must be http://HOST:PORT"), "{url}: {error}");
        }
    }
}
