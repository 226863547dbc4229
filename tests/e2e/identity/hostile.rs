//! Tokens that nobody should have made. Each is answered 401, on a handshake and on the HTTP API, in
//! the query string and in a header.

use http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tests::keys::{SigningKey, key_set};
use tests::token;
use tests::token::{now, signed};

use crate::world::World;

const SECRET: &str = "a secret of thirty-two characters";

/// Both kinds of keys at once, which is where one could be taken for the other.
async fn guarded() -> (World, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    let keys = [SigningKey::rsa(), SigningKey::ec(), SigningKey::ed()];
    std::fs::write(&file, key_set(&keys)).unwrap();
    let world = World::with(&[
        ("AUTH_SECRET", SECRET),
        ("JWKS_FILE", file.to_str().unwrap()),
        ("AUTH_ISSUER", "https://id.example"),
        ("AUTH_AUDIENCE", "hubbub"),
    ])
    .await;
    (world, folder)
}

/// What is right about a token, changed by `claims`.
fn claims(claims: &Value) -> Value {
    let mut all = json!({"sub": "alice", "iss": "https://id.example", "aud": "hubbub"});
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    all
}

fn without(claim: &str) -> Value {
    let mut all = claims(&json!({}));
    all.as_object_mut().unwrap().remove(claim);
    all
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(text)
}

/// A header and claims that nobody signed.
fn unsigned(header: &str) -> String {
    let payload = claims(&json!({"exp": now() + 3600})).to_string();
    format!("{}.{}", base64(header), base64(&payload))
}

