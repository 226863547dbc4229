//! An identity provider's public keys (JWKS, RFC 7517), from its address or, to try things out, from
//! a file.

use std::time::Duration;

use super::KeyError;
use super::cache::Fetched;
use super::key::Key;
use crate::aws::fetch::{self, Fetch};
use crate::config::JwksSource;

/// Of a source that says nothing about it.
const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// Bounds to what it says: not with every token, and no key for ever.
const MIN_LIFETIME: Duration = Duration::from_secs(60);
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug)]
pub(super) struct Jwks {
    source: JwksSource,
    fetch: Fetch,
}

impl Jwks {
    pub(super) fn new(source: JwksSource) -> Self {
        Self { source, fetch: Fetch::default() }
    }

    pub(super) fn is_file(&self) -> bool {
        matches!(self.source, JwksSource::File(_))
    }

    pub(super) async fn fetch(&self) -> Result<Fetched, KeyError> {
        match &self.source {
            JwksSource::File(path) => {
                let json = tokio::fs::read(path).await.map_err(KeyError::File)?;
                Ok(Fetched { keys: Key::set(&json)?, lifetime: MIN_LIFETIME })
            }
            JwksSource::Url(url) => {
                let fetch::Answer { cache_control, body } = self.fetch.get(url).await?;
                let lifetime = cache_control.as_deref().map_or(LIFETIME, lifetime);
                Ok(Fetched { keys: Key::set(&body)?, lifetime })
            }
        }
    }
}

/// What `Cache-Control` allows (RFC 9111, section 5.2.2), within the bounds.
fn lifetime(cache_control: &str) -> Duration {
    let directives = || cache_control.split(',').map(|directive| directive.trim().to_ascii_lowercase());
    if directives().any(|directive| directive == "no-store" || directive == "no-cache") {
        return MIN_LIFETIME;
    }
    let age = directives().find_map(|d| d.strip_prefix("max-age=")?.trim_matches('"').parse().ok());
    age.map_or(LIFETIME, |seconds| Duration::from_secs(seconds).clamp(MIN_LIFETIME, MAX_LIFETIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_says_how_long_its_keys_are_good_within_reason() {
        for (cache_control, seconds) in [
            ("public, max-age=3600", 3600),
            ("Max-Age=\"7200\"", 7200),
            ("max-age=0", 60),
            ("max-age=31536000, immutable", 86_400),
            ("max-age=99999999999999999999999", 600),
            ("no-cache, max-age=3600", 60),
            ("no-store", 60),
            ("public", 600),
            ("", 600),
        ] {
            assert_eq!(lifetime(cache_control), Duration::from_secs(seconds), "{cache_control}");
        }
    }
}
