//! Why a token was not accepted: the bearer's fault, or ours.

use std::error::Error;

use crate::app::TlsError;
use crate::domain::Distrust;

/// Whose fault it is that somebody has no identity.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The bearer's: unauthorized.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    /// Ours: without keys nobody can be told from anybody, so nobody gets in.
    #[error("there are no keys to verify a token with")]
    Keys(#[from] KeyError),
}

/// What is wrong with a token. For a log; a client only learns that it is unauthorized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// None came.
    #[error("there is no token")]
    Missing,
    /// More than one came: each could mean somebody else.
    #[error("there is more than one token")]
    Ambiguous,
    /// Not a signed token, or longer than one may be.
    #[error("the token is malformed")]
    Malformed,
    /// One that no key here is made for, `none` included.
    #[error("the token's algorithm is not accepted")]
    Algorithm,
    /// No key verifies it.
    #[error("the token's signature is not ours")]
    Signature,
    /// Verified, and not believed.
    #[error(transparent)]
    Distrust(#[from] Distrust),
}

/// Why keys could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// `JWKS_FILE`.
    #[error("the key set's file cannot be read")]
    File(#[source] std::io::Error),
    /// `JWKS_URL`: no answer, or none in time.
    #[error("the key set's address does not answer")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// `JWKS_URL`: not 200. Redirects are not followed.
    #[error("the key set's address answers with status {0}")]
    Status(u16),
    /// Larger than any key set.
    #[error("the key set is too large")]
    TooLarge,
    /// Not JSON, or not a key set.
    #[error("the key set is not one")]
    NotAKeySet(#[source] serde_json::Error),
    /// Nothing to verify with.
    #[error("the key set has no RS256, ES256 or EdDSA key")]
    NoUsableKey,
    /// Secrets Manager.
    #[error("the secret cannot be read")]
    Secret(#[source] Box<dyn Error + Send + Sync>),
    /// It is binary, or empty.
    #[error("the secret has no text")]
    NoText,
    /// The HTTP client.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The last attempt failed a moment ago, and was logged.
    #[error("the keys could not be had a moment ago")]
    Lately,
}
