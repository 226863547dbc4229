//! Stopping.

use crate::process::Process;

#[tokio::test]
async fn sigterm_and_ctrl_c_close_connections_with_1001_and_exit_with_0() {
    for signal in ["TERM", "INT"] {
        let process = Process::start(&[], &[]).await;
        let mut alice = process.stack.connect("alice").await;
        alice.say("hi").await;
        process.signal(signal).await;
        assert_eq!(alice.expect_close().await, 1001);
        let ended = process.ended().await;
        assert_eq!(ended.code, Some(0), "{signal}");
        assert_eq!(ended.output, "Stopped: 1 connections closed, 0 left unfinished.\n");
    }
}

#[tokio::test]
async fn a_stop_leaves_no_connection_counted() {
    let folder = tempfile::tempdir().unwrap();
    let data = ["--data", folder.path().to_str().unwrap()];
    let first = Process::start(&data, &[]).await;
    let _alice = first.stack.connect("alice").await;
    first.stack.expect_clients(1).await;
    first.signal("TERM").await;
    assert_eq!(first.ended().await.code, Some(0));

    let second = Process::start(&data, &[]).await;
    assert!(!second.greeting.contains("earlier process"), "{}", second.greeting);
    assert_eq!(second.stack.clients().await, 0);
}
