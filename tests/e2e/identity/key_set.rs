//! Keys that an identity provider publishes: kept as long as it says, renewed when it rotates them,
//! and kept on when it is down. The time is that of the requests.

use http::StatusCode;
use serde_json::{Value, json};
use shared::config::Config;
use shared::domain::Timestamp;
use shared::identity::{KeyError, TokenError, Tokens, Untrusted};
use tests::http_server::{Answered, HttpServer};
use tests::keys::{SigningKey, key_set};
use tests::token::now;

use crate::world::World;

fn alice() -> Value {
    json!({"sub": "alice"})
}

async fn provider(keys: &[SigningKey]) -> HttpServer {
    let keys = key_set(keys);
    HttpServer::start(move |_| Answered::ok(keys.clone()).with("cache-control", "max-age=600")).await
}

/// Verifies tokens with the provider's keys, `later` seconds after it was made.
struct Verifier {
    tokens: Tokens,
    made: i64,
}

impl Verifier {
    fn of(provider: &HttpServer) -> Self {
        let url = format!("{}/keys", provider.url());
        let config = Config::read(|name| match name {
            "JWKS_URL" => Some(url.clone()),
            "DYNAMODB_ENDPOINT" => Some("http://127.0.0.1:9".to_owned()),
            name if name.ends_with("_TABLE") => Some("t".to_owned()),
            _ => None,
        });
        Self { tokens: Tokens::start(&config.unwrap()).unwrap(), made: now() }
    }

    async fn verify(&self, token: &str, later: i64) -> Result<(), TokenError> {
        let now = Timestamp::from_millis((self.made + later) * 1000).unwrap();
        self.tokens.identity(Some(token), now).await.map(drop)
    }

