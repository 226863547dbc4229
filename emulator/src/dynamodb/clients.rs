//! SDK clients for DynamoDB and DynamoDB Streams: of the embedded engine, or of an endpoint,
//! with faults or without.

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::{Engine, Proxy};
use crate::faults::Faults;

/// Never resolved: requests to it do not leave the process.
const IN_PROCESS: &str = "http://dynamodb.in-process";

/// The pair of clients that tables and their streams need. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clients {
    /// Tables and items.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// The tables' streams.
    pub streams: aws_sdk_dynamodbstreams::Client,
}

impl Clients {
    /// Clients whose requests `engine` answers inside this process.
    pub fn of_engine(engine: &Engine) -> Self {
        Self::build(IN_PROCESS, "local", local_credentials(), engine.http_client())
    }

    /// The same for an application whose requests meet faults.
    pub fn of_engine_with(engine: &Engine, faults: &Faults) -> Self {
        Self::build(IN_PROCESS, "local", local_credentials(), engine.faulty_http_client(faults))
    }

    /// Clients for what answers at `url`: an engine's port, DynamoDB Local, AWS itself.
    pub fn at_endpoint(url: &str, region: &str, credentials: Credentials) -> Self {
        let builder = aws_smithy_http_client::Builder::new();
        let http_client = if url.starts_with("https:") {
            builder.tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https()
        } else {
            // With TLS it would want the system's roots, and a bare container has none.
            builder.build_http()
        };
        Self::build(url, region, credentials, http_client)
    }

    /// Clients whose requests go through `proxy`.
    pub fn of_proxy(proxy: &Proxy, region: &str, credentials: Credentials) -> Self {
        Self::build(IN_PROCESS, region, credentials, proxy.http_client())
    }

    fn build(url: &str, region: &str, credentials: Credentials, http_client: SharedHttpClient) -> Self {
        let dynamodb = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .credentials_provider(credentials.clone())
            .endpoint_url(url)
            .http_client(http_client.clone())
            .build();
        let streams = aws_sdk_dynamodbstreams::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .credentials_provider(credentials)
            .endpoint_url(url)
            .http_client(http_client)
            .build();
        Self {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb),
            streams: aws_sdk_dynamodbstreams::Client::from_conf(streams),
        }
    }
}

/// Credentials for services that want a signature and do not verify it.
pub fn local_credentials() -> Credentials {
    Credentials::new("local", "local", None, None, "local")
}
