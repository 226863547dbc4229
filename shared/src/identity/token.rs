//! A token as it comes in, before anything in it is believed.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};

use super::Untrusted;
use super::claims::Payload;
use super::key::Key;
use crate::domain::Claims;

/// Longer ones are refused unread. API Gateway takes URLs of 4,096 and headers of 10,240 bytes.
const MAX_BYTES: usize = 4096;

/// Shaped like a signed token (RFC 7515, compact form), with an algorithm that some key could have.
pub(super) struct Token<'a> {
    text: &'a str,
    algorithm: Algorithm,
    key_id: Option<String>,
}

impl<'a> Token<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, Untrusted> {
        if text.len() > MAX_BYTES {
            return Err(Untrusted::Malformed);
        }
        let header = decode_header(text).map_err(|_| Untrusted::Malformed)?;
        // Names extensions that whoever does not know them must refuse (RFC 7515, section 4.1.11).
        if header.crit.is_some() {
            return Err(Untrusted::Malformed);
        }
        Ok(Self { text, algorithm: header.alg, key_id: header.kid })
    }

    /// Whether it claims to be signed with a shared secret.
    pub(super) fn is_symmetric(&self) -> bool {
        matches!(self.algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512)
    }

    /// Its claims, if one of the keys verifies them.
    pub(super) fn verify(&self, keys: &[Key]) -> Result<Option<Claims>, Untrusted> {
        let of_same_id = |key: &&Key| match (&self.key_id, &key.id) {
            (Some(wanted), Some(id)) => wanted == id,
            _ => true,
        };
        let candidates = keys.iter().filter(|key| key.algorithm == self.algorithm).filter(of_same_id);
        for key in candidates {
            match decode::<Payload>(self.text, &key.key, &signature_only(key.algorithm)) {
                Ok(data) => return Ok(Some(data.claims.into())),
                Err(error) if matches!(error.kind(), ErrorKind::InvalidSignature) => {}
                Err(_) => return Err(Untrusted::Malformed),
            }
        }
        Ok(None)
    }
}

/// The crate reads the clock to judge claims; ours are judged by `domain`, at the event's time.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}
