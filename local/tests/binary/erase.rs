//! `local erase-user`.

use serde_json::{Value, json};
use tests::{Stack, eventually};

use crate::process::{Process, run};

async fn counted(stack: &Stack, messages: u64) -> Value {
    eventually(&format!("{messages} messages are counted"), async || {
        let (_, numbers) = stack.get("/api/rooms/global/analytics").await;
        (numbers["messages"] == messages).then(|| numbers.clone()).ok_or(numbers)
    })
    .await
}

#[tokio::test]
async fn who_is_erased_while_the_server_is_stopped_is_in_nothing_when_it_runs_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = ["--data", folder.path().to_str().unwrap()];
    let first = Process::start(&data, &[]).await;
    let (mut alice, mut bob) = (first.stack.connect("alice").await, first.stack.connect("bob").await);
    alice.say("the kernel panics").await;
    bob.say("my kernel too 😂").await;
    bob.say("!help").await;
    counted(&first.stack, 3).await;
    let erase = [&["erase-user", "--user", "bob"], &data[..]].concat();
    let running = run(&erase, &[]).await;
    assert!(running.code != Some(0), "the folder is in use: {}", running.output);
    first.signal("TERM").await;
    first.ended().await;

    for erased in [2, 0] {
        let ended = run(&erase, &[]).await;
        assert_eq!(ended.code, Some(0), "{}", ended.output);
        assert_eq!(ended.output, format!("{erased} messages of bob are erased\n"));
    }

    let second = Process::start(&data, &[]).await;
    let numbers = counted(&second.stack, 1).await;
    assert_eq!(numbers["topChatters"], json!([{"userId": "alice", "messages": 1}]));
    assert_eq!(numbers["topWords"][0], json!({"word": "kernel", "count": 1}));
    assert_eq!((&numbers["topEmotes"], &numbers["topCommands"]), (&json!([]), &json!([])));
    assert_eq!((&numbers["total"]["messages"], &numbers["uniqueChatters"]), (&json!(1), &json!(1)));
    let said: Vec<Value> = second.stack.history("global").await;
    assert_eq!(said.iter().map(|message| &message["userId"]).collect::<Vec<_>>(), ["alice"]);
    assert_eq!(second.stack.get("/api/users/bob/messages").await.1["count"], 0);
}

#[tokio::test]
async fn without_a_place_there_is_nobody_to_erase() {
    let ended = run(&["erase-user", "--user", "bob"], &[]).await;
    assert_eq!(ended.code, Some(1), "{}", ended.output);
    assert!(ended.output.contains("say where the data is"), "{}", ended.output);
}
