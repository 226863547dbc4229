//! Ids with escapes in them, in paths: a token's subject may have any character, and what becomes of it on
//! the way through a gateway that decodes paths must be nobody else's.

use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use tests::{eventually, token};

use crate::world::World;

const SECRET: &str = "a secret of thirty-two characters";

#[tokio::test]
async fn everybody_finds_their_own_messages_whatever_their_subject() {
    let world = World::with(&[("AUTH_SECRET", SECRET), ("RATE_LIMIT_PER_SEC", "0")]).await;
    // Of each pair, one looks like the other after being decoded once too often.
    for subject in ["a|b", "a%7Cb", "a#b", "a%23b", "a/b", "a%2Fb", "a?limit=0", "a%b", "../b", "a b"] {
        let stack = world.stack.bearing(&token(SECRET, &json!({"sub": subject})));
        let mut client = stack.try_connect("").await.unwrap();
        client.say(&format!("by {subject}")).await;
        let user =
            client.expect_message(&format!("by {subject}")).await["userId"].as_str().unwrap().to_owned();
        client.leave().await;

        let escaped = utf8_percent_encode(&user, NON_ALPHANUMERIC).to_string();
        let path = format!("/api/users/{escaped}/messages?limit=1");
        eventually(&format!("what {subject} said"), async || {
            let (status, page) = stack.get(&path).await;
            let found = status == StatusCode::OK
                && page["userId"] == user.as_str()
                && page["messages"][0]["content"] == format!("by {subject}");
            found.then_some(()).ok_or(page)
        })
        .await;
        // Escaped once less it is another user, or none.
        let (status, answer) = stack.get(&format!("/api/users/{user}/messages")).await;
        let refused = [StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST].contains(&status);
        assert!(refused, "{subject}: {status} {answer}");
    }
}

#[tokio::test]
async fn what_no_id_can_be_is_400_in_any_place_of_a_path() {
    let world = World::new().await;
    let escapes = ["%7C", "%25", "%23", "%2F", "%3F", "%00", "%0A", "%20", "%FF", "%2E%2E%2F"];
    // And one that is too long.
    for part in escapes.map(str::to_owned).into_iter().chain(["x".repeat(63)]) {
        for path in [
            format!("/api/users/a{part}b/messages"),
            format!("/api/rooms/a{part}b"),
            format!("/api/rooms/a{part}b/messages"),
            format!("/api/rooms/a{part}b/members"),
            format!("/api/rooms/a{part}b/analytics"),
            format!("/api/rooms/a{part}b/moments"),
            format!("/api/rooms/a{part}b/moderation"),
        ] {
            let (status, body) = world.stack.get(&path).await;
            let refused = (StatusCode::BAD_REQUEST, &json!("invalid_parameter"));
            assert_eq!((status, &body["error"]["code"]), refused, "{path}");
        }
    }
}
