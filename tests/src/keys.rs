//! An identity provider's keys, and the set of them that it publishes.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::token::signed;

/// A private key with an id.
#[derive(Clone)]
pub struct SigningKey {
    /// `kid`.
    pub id: &'static str,
    /// What it signs with.
    pub algorithm: Algorithm,
    key: EncodingKey,
}

impl SigningKey {
    /// RSA, 2,048 bits.
    pub fn rsa() -> Self {
        let key = EncodingKey::from_rsa_der(include_bytes!("../keys/rsa.der"));
        Self { id: "rsa", algorithm: Algorithm::RS256, key }
    }

    /// RSA, 1,024 bits.
    pub fn short_rsa() -> Self {
        let key = EncodingKey::from_rsa_der(include_bytes!("../keys/rsa-1024.der"));
        Self { id: "short", algorithm: Algorithm::RS256, key }
    }

    /// On the curve P-256.
    pub fn ec() -> Self {
        let key = EncodingKey::from_ec_der(include_bytes!("../keys/ec-a.der"));
        Self { id: "ec-a", algorithm: Algorithm::ES256, key }
    }

    /// The one that comes after [`SigningKey::ec`].
    pub fn next_ec() -> Self {
        let key = EncodingKey::from_ec_der(include_bytes!("../keys/ec-b.der"));
        Self { id: "ec-b", algorithm: Algorithm::ES256, key }
    }

    /// Ed25519.
    pub fn ed() -> Self {
        let key = EncodingKey::from_ed_der(include_bytes!("../keys/ed.der"));
        Self { id: "ed", algorithm: Algorithm::EdDSA, key }
    }

    /// A token under this key's id.
    pub fn token(&self, claims: &Value) -> String {
        self.token_with(|_| {}, claims)
    }

    /// A token whose header says something else.
    pub fn token_with(&self, change: impl FnOnce(&mut Header), claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.to_owned());
        change(&mut header);
        signed(&header, &self.key, claims)
    }

    /// The public half, as a JWK.
    pub fn public(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.key, self.algorithm).expect("a public key");
        jwk.common.key_id = Some(self.id.to_owned());
        serde_json::to_value(jwk).unwrap()
    }
}

/// A JWKS of these keys.
pub fn key_set(keys: &[SigningKey]) -> String {
    let keys: Vec<_> = keys.iter().map(SigningKey::public).collect();
    json!({ "keys": keys }).to_string()
}
