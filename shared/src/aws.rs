//! How this process speaks to AWS: without `aws-config`, whose profile files, SSO and instance
//! metadata no Lambda needs.

mod http_client;

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedHttpClient};

use crate::config::Config;

pub use http_client::TlsError;
pub(crate) use http_client::http_client;

/// DynamoDB answers within tens of milliseconds, throttled or not: an attempt without an answer by
/// then is lost rather than slow, and made anew.
const DYNAMODB_ATTEMPT: Duration = Duration::from_secs(3);

pub(crate) fn dynamodb(config: &Config, http_client: SharedHttpClient) -> aws_sdk_dynamodb::Client {
    let mut sdk = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(config.region.clone()))
        .credentials_provider(config.credentials.clone())
        .http_client(http_client)
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(50)))
        .timeout_config(timeouts());
    sdk.set_endpoint_url(config.dynamodb_endpoint.clone());
    aws_sdk_dynamodb::Client::from_conf(sdk.build())
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(DYNAMODB_ATTEMPT)
        .build()
}
