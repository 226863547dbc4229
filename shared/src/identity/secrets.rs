//! Secrets that AWS Secrets Manager keeps and rotates. The last one stays valid next to the current
//! one, so that a rotation invalidates nobody's token and needs no deployment.

use std::time::Duration;

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::SdkError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;

use super::KeyError;
use super::cache::Fetched;
use super::key::Key;
use crate::aws;
use crate::config::Config;

/// How long a secret that is no longer valid may still let somebody in. At a request each five
/// minutes and execution environment, Secrets Manager costs next to nothing.
const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// Staging labels. <https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html>
const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";

#[derive(Debug)]
pub(super) struct SecretsManager {
    client: Client,
    arn: String,
}

impl SecretsManager {
    pub(super) fn new(config: &Config, arn: String, http_client: SharedHttpClient) -> Self {
        Self { client: aws::secrets_manager(config, &arn, http_client), arn }
    }

    pub(super) async fn fetch(&self) -> Result<Fetched, KeyError> {
        let (current, previous) = tokio::join!(self.secret(CURRENT), self.secret(PREVIOUS));
        let current = current?.ok_or(KeyError::NoText)?;
        // A secret that was never rotated has no previous value.
        let keys = [Some(current), previous?].into_iter().flatten().collect();
        Ok(Fetched { keys, lifetime: LIFETIME })
    }

    /// The value with this label; `None` if there is none.
    async fn secret(&self, label: &str) -> Result<Option<Key>, KeyError> {
        let get = self.client.get_secret_value().secret_id(&self.arn).version_stage(label);
        match get.send().await {
            Ok(value) => match value.secret_string() {
                Some(text) if !text.is_empty() => Ok(Some(Key::secret(text.as_bytes()))),
                _ => Err(KeyError::NoText),
            },
            Err(error) if label == PREVIOUS && is_missing(&error) => Ok(None),
            Err(error) => Err(KeyError::Secret(Box::new(error))),
        }
    }
}

fn is_missing<R>(error: &SdkError<GetSecretValueError, R>) -> bool {
    error.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception)
}
