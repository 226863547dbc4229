//! Who is asking: verifies the tokens that come with handshakes and HTTP requests. What a verified
//! token means is `domain`'s to say; where keys come from and how long they are kept, this module's.
//!
//! No token, key or secret may reach a log, an error's text or a client.

mod cache;
mod claims;
mod error;
mod jwks;
mod key;
mod presented;
mod secrets;
mod token;

use std::sync::Arc;

use aws_sdk_dynamodb::config::SharedHttpClient;

use crate::app::TlsError;
use crate::aws;
use crate::config::Config;
use crate::domain::{Expected, Identity, Timestamp};

use cache::{Demand, KeyCache};
pub use error::{KeyError, TokenError, Untrusted};
pub use presented::presented;
use token::Token;

/// Verifies tokens, or needs none.
#[derive(Clone, Debug)]
pub struct Tokens(Option<Arc<Verifier>>);

#[derive(Debug)]
struct Verifier {
    secrets: Option<KeyCache>,
    jwks: Option<KeyCache>,
    expected: Expected,
}

impl Tokens {
    /// As configured. Keys from elsewhere are fetched when the first token comes.
    pub fn new(config: &Config, http_client: SharedHttpClient) -> Self {
        let auth = &config.auth;
        let secrets = auth.secrets.as_ref().map(|from| KeyCache::secrets(from, config, http_client));
        let jwks = auth.jwks.clone().map(KeyCache::jwks);
        let required = secrets.is_some() || jwks.is_some();
        Self(required.then(|| Arc::new(Verifier { secrets, jwks, expected: auth.expected.clone() })))
    }

    /// The same with an HTTP client of its own.
    pub fn start(config: &Config) -> Result<Self, TlsError> {
        Ok(Self::new(config, aws::http_client()?))
    }

    /// Whether `JWKS_FILE`, if there is one, can be used: whoever is at the keyboard can mend it now.
    pub async fn check_file(&self) -> Result<(), KeyError> {
        match self.0.as_ref().and_then(|verifier| verifier.jwks.as_ref()) {
            Some(jwks) => jwks.check_file().await,
            None => Ok(()),
        }
    }

    /// Whether a token is needed to get in. Without a secret and a key set everybody may, as whoever
    /// they say they are.
    pub fn required(&self) -> bool {
        self.0.is_some()
    }

    /// Who the bearer of a token is; `None` where nobody needs one, and so none is looked at.
    pub async fn identity(
        &self,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Identity>, TokenError> {
        let Some(verifier) = &self.0 else { return Ok(None) };
        let token = token.ok_or(Untrusted::Missing)?;
        verifier.identity(&Token::parse(token)?, now).await.map(Some)
    }
}

impl Verifier {
    /// A token's algorithm decides where its key may be found, never how a key is used: each key
    /// has an algorithm of its own, and verifies with no other.
    async fn identity(&self, token: &Token<'_>, now: Timestamp) -> Result<Identity, TokenError> {
        let cache = if token.is_symmetric() { &self.secrets } else { &self.jwks };
        let cache = cache.as_ref().ok_or(Untrusted::Algorithm)?;
        // What today's keys cannot verify may be signed with one that is newer than they are.
        for demand in [Demand::Usable, Demand::Newer] {
            if let Some(claims) = token.verify(&cache.keys(now, demand).await?)? {
                return Ok(claims.identity(&self.expected, now).map_err(Untrusted::from)?);
            }
        }
        Err(Untrusted::Signature.into())
    }
}
