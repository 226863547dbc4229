//! Shared secrets, given or kept by Secrets Manager: replaced without anybody being locked out.

use std::sync::{Arc, Mutex};

use http::StatusCode;
use serde_json::{Value, json};
use shared::config::Config;
use shared::domain::Timestamp;
use shared::identity::{TokenError, Tokens, Untrusted};
use tests::http_server::{Answered, HttpServer};
use tests::token;
use tests::token::now;

use crate::world::World;

const ARN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hubbub-AbCdEf";

/// The versions AWSCURRENT and AWSPREVIOUS of the secret; `None` where Secrets Manager fails.
type Versions = Arc<Mutex<Option<[Option<&'static str>; 2]>>>;

async fn secrets_manager(versions: &Versions) -> HttpServer {
    let versions = versions.clone();
    HttpServer::start(move |request| {
        let request: Value = serde_json::from_str(request).unwrap();
        assert_eq!(request["SecretId"], ARN);
        let Some([current, previous]) = *versions.lock().unwrap() else {
            return Answered::status(400)
                .with("x-amzn-errortype", "AccessDeniedException")
                .with("content-type", "application/x-amz-json-1.1");
        };
        let version = match request["VersionStage"].as_str() {
            Some("AWSCURRENT") => current,
            Some("AWSPREVIOUS") => previous,
            other => panic!("{other:?}"),
        };
        match version {
            Some(secret) => Answered::ok(json!({"ARN": ARN, "SecretString": secret}).to_string()),
            None => Answered::status(400).with("x-amzn-errortype", "ResourceNotFoundException"),
        }
        .with("content-type", "application/x-amz-json-1.1")
    })
    .await
}

fn verifier(server: &HttpServer) -> (Tokens, i64) {
    let url = server.url();
    let config = Config::read(|name| match name {
        "AUTH_SECRET_ARN" => Some(ARN.to_owned()),
        "AWS_ENDPOINT_URL_SECRETSMANAGER" => Some(url.clone()),
        "DYNAMODB_ENDPOINT" => Some("http://127.0.0.1:9".to_owned()),
        name if name.ends_with("_TABLE") => Some("t".to_owned()),
        _ => None,
    });
    (Tokens::start(&config.unwrap()).unwrap(), now())
}

/// `later` seconds after the verifier was made.
async fn accepts((tokens, made): &(Tokens, i64), secret: &str, later: i64) -> bool {
    let moment = Timestamp::from_millis((made + later) * 1000).unwrap();
    match tokens.identity(Some(&token(secret, &json!({"sub": "alice"}))), moment).await {
        Ok(_) => true,
        Err(TokenError::Untrusted(Untrusted::Signature)) => false,
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_rotated_secret_is_valid_next_to_the_new_one_until_the_next_rotation() {
    let versions = Versions::new(Mutex::new(Some([Some("first"), None])));
    let server = secrets_manager(&versions).await;
    let tokens = verifier(&server);
    assert!(accepts(&tokens, "first", 0).await);
    assert!(accepts(&tokens, "first", 299).await);
    assert_eq!(server.requests(), 2, "both versions, once in five minutes");

    *versions.lock().unwrap() = Some([Some("second"), Some("first")]);
    assert!(accepts(&tokens, "second", 299).await, "a token of a new secret is what makes us ask again");
    assert!(accepts(&tokens, "first", 299).await);
    assert_eq!(server.requests(), 4);

    *versions.lock().unwrap() = Some([Some("third"), Some("second")]);
    assert!(accepts(&tokens, "second", 600).await);
    assert!(!accepts(&tokens, "first", 600).await, "five minutes later at the latest");
    assert!(accepts(&tokens, "third", 600).await);
    assert!(!accepts(&tokens, "", 600).await);
}

#[tokio::test]
async fn a_secret_stays_in_use_while_secrets_manager_fails() {
    let versions = Versions::new(Mutex::new(Some([Some("first"), None])));
    let server = secrets_manager(&versions).await;
    let tokens = verifier(&server);
    assert!(accepts(&tokens, "first", 0).await);
    *versions.lock().unwrap() = None;
    assert!(accepts(&tokens, "first", 3000).await);
    assert!(!accepts(&tokens, "forged", 3000).await);
}

#[tokio::test]
async fn without_the_secret_nobody_gets_in_and_it_is_our_fault() {
    let versions = Versions::new(Mutex::new(None));
    let server = secrets_manager(&versions).await;
    let world =
        World::with(&[("AUTH_SECRET_ARN", ARN), ("AWS_ENDPOINT_URL_SECRETSMANAGER", &server.url())]).await;
    let alice = world.stack.bearing(&token("first", &json!({"sub": "alice"})));
    assert_eq!(alice.try_connect("room=a").await.unwrap_err().status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(alice.get("/api/rooms/a/messages").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(world.stack.try_connect("room=a").await.unwrap_err().status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.stack.get("/health").await.0, StatusCode::OK);

    *versions.lock().unwrap() = Some([Some("first"), None]);
    tests::eventually("the secret is read", async || {
        alice.try_connect("room=a").await.map(drop).map_err(|refused| refused.status)
    })
    .await;
}

#[tokio::test]
async fn two_given_secrets_are_valid_at_once() {
    let world = World::with(&[("AUTH_SECRET", "new"), ("AUTH_SECRET_PREVIOUS", "old")]).await;
    for (secret, accepted) in [("new", true), ("old", true), ("older", false)] {
        let stack = world.stack.bearing(&token(secret, &json!({"sub": "alice"})));
        assert_eq!(stack.try_connect("room=a").await.is_ok(), accepted, "{secret}");
    }
}