    async fn accepts(&self, token: &str, later: i64) -> bool {
        match self.verify(token, later).await {
            Ok(()) => true,
            Err(TokenError::Untrusted(Untrusted::Signature)) => false,
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn keys_are_kept_for_as_long_as_the_provider_says() {
    let provider = provider(&[SigningKey::ec()]).await;
    let verifier = Verifier::of(&provider);
    assert_eq!(provider.requests(), 0, "nobody has asked yet");
    let token = SigningKey::ec().token(&alice());
    for (later, requests) in [(0, 1), (1, 1), (599, 1), (600, 2), (1199, 2), (1200, 3)] {
        assert!(verifier.accepts(&token, later).await);
        assert_eq!(provider.requests(), requests, "after {later} s");
    }
}

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it_and_an_old_one_is_forgotten() {
    let provider = provider(&[SigningKey::ec()]).await;
    let verifier = Verifier::of(&provider);
    let (old, new) = (SigningKey::ec().token(&alice()), SigningKey::next_ec().token(&alice()));
    assert!(verifier.accepts(&old, 0).await);

    let keys = key_set(&[SigningKey::ec(), SigningKey::next_ec()]);
    provider.answer(move |_| Answered::ok(keys.clone()));
    assert!(verifier.accepts(&new, 30).await);
    assert!(verifier.accepts(&old, 31).await, "both are valid while the provider publishes both");

    let keys = key_set(&[SigningKey::next_ec()]);
    provider.answer(move |_| Answered::ok(keys.clone()));
    assert!(!verifier.accepts(&old, 31 + 600).await, "its time is over, and it is not published");
    assert!(verifier.accepts(&new, 31 + 600).await);
}

#[tokio::test]
async fn unknown_keys_make_us_ask_once_in_thirty_seconds_and_no_more() {
    let provider = provider(&[SigningKey::ec()]).await;
    let verifier = Verifier::of(&provider);
    for later in 0..60 {
        let unknown = SigningKey::next_ec().token_with(|h| h.kid = Some(format!("k{later}")), &alice());
        assert!(!verifier.accepts(&unknown, later).await);
    }
    assert_eq!(provider.requests(), 2);
    let secret = tests::token("a secret", &alice());
    let refused = verifier.verify(&secret, 600).await.unwrap_err();
    assert!(matches!(refused, TokenError::Untrusted(Untrusted::Algorithm)), "{refused:?}");
    assert_eq!(provider.requests(), 2, "no key set has the key of an HS256 token");
}

#[tokio::test]
async fn a_provider_that_is_down_locks_nobody_out() {
    let provider = provider(&[SigningKey::ec()]).await;
    let verifier = Verifier::of(&provider);
    let token = SigningKey::ec().token(&json!({"sub": "alice", "exp": now() + 90_000}));
    assert!(verifier.accepts(&token, 0).await);
    for answer in [
        Answered::status(503),
        Answered::ok("down for maintenance"),
        Answered::ok(r#"{"keys":[]}"#),
        Answered::ok("x".repeat(300_000)),
        Answered::status(302).with("location", "https://evil.example/keys"),
    ] {
        provider.answer(move |_| answer.clone());
        let before = provider.requests();
        assert!(verifier.accepts(&token, 86_400).await);
        assert!(provider.requests() <= before + 1);
    }
    assert!(provider.requests() <= 2, "a source that failed is not asked with every token");
}

#[tokio::test]
async fn without_any_keys_nobody_gets_in_and_it_is_our_fault() {
    let provider = HttpServer::start(|_| Answered::status(500)).await;
    let verifier = Verifier::of(&provider);
    let token = SigningKey::ec().token(&alice());
    let failed = verifier.verify(&token, 0).await.unwrap_err();
    assert!(matches!(failed, TokenError::Keys(KeyError::Status(500))), "{failed:?}");
    let failed = verifier.verify(&token, 0).await.unwrap_err();
    assert!(matches!(failed, TokenError::Keys(KeyError::Lately)), "{failed:?}");
    assert_eq!(provider.requests(), 1);

    let keys = key_set(&[SigningKey::ec()]);
    provider.answer(move |_| Answered::ok(keys.clone()));
    assert!(verifier.accepts(&token, 1).await, "it is back a second later");
}

#[tokio::test]
async fn keys_that_are_not_for_this_are_passed_over() {
    let published = json!({"keys": [
        // Shorter than RFC 7518 allows, and than the curve has.
        SigningKey::short_rsa().public(),
        {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": "AAAA"},
        // A secret in public.
        {"kty": "oct", "kid": "oct", "k": "YSBzZWNyZXQ"},
        with(SigningKey::rsa().public(), "use", "enc"),
        with(SigningKey::next_ec().public(), "alg", "ES384"),
        {"kty": "new", "kid": "?"},
        "not even an object",
        with(SigningKey::ec().public(), "alg", "ES256"),
    ]});
    let provider = HttpServer::start(move |_| Answered::ok(published.to_string())).await;
    let verifier = Verifier::of(&provider);
    assert!(verifier.accepts(&SigningKey::ec().token(&alice()), 0).await);
    for key in [SigningKey::short_rsa(), SigningKey::ed(), SigningKey::rsa(), SigningKey::next_ec()] {
        assert!(!verifier.accepts(&key.token(&alice()), 0).await, "{}", key.id);
    }
    let refused = verifier.verify(&tests::token("a secret", &alice()), 0).await.unwrap_err();
    assert!(matches!(refused, TokenError::Untrusted(Untrusted::Algorithm)), "{refused:?}");
}

fn with(mut key: Value, name: &str, value: &str) -> Value {
    key[name] = value.into();
    key
}

#[tokio::test]
async fn people_get_in_with_a_providers_tokens_and_not_while_it_has_never_answered() {
    let provider = HttpServer::start(|_| Answered::status(503)).await;
    let world = World::with(&[("JWKS_URL", &format!("{}/keys", provider.url()))]).await;
    let stack = world.stack.bearing(&SigningKey::rsa().token(&alice()));
    let refused = stack.try_connect("room=a").await.unwrap_err();
    assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR, "our fault, and nobody gets in");
    assert_eq!(stack.get("/api/rooms/a/messages").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(world.stack.try_connect("room=a").await.unwrap_err().status, StatusCode::UNAUTHORIZED);

    let keys = key_set(&[SigningKey::rsa()]);
    provider.answer(move |_| Answered::ok(keys.clone()));
    tests::eventually("the provider is asked again", async || {
        stack.try_connect("room=a").await.map(drop).map_err(|refused| refused.status)
    })
    .await;
}
