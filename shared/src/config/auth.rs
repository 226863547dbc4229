//! How people prove who they are, as far as an operator decides it. Whoever sets any of this wants
//! nobody in without a token: what is incomplete stops the start, and never opens the door.

use std::path::PathBuf;

use super::{Reader, Secret};
use crate::domain::Expected;

/// Where keys come from, and what a token has to say.
#[derive(Clone, Debug, Default)]
pub struct Auth {
    /// Keys of HS256.
    pub secrets: Option<SecretSource>,
    /// Keys of RS256, ES256 and EdDSA.
    pub jwks: Option<JwksSource>,
    /// `AUTH_ISSUER` and `AUTH_AUDIENCE`.
    pub expected: Expected,
    /// `AWS_ENDPOINT_URL_SECRETSMANAGER`; without it AWS.
    pub secrets_manager_endpoint: Option<String>,
}

/// Where the shared secrets are.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// `AUTH_SECRET`, and while it is being replaced `AUTH_SECRET_PREVIOUS`.
    Given(Vec<Secret>),
    /// `AUTH_SECRET_ARN`, whose labels AWSCURRENT and AWSPREVIOUS are both valid.
    SecretsManager {
        /// Of the secret, without a version.
        arn: String,
    },
}

/// Where the public keys are.
#[derive(Clone, Debug)]
pub enum JwksSource {
    /// `JWKS_FILE`
    File(PathBuf),
    /// `JWKS_URL`: `https`, or `http` on this machine.
    Url(String),
}

impl Auth {
    pub(super) fn read<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Self {
        let auth = Self {
            secrets: secrets(reader),
            jwks: jwks(reader),
            expected: Expected {
                issuer: reader.unblank("AUTH_ISSUER"),
                audience: reader.unblank("AUTH_AUDIENCE"),
            },
            secrets_manager_endpoint: reader.endpoint("AWS_ENDPOINT_URL_SECRETSMANAGER"),
        };
        if auth.secrets.is_none() && auth.jwks.is_none() {
            for (name, value) in
                [("AUTH_ISSUER", &auth.expected.issuer), ("AUTH_AUDIENCE", &auth.expected.audience)]
            {
                if value.is_some() {
                    reader
                        .problem(name, "is set without AUTH_SECRET, AUTH_SECRET_ARN, JWKS_URL or JWKS_FILE");
                }
            }
        }
        auth
    }
}

fn secrets<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Option<SecretSource> {
    let current = reader.unblank("AUTH_SECRET");
    let previous = reader.unblank("AUTH_SECRET_PREVIOUS");
    let arn = reader.unblank("AUTH_SECRET_ARN");
    if previous.is_some() && current.is_none() {
        reader.problem("AUTH_SECRET_PREVIOUS", "is set without AUTH_SECRET");
    }
    if current.is_some() && arn.is_some() {
        reader.problem("AUTH_SECRET", "and AUTH_SECRET_ARN exclude each other");
    }
    match (current, arn) {
        (Some(current), _) => {
            let secrets = [Some(current), previous].into_iter().flatten().map(Secret::new);
            Some(SecretSource::Given(secrets.collect()))
        }
        (None, arn) => arn.map(|arn| SecretSource::SecretsManager { arn }),
    }
}

fn jwks<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Option<JwksSource> {
    let (file, url) = (reader.unblank("JWKS_FILE"), reader.unblank("JWKS_URL"));
    if file.is_some() && url.is_some() {
        reader.problem("JWKS_FILE", "and JWKS_URL exclude each other");
    }
    if url.as_deref().is_some_and(|url| !is_trustworthy(url)) {
        reader.problem("JWKS_URL", "must start with https://: whoever can change the answer can be anybody");
    }
    url.map(JwksSource::Url).or_else(|| file.map(|file| JwksSource::File(file.into())))
}

fn is_trustworthy(url: &str) -> bool {
    let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let is_host = |rest: &str| rest.is_empty() || rest.starts_with([':', '/']);
    url.starts_with("https://") || local.iter().any(|host| url.strip_prefix(host).is_some_and(is_host))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{KEYS, read};
    use super::*;

    fn auth(variables: &[(&str, &str)]) -> Result<Auth, String> {
        let config = read(&[variables, &KEYS].concat());
        config.map(|config| config.auth).map_err(|error| error.to_string())
    }

    #[test]
    fn without_keys_everybody_may_in() {
        let open = auth(&[("AUTH_SECRET", ""), ("AUTH_SECRET_ARN", ""), ("JWKS_URL", "")]).unwrap();
        assert!(open.secrets.is_none() && open.jwks.is_none());
    }

    #[test]
    fn two_secrets_are_valid_at_once_and_none_is_shown() {
        let both = auth(&[("AUTH_SECRET", "hunter3"), ("AUTH_SECRET_PREVIOUS", "hunter2")]).unwrap();
        assert!(matches!(&both.secrets, Some(SecretSource::Given(secrets)) if secrets.len() == 2));
        assert!(!format!("{both:?}").contains("hunter"), "{both:?}");
    }

    #[test]
    fn what_is_incomplete_stops_the_start() {
        for (variables, named) in [
            (&[("AUTH_SECRET", "  ")][..], "AUTH_SECRET is blank"),
            (&[("AUTH_SECRET_PREVIOUS", "x")], "AUTH_SECRET_PREVIOUS is set without AUTH_SECRET"),
            (&[("AUTH_SECRET", "x"), ("AUTH_SECRET_ARN", "y")], "exclude each other"),
            (&[("JWKS_FILE", "x"), ("JWKS_URL", "https://y")], "exclude each other"),
            (&[("JWKS_URL", "http://id.example/keys")], "JWKS_URL must start with https://"),
            (&[("JWKS_URL", "http://localhost.evil.example/")], "JWKS_URL must start with https://"),
            (&[("AUTH_ISSUER", "https://id.example")], "AUTH_ISSUER is set without"),
            (&[("AUTH_AUDIENCE", "hubbub")], "AUTH_AUDIENCE is set without"),
        ] {
            let problem = auth(variables).expect_err(named);
            assert!(problem.contains(named), "{named} is missing in {problem}");
        }
        assert!(auth(&[("JWKS_URL", "http://127.0.0.1:9000/keys")]).is_ok());
    }
}
