//! How this process speaks to AWS: without `aws-config`, whose profile files, SSO and instance
//! metadata no Lambda needs.

pub(crate) mod fetch;
mod http_client;

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedHttpClient};

use crate::config::Config;

pub use http_client::TlsError;
pub(crate) use http_client::http_client;

/// DynamoDB and Secrets Manager answer within tens of milliseconds, throttled or not: an attempt
/// without an answer by then is lost rather than slow, and made anew.
const ATTEMPT: Duration = Duration::from_secs(3);

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

/// In the secret's own region, which its ARN names.
pub(crate) fn secrets_manager(
    config: &Config,
    arn: &str,
    http_client: SharedHttpClient,
) -> aws_sdk_secretsmanager::Client {
    let region = arn.split(':').nth(3).filter(|region| !region.is_empty()).unwrap_or(&config.region);
    let mut sdk = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(config.credentials.clone())
        .http_client(http_client)
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(50)))
        .timeout_config(timeouts());
    sdk.set_endpoint_url(config.auth.secrets_manager_endpoint.clone());
    aws_sdk_secretsmanager::Client::from_conf(sdk.build())
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(ATTEMPT)
        .build()
}
