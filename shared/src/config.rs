//! What a function has to know before its first event, read once from environment variables.

use std::fmt::Write as _;
use std::str::FromStr;
use std::time::Duration;

use aws_credential_types::Credentials;

use crate::domain::analytics::EmoteNames;
use crate::domain::{Gcra, Origins};

mod auth;
mod secret;

pub use auth::{Auth, JwksSource, SecretSource};
pub use secret::Secret;

/// Everything that differs between AWS, one machine and a test.
#[derive(Clone, Debug)]
pub struct Config {
    /// `DYNAMODB_REGION`, else `AWS_REGION`, else us-east-1.
    pub region: String,
    /// `DYNAMODB_ENDPOINT`, else `AWS_ENDPOINT_URL_DYNAMODB`; neither means AWS.
    pub dynamodb_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`, with the stage in its path; without it
    /// `https://{domainName}/{stage}` of each event.
    pub management_endpoint: Option<String>,
    /// `CALLBACK_URL`: `https://{domainName}/{stage}` of this deployment, for functions whose events
    /// name none.
    pub callback_url: Option<String>,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, as Lambda sets them.
    pub credentials: Credentials,
    /// `LOG_LEVEL`, default `info`.
    pub log_level: tracing::Level,
    /// The tables.
    pub tables: Tables,
    /// `RATE_LIMIT_PER_SEC` (5) and `RATE_LIMIT_BURST` (10), for each user and room; `None` where
    /// either is 0 or less.
    pub rate_limit: Option<Gcra>,
    /// `MESSAGE_RETENTION_DAYS` (30); `None` for 0, which keeps messages for ever.
    pub message_retention: Option<Duration>,
    /// `LEAVE_NOTICE_SECONDS` (5): whoever is back by then has not left.
    pub leave_notice_delay: Duration,
    /// `EMOTES`: names that count as emotes, separated by commas.
    pub emotes: EmoteNames,
    /// `ALLOWED_ORIGINS`, separated by commas; unset or `*` is every page.
    pub allowed_origins: Origins,
    /// How people prove who they are.
    pub auth: Auth,
}

/// The names of the tables.
#[derive(Clone, Debug)]
pub struct Tables {
    /// `CONNECTIONS_TABLE`
    pub connections: String,
    /// `ROOMS_TABLE`
    pub rooms: String,
    /// `MESSAGES_TABLE`
    pub messages: String,
    /// `ANALYTICS_TABLE`
    pub analytics: String,
}

/// All that is missing or malformed, at once, by the variables' names. Never a value: it may be a
/// secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the configuration is not usable:{0}")]
pub struct ConfigError(String);

impl Config {
    /// Reads the process's environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads variables from anywhere; one that is empty counts as unset.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader { variable, problems: String::new() };
        let dynamodb_endpoint =
            reader.endpoint("DYNAMODB_ENDPOINT").or_else(|| reader.endpoint("AWS_ENDPOINT_URL_DYNAMODB"));
        let management_endpoint = reader.endpoint("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI");
        let callback_url = reader.endpoint("CALLBACK_URL");
        let region = reader.optional("DYNAMODB_REGION").or_else(|| reader.optional("AWS_REGION"));
        let credentials = reader.credentials(dynamodb_endpoint.is_some());
        let per_second: f64 = reader.parsed("RATE_LIMIT_PER_SEC", "a number", 5.0);
        let burst: i64 = reader.parsed("RATE_LIMIT_BURST", "a whole number", 10);
        let retention_days: u32 = reader.parsed("MESSAGE_RETENTION_DAYS", "a whole number of days", 30);
        let leave_notice_seconds: u32 = reader.parsed("LEAVE_NOTICE_SECONDS", "a whole number of seconds", 5);
        let log_level =
            reader.parsed("LOG_LEVEL", "one of trace, debug, info, warn, error", tracing::Level::INFO);
        let tables = Tables {
            connections: reader.required("CONNECTIONS_TABLE"),
            rooms: reader.required("ROOMS_TABLE"),
            messages: reader.required("MESSAGES_TABLE"),
            analytics: reader.required("ANALYTICS_TABLE"),
        };
        let emotes = EmoteNames::parse(&reader.optional("EMOTES").unwrap_or_default());
        let allowed_origins = reader.optional("ALLOWED_ORIGINS").unwrap_or_else(|| "*".to_owned());
        let auth = Auth::read(&mut reader);
        reader.finish()?;
        Ok(Self {
            region: region.unwrap_or_else(|| "us-east-1".to_owned()),
            dynamodb_endpoint,
            management_endpoint,
            callback_url,
            credentials,
            log_level,
            tables,
            rate_limit: Gcra::new(per_second, u32::try_from(burst.max(0)).unwrap_or(u32::MAX)),
            message_retention: (retention_days > 0)
                .then(|| Duration::from_secs(u64::from(retention_days) * 86_400)),
            leave_notice_delay: Duration::from_secs(leave_notice_seconds.into()),
            emotes,
            allowed_origins: Origins::parse(&allowed_origins),
            auth,
        })
    }
}

