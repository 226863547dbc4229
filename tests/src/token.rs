//! Tokens as an identity provider makes them, and as nobody should.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

/// A token signed with a shared secret. `claims` are added to an `exp` in an hour, or replace it.
pub fn token(secret: &str, claims: &Value) -> String {
    signed(&Header::new(Algorithm::HS256), &EncodingKey::from_secret(secret.as_bytes()), claims)
}

/// A token with any header and key, likewise.
pub fn signed(header: &Header, key: &EncodingKey, claims: &Value) -> String {
    encode(header, &with_expiry(claims), key).expect("a token")
}

fn with_expiry(claims: &Value) -> Value {
    let mut all = json!({"exp": now() + 3600});
    let (all_claims, claims) = (all.as_object_mut().unwrap(), claims.as_object().expect("an object"));
    all_claims.extend(claims.clone());
    all
}

/// Seconds since the Unix epoch, as the gateway's events will have them.
#[expect(clippy::disallowed_methods, reason = "the gateway's events carry the wall clock's time")]
pub fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(now.unwrap().as_secs()).unwrap()
}