fn hostile() -> Vec<(&'static str, String)> {
    let (rsa, ec, ed) = (SigningKey::rsa(), SigningKey::ec(), SigningKey::ed());
    let good = token(SECRET, &claims(&json!({})));
    let hs256 = |key: &[u8]| signed(&Header::default(), &EncodingKey::from_secret(key), &claims(&json!({})));
    let jwk = rsa.public();
    let modulus = jwk["n"].as_str().unwrap();
    let (head, signature) = good.rsplit_once('.').unwrap();
    let owner = base64(&claims(&json!({"exp": now() + 3600, "role": "owner"})).to_string());
    let header_of = |algorithm| Header::new(algorithm);
    vec![
        ("nothing", String::new()),
        ("garbage", "garbage".to_owned()),
        ("dots", "...".to_owned()),
        ("two parts", head.to_owned()),
        ("no signature", format!("{head}.")),
        ("four parts", format!("{good}.{signature}")),
        ("not base64", "a.b!.c".to_owned()),
        ("control characters", "a\u{0}b\r\n\u{1b}[2J".to_owned()),
        ("no JSON", format!("{}.{}.{signature}", base64("x"), base64("y"))),
        ("8 KB", token(SECRET, &claims(&json!({"padding": "x".repeat(6000)})))),
        ("expired", token(SECRET, &claims(&json!({"exp": now() - 120})))),
        ("expired long ago", token(SECRET, &claims(&json!({"exp": 0})))),
        ("not yet valid", token(SECRET, &claims(&json!({"nbf": now() + 120})))),
        ("null for an expiry", token(SECRET, &claims(&json!({"exp": null})))),
        ("an expiry in words", token(SECRET, &claims(&json!({"exp": "tomorrow"})))),
        ("another secret", token("another secret", &claims(&json!({})))),
        ("another issuer", token(SECRET, &claims(&json!({"iss": "https://evil.example"})))),
        ("no issuer", token(SECRET, &without("iss"))),
        ("another audience", token(SECRET, &claims(&json!({"aud": ["other", "hub"]})))),
        ("no audience", token(SECRET, &without("aud"))),
        ("no subject", token(SECRET, &without("sub"))),
        ("an empty subject", token(SECRET, &claims(&json!({"sub": ""})))),
        ("an overlong subject", token(SECRET, &claims(&json!({"sub": "|".repeat(22)})))),
        ("a number for a subject", token(SECRET, &claims(&json!({"sub": 7})))),
        ("null for rooms", token(SECRET, &claims(&json!({"rooms": null})))),
        ("claims changed after signing", format!("{}.{owner}.{signature}", head.split('.').next().unwrap())),
        ("alg none", format!("{}.", unsigned(r#"{"alg":"none","typ":"JWT"}"#))),
        ("alg None, with a signature", format!("{}.{signature}", unsigned(r#"{"alg":"None"}"#))),
        ("no alg", format!("{}.{signature}", unsigned(r#"{"typ":"JWT"}"#))),
        ("HS256 under the public key's JWK", hs256(jwk.to_string().as_bytes())),
        ("HS256 under the public key's modulus", hs256(modulus.as_bytes())),
        ("HS256 under the public key's bytes", hs256(&unbase64(modulus))),
        ("HS256 under the public key's PEM", hs256(include_bytes!("../../keys/rsa-public.pem"))),
        ("HS256 under an empty key", hs256(b"")),
        (
            "HS256 with the public key's id",
            signed(
                &Header { kid: Some("rsa".to_owned()), ..Header::default() },
                &EncodingKey::from_secret(&unbase64(modulus)),
                &claims(&json!({})),
            ),
        ),
        (
            "HS512 with the right secret",
            signed(
                &header_of(Algorithm::HS512),
                &EncodingKey::from_secret(SECRET.as_bytes()),
                &claims(&json!({})),
            ),
        ),
        ("PS256 with the right key", rsa.token_with(|h| h.alg = Algorithm::PS256, &claims(&json!({})))),
        ("RS512 with the right key", rsa.token_with(|h| h.alg = Algorithm::RS512, &claims(&json!({})))),
        ("a key that is not in the set", SigningKey::next_ec().token(&claims(&json!({})))),
        (
            "a key that is not in the set under the id of one that is",
            SigningKey::next_ec().token_with(|h| h.kid = Some("ec-a".to_owned()), &claims(&json!({}))),
        ),
        (
            "the id of a key of another kind",
            ec.token_with(|h| h.kid = Some("ed".to_owned()), &claims(&json!({}))),
        ),
        ("an id that is a path", ed.token_with(|h| h.kid = Some("../../ed".to_owned()), &claims(&json!({})))),
        (
            "a key of its own in the header",
            SigningKey::next_ec().token_with(
                |h| {
                    h.kid = None;
                    h.jwk = serde_json::from_value(SigningKey::next_ec().public()).unwrap();
                    h.jku = Some("https://evil.example/keys".to_owned());
                },
                &claims(&json!({})),
            ),
        ),
        (
            "an extension that must be understood",
            ec.token_with(|h| h.crit = Some(vec!["b64".to_owned()]), &claims(&json!({}))),
        ),
    ]
}

fn unbase64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
}

#[tokio::test]
async fn a_hostile_token_is_unauthorized_wherever_it_is() {
    let (world, _folder) = guarded().await;
    for (name, token) in hostile() {
        let escaped = utf8_percent_encode(&token, NON_ALPHANUMERIC).to_string();
        // API Gateway takes no URL over 4,096 characters; a header may be longer.
        if escaped.len() < 3000 {
            let refused = world.stack.try_connect(&format!("room=a&token={escaped}")).await.expect_err(name);
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{name}");
            let (status, body) = world.stack.get(&format!("/api/rooms/a/messages?token={escaped}")).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{name}");
            // What is wrong with it helps only whoever forges them.
            assert_eq!(
                body,
                json!({"error": {"code": "unauthorized", "message": "a valid token is needed"}})
            );
        }
        // A header cannot hold everything.
        if token.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            let header = format!("Bearer {token}");
            let header = [("authorization", header.as_str())];
            let refused = world.stack.connect_with("room=a", &header).await.expect_err(name);
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{name}");
            let (status, _) = world.stack.request("GET", "/api/rooms/a/messages", &header, "").await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{name}");
        }
    }
    assert_eq!(world.stack.clients().await, 0);
}

#[tokio::test]
async fn the_same_tokens_without_the_flaw_are_accepted() {
    let (world, _folder) = guarded().await;
    let audiences = claims(&json!({"aud": ["other", "hubbub"], "nbf": now() + 30}));
    let late = claims(&json!({"exp": now() - 30}));
    let good = claims(&json!({}));
    let (rsa, ec, ed) = (SigningKey::rsa(), SigningKey::ec(), SigningKey::ed());
    for token in [
        token(SECRET, &good),
        token(SECRET, &audiences),
        token(SECRET, &late),
        rsa.token(&good),
        ec.token(&good),
        ed.token(&good),
        ed.token_with(|header| header.kid = None, &good),
    ] {
        let stack = world.stack.bearing(&token);
        stack.try_connect("room=a").await.unwrap().leave().await;
        assert_eq!(stack.get("/api/rooms/a/messages").await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn two_tokens_are_none_even_if_both_are_good() {
    let (world, _folder) = guarded().await;
    let good = token(SECRET, &claims(&json!({})));
    let header = format!("Bearer {good}");
    let header = [("authorization", header.as_str())];
    for (query, headers) in
        [(format!("token={good}&token={good}"), &[][..]), (format!("token={good}"), &header[..])]
    {
        let refused = world.stack.connect_with(&query, headers).await.unwrap_err();
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        let path = format!("/api/rooms/a/messages?{query}");
        let (status, _) = world.stack.request("GET", &path, headers, "").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_token_is_judged_before_the_parameters_and_the_room_before_them_too() {
    let (world, _folder) = guarded().await;
    let only_a = world.stack.bearing(&token(SECRET, &claims(&json!({"rooms": ["a"]}))));
    let anywhere = world.stack.bearing(&token(SECRET, &claims(&json!({}))));
    for (stack, query, status) in [
        (&world.stack, "room=a%20b&feed=everything", 401),
        (&only_a, "room=b&feed=everything", 403),
        (&only_a, "room=a&feed=everything", 400),
        (&anywhere, "room=a%20b", 400),
        (&anywhere, "room=a%00", 400),
        (&anywhere, "room=a&room=b", 400),
        (&anywhere, "room=a&username=a%0Ab", 400),
        (&anywhere, "room=a&username=a&username=b", 400),
    ] {
        assert_eq!(stack.try_connect(query).await.unwrap_err().status, status, "{query}");
    }
    // Where a token says who somebody is, a user id is not looked at.
    for query in ["userId=a%23b", "userId=a%2Fb", "userId=a&userId=b", "userId=%00"] {
        anywhere.try_connect(query).await.unwrap().leave().await;
    }
}

#[tokio::test]
async fn two_subjects_are_never_one_user() {
    let (world, _folder) = guarded().await;
    let mut users = std::collections::BTreeSet::new();
    for subject in ["a|b", "a%7Cb", "a#b", "a/b", "a b", "a%b", "a\u{0}b", "ä"] {
        let stack = world.stack.bearing(&token(SECRET, &claims(&json!({"sub": subject}))));
        let mut client = stack.try_connect("").await.unwrap();
        client.say("hello").await;
        let message = client.expect_message("hello").await;
        users.insert(message["userId"].as_str().unwrap().to_owned());
        client.leave().await;
    }
    assert_eq!(users.len(), 8, "{users:?}");
    assert!(users.contains("a%7Cb") && users.contains("a%257Cb"), "{users:?}");
}