struct Reader<F> {
    variable: F,
    problems: String,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    fn optional(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.trim().is_empty())
    }

    /// One that is set to nothing but white space was meant to be something.
    fn unblank(&mut self, name: &str) -> Option<String> {
        let value = (self.variable)(name).filter(|value| !value.is_empty())?;
        if value.trim().is_empty() {
            self.problem(name, "is blank");
        }
        Some(value)
    }

    fn problem(&mut self, name: &str, problem: &str) {
        // Writing to a String cannot fail.
        let _infallible = write!(self.problems, "\n  {name} {problem}");
    }

    fn required(&mut self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.problem(name, "is not set");
            String::new()
        })
    }

    fn parsed<T: FromStr>(&mut self, name: &str, expected: &str, default: T) -> T {
        let Some(text) = self.optional(name) else { return default };
        text.trim().parse().unwrap_or_else(|_| {
            self.problem(name, &format!("must be {expected}"));
            default
        })
    }

    fn endpoint(&mut self, name: &str) -> Option<String> {
        let endpoint = self.optional(name)?;
        if !(endpoint.starts_with("http://") || endpoint.starts_with("https://")) {
            self.problem(name, "must start with http:// or https://");
        }
        Some(endpoint)
    }

    /// A database that is not AWS's takes any signature, and the SDK signs with something.
    fn credentials(&mut self, elsewhere: bool) -> Credentials {
        let key = self.optional("AWS_ACCESS_KEY_ID");
        let secret = self.optional("AWS_SECRET_ACCESS_KEY");
        let token = self.optional("AWS_SESSION_TOKEN");
        match (key, secret) {
            (Some(key), Some(secret)) => Credentials::new(key, secret, token, None, "environment"),
            _ if elsewhere => Credentials::new("local", "local", None, None, "local"),
            (key, secret) => {
                for (name, value) in [("AWS_ACCESS_KEY_ID", key), ("AWS_SECRET_ACCESS_KEY", secret)] {
                    if value.is_none() {
                        self.problem(name, "is not set");
                    }
                }
                Credentials::new("", "", None, None, "missing")
            }
        }
    }

    fn finish(self) -> Result<(), ConfigError> {
        if self.problems.is_empty() { Ok(()) } else { Err(ConfigError(self.problems)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let tables = [
            ("CONNECTIONS_TABLE", "c"),
            ("ROOMS_TABLE", "r"),
            ("MESSAGES_TABLE", "m"),
            ("ANALYTICS_TABLE", "a"),
        ];
        Config::read(|name| {
            let all = || variables.iter().chain(&tables);
            all().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    pub(super) const KEYS: [(&str, &str); 2] =
        [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "key")];

    #[test]
    fn the_names_of_the_predecessor_win_and_empty_is_unset() {
        let config = read(&[
            ("DYNAMODB_ENDPOINT", "http://127.0.0.1:8000"),
            ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9000"),
            ("DYNAMODB_REGION", "eu-central-1"),
            ("AWS_REGION", "eu-west-1"),
        ])
        .expect("usable");
        assert_eq!(config.dynamodb_endpoint.as_deref(), Some("http://127.0.0.1:8000"));
        assert_eq!(config.region, "eu-central-1");

        // The predecessor fell back to a local port here, so that its documented production path
        // could not be reached.
        let on_aws = read(&[("DYNAMODB_ENDPOINT", ""), KEYS[0], KEYS[1]]).expect("usable");
        assert_eq!(on_aws.dynamodb_endpoint, None);
        assert_eq!(on_aws.region, "us-east-1");
    }

    #[test]
    fn one_error_names_all_that_is_wrong_and_no_value() {
        let error = Config::read(|name| match name {
            "RATE_LIMIT_BURST" => Some("many".to_owned()),
            "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI" => Some("127.0.0.1:1".to_owned()),
            "AUTH_SECRET_PREVIOUS" => Some("hunter2".to_owned()),
            _ => None,
        })
        .expect_err("not usable")
        .to_string();
        for name in [
            "RATE_LIMIT_BURST must be a whole number",
            "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI must start with http:// or https://",
            "AUTH_SECRET_PREVIOUS is set without AUTH_SECRET",
            "AWS_ACCESS_KEY_ID is not set",
            "CONNECTIONS_TABLE is not set",
            "ROOMS_TABLE is not set",
            "MESSAGES_TABLE is not set",
            "ANALYTICS_TABLE is not set",
        ] {
            assert!(error.contains(name), "{name} is missing in {error}");
        }
        assert!(!error.contains("hunter2"));
    }

    #[test]
    fn limits_of_zero_and_less_are_off() {
        for (name, value) in
            [("RATE_LIMIT_PER_SEC", "0"), ("RATE_LIMIT_BURST", "-1"), ("RATE_LIMIT_PER_SEC", "-0.5")]
        {
            let config = read(&[(name, value), KEYS[0], KEYS[1]]).expect("usable");
            assert_eq!(config.rate_limit, None, "{name}={value}");
        }
        let default = read(&KEYS).expect("usable");
        assert_eq!(default.rate_limit, Gcra::new(5.0, 10));
        assert_eq!(default.message_retention, Some(Duration::from_secs(30 * 86_400)));
        let forever = read(&[("MESSAGE_RETENTION_DAYS", "0"), KEYS[0], KEYS[1]]).expect("usable");
        assert_eq!(forever.message_retention, None);
    }
}
