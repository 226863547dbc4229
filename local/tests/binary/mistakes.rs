//! What a user may get wrong is answered with a sentence that says how to mend it.

use tests::eventually;
use tokio::net::TcpListener;

use crate::process::{Process, run};

#[tokio::test]
async fn a_taken_port_names_the_flag() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ended = run(&["--port", &port], &[]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.output.contains(&port) && ended.output.contains("--port"), "{}", ended.output);

    let ended = run(&["--port", "0", "--dynamodb-port", &port], &[]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.output.contains("--dynamodb-port"), "{}", ended.output);
}

#[tokio::test]
async fn a_folder_has_one_owner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let owner = Process::start(&["--data", path], &[]).await;
    let ended = run(&["--port", "0", "--data", path], &[]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.output.contains("in use") && ended.output.contains(path), "{}", ended.output);
    owner.stack.connect("alice").await.say("not disturbed").await;
}

#[tokio::test]
async fn keys_that_cannot_be_used_stop_the_start_instead_of_letting_everybody_in() {
    for (name, value) in [("AUTH_SECRET", " "), ("JWKS_URL", "hunter2"), ("JWKS_FILE", "hunter2")] {
        let ended = run(&["--port", "0"], &[(name, value)]).await;
        assert_eq!(ended.code, Some(1), "{name}");
        assert!(ended.output.contains(name) && !ended.output.contains("hunter2"), "{}", ended.output);
    }
}

#[tokio::test]
async fn malformed_settings_are_all_named_at_once() {
    let ended =
        run(&["--port", "0"], &[("RATE_LIMIT_BURST", "many"), ("MESSAGE_RETENTION_DAYS", "-1")]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.output.contains("RATE_LIMIT_BURST must be"), "{}", ended.output);
    assert!(ended.output.contains("MESSAGE_RETENTION_DAYS must be"), "{}", ended.output);
}

#[tokio::test]
async fn the_database_of_an_endpoint_excludes_the_embedded_one() {
    let endpoint = ("DYNAMODB_ENDPOINT", "http://127.0.0.1:9");
    let ended = run(&["--port", "0", "--data", "unused"], &[endpoint]).await;
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.output.contains("--data") && ended.output.contains("DYNAMODB_ENDPOINT"),
        "{}",
        ended.output
    );
    assert_eq!(run(&["--aws", "--data", "unused"], &[]).await.code, Some(2));
}

#[tokio::test]
async fn where_no_terminal_is_the_log_has_no_colours() {
    let nowhere = [("DYNAMODB_ENDPOINT", "http://127.0.0.1:9"), ("LOG_LEVEL", "debug")];
    let ended = run(&["--port", "0"], &nowhere).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.output.contains(" DEBUG ") && !ended.output.contains("\u{1b}["), "{}", ended.output);
}

#[tokio::test]
async fn help_and_version_are_printed() {
    let help = run(&["--help"], &[]).await;
    assert_eq!(help.code, Some(0));
    for flag in [
        "--port",
        "--host",
        "--tls",
        "--data",
        "--dynamodb-port",
        "--aws",
        "DYNAMODB_ENDPOINT",
        "ALLOWED_ORIGINS",
    ] {
        assert!(help.output.contains(flag), "{flag} is missing in {}", help.output);
    }
    let version = run(&["--version"], &[]).await;
    assert_eq!(version.output.trim(), concat!("local ", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn the_embedded_database_is_served_only_on_request_and_not_to_web_pages() {
    let process = Process::start(&["--dynamodb-port", "0"], &[]).await;
    let line = process.greeting.lines().find(|line| line.contains("DynamoDB")).unwrap();
    let address = line.split_once("http://").unwrap().1.split_whitespace().next().unwrap();
    let database = tests::Stack::at(address.parse().unwrap());
    let headers = [
        ("x-amz-target", "DynamoDB_20120810.ListTables"),
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-date", "20261124T083100Z"),
        ("authorization", tests::SIGNED_BY_NOBODY),
    ];
    let (status, tables) = database.request("POST", "/", &headers, "{}").await;
    assert_eq!(status, 200);
    assert!(String::from_utf8_lossy(&tables).contains("hubbub-messages"));

    let from_a_page = [&headers[..], &[("origin", "https://evil.example")]].concat();
    let (status, _) = database.request("POST", "/", &from_a_page, "{}").await;
    assert_eq!(status, 403);
    eventually("the server is alive", async || {
        let (status, _) = process.stack.get("/health").await;
        (status == 200).then_some(()).ok_or(status)
    })
    .await;
}
