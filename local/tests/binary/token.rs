//! A token for whoever tries things out.

use serde_json::json;

use crate::process::{Process, run};

const SECRET: (&str, &str) = ("AUTH_SECRET", "a secret of thirty-two characters");

#[tokio::test]
async fn a_printed_token_lets_its_user_in_and_nobody_else_gets_in() {
    let expected = [SECRET, ("AUTH_ISSUER", "https://id.example"), ("AUTH_AUDIENCE", "hubbub")];
    let process = Process::start(&[], &expected).await;
    let arguments = [
        "token",
        "--user",
        "alice",
        "--name",
        "Alice",
        "--role",
        "moderator",
        "--rooms",
        "a,b",
        "--ttl",
        "1h",
    ];
    let printed = run(&arguments, &expected).await;
    assert_eq!(printed.code, Some(0), "{}", printed.output);

    let stack = process.stack.bearing(printed.output.trim());
    let mut alice = stack.try_connect("room=b").await.unwrap();
    alice.say("hello").await;
    let message = alice.expect_message("hello").await;
    assert_eq!(
        (&message["userId"], &message["username"], &message["role"]),
        (&json!("alice"), &json!("Alice"), &json!("moderator"))
    );
    assert_eq!(stack.try_connect("room=c").await.unwrap_err().status, 403);
    assert_eq!(process.stack.try_connect("room=b").await.unwrap_err().status, 401);
}

#[tokio::test]
async fn what_would_be_refused_later_is_not_printed() {
    for (arguments, environment, complaint) in [
        (&["token", "--user", "alice"][..], &[][..], "AUTH_SECRET is not set"),
        (&["token", "--user", ""], &[SECRET], "--user"),
        (&["token", "--user", "a", "--rooms", "a,b c"], &[SECRET], "--rooms"),
        (&["token", "--user", "a", "--name", "\n"], &[SECRET], "--name"),
    ] {
        let ended = run(arguments, environment).await;
        assert_eq!(ended.code, Some(1), "{arguments:?}");
        assert!(ended.output.contains(complaint), "{complaint} is missing in {}", ended.output);
    }
    for bad in [&["token"][..], &["token", "--user", "a", "--ttl", "soon"], &["--port", "0", "token"]] {
        assert_eq!(run(bad, &[SECRET]).await.code, Some(2), "{bad:?}");
    }
}
