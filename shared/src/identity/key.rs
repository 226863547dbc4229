//! Keys to verify with. Each has one algorithm, fixed where the key comes from: a token that names
//! another one for it (`none`, or HS256 under a public key) finds no key at all.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use serde::Deserialize;
use serde_json::Value;

use super::KeyError;

/// A provider has two or three: the current, the next, the last.
const MAX_KEYS: usize = 64;

/// RFC 7518, section 3.3: 2,048 bits.
const MIN_RSA_BYTES: usize = 256;

/// RFC 8032, section 5.1.5.
const ED25519_BYTES: usize = 32;

#[derive(Debug)]
pub(super) struct Key {
    /// `kid`; a key without one is tried for every token of its algorithm.
    pub(super) id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

impl Key {
    /// HS256.
    pub(super) fn secret(secret: &[u8]) -> Self {
        Self { id: None, algorithm: Algorithm::HS256, key: DecodingKey::from_secret(secret) }
    }

    /// The keys of a JWKS (RFC 7517) that are for signatures and of a kind that is accepted. Others
    /// are passed over, as the RFC asks: a provider may have any keys it likes.
    pub(super) fn set(json: &[u8]) -> Result<Vec<Self>, KeyError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(json).map_err(KeyError::NotAKeySet)?;
        if set.keys.len() > MAX_KEYS {
            return Err(KeyError::TooLarge);
        }
        let jwks = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        let keys: Vec<_> = jwks.filter_map(|jwk| Self::from_jwk(&jwk)).collect();
        if keys.is_empty() { Err(KeyError::NoUsableKey) } else { Ok(keys) }
    }

    fn from_jwk(jwk: &Jwk) -> Option<Self> {
        let algorithm = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => Algorithm::RS256,
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
            _ => return None,
        };
        let named = jwk.common.key_algorithm;
        if named.is_some_and(|named| named != KeyAlgorithm::from(algorithm)) {
            return None;
        }
        if jwk.common.public_key_use.as_ref().is_some_and(|usage| *usage != PublicKeyUse::Signature) {
            return None;
        }
        let key = DecodingKey::from_jwk(jwk).ok()?;
        let key = Self { id: jwk.common.key_id.clone(), algorithm, key };
        key.is_sound().then_some(key)
    }

    /// Whether it is long enough, and a key at all.
    fn is_sound(&self) -> bool {
        let long_enough = match (self.algorithm, self.key.kind()) {
            (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, .. }) => {
                n.iter().skip_while(|byte| **byte == 0).count() >= MIN_RSA_BYTES
            }
            // Shorter ones would make the crate panic.
            (Algorithm::EdDSA, DecodingKeyKind::SecretOrDer(key)) => key.len() == ED25519_BYTES,
            _ => true,
        };
        // Says whether the signature fits, or fails because the key is none.
        long_enough && jsonwebtoken::crypto::verify("", b"", &self.key, self.algorithm).is_ok()
    }
}
