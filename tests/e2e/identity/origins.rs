//! Pages of foreign origins, as the authorizer judges them. (On one machine the emulator is asked
//! first, and refuses them before any function runs: `tests/e2e/origins.rs`.)

use serde_json::{Value, json};
use tests::token;

use crate::world::World;

const SECRET: &str = "a secret of thirty-two characters";

/// What the authorizer answers to a handshake with these headers: `Allow`, `Deny`, or the error.
async fn judged(world: &World, headers: &[(&str, &str)]) -> String {
    let mut event: Value =
        serde_json::from_str(include_str!("../../../events/authorizer-anonymous.json")).unwrap();
    event["requestContext"]["requestTimeEpoch"] = (tests::token::now() * 1000).into();
    for (name, value) in headers {
        event["headers"][name] = json!(value);
        event["multiValueHeaders"][name] = json!([value]);
    }
    let answer = world.hub.emulator().invoke("AuthorizerFunction", event.to_string()).await;
    match answer {
        Ok(answer) => {
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            answer["policyDocument"]["Statement"][0]["Effect"].as_str().unwrap().to_owned()
        }
        Err(error) => format!("{error:?}"),
    }
}

#[tokio::test]
async fn a_token_comes_first_and_the_origin_second() {
    let world = World::with(&[("AUTH_SECRET", SECRET), ("ALLOWED_ORIGINS", "https://chat.example")]).await;
    let bearer = format!("Bearer {}", token(SECRET, &json!({"sub": "alice"})));
    let good = ("Authorization", bearer.as_str());
    for (headers, answer) in [
        (&[][..], "Unauthorized"),
        (&[("Origin", "https://evil.example")], "Unauthorized"),
        (&[good], "Allow"),
        (&[good, ("Origin", "https://chat.example")], "Allow"),
        (&[("authorization", bearer.as_str()), ("origin", "https://chat.example")], "Allow"),
        (&[good, ("Origin", "https://evil.example")], "Deny"),
        (&[good, ("origin", "null")], "Deny"),
        (&[good, ("Origin", "https://chat.example"), ("origin", "https://evil.example")], "Deny"),
    ] {
        let judged = judged(&world, headers).await;
        assert!(judged.contains(answer), "{headers:?}: {judged}");
    }
}

#[tokio::test]
async fn without_a_list_every_page_may_connect() {
    let world = World::new().await;
    assert_eq!(judged(&world, &[("Origin", "https://evil.example")]).await, "Allow");
}
