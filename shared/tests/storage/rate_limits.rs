//! The rate limit, over the table.

use std::time::Duration;

use shared::domain::{Gcra, Timestamp, Verdict};
use shared::storage::Store;

use crate::fixture::{database, now, room, user};

async fn take(store: &Store, name: &str, at: Timestamp) -> Verdict {
    let gcra = Gcra::new(5.0, 10).unwrap();
    store.rate_limit_take(&room("global"), &user(name), gcra, at).await.unwrap()
}

#[tokio::test]
async fn ten_pass_at_once_the_next_one_waits_and_others_are_not_held_up() {
    let database = database().await;
    let store = &database.store;
    for _ in 0..10 {
        assert_eq!(take(store, "alice", now()).await, Verdict::Pass);
    }
    assert_eq!(take(store, "alice", now()).await, Verdict::Wait(Duration::from_millis(200)));
    assert_eq!(take(store, "bob", now()).await, Verdict::Pass);
    let soon = now().plus(Duration::from_millis(200));
    assert_eq!(take(store, "alice", soon).await, Verdict::Pass);
    assert_eq!(take(store, "alice", soon).await, Verdict::Wait(Duration::from_millis(200)));
    let much_later = now().plus(Duration::from_secs(60));
    assert_eq!(take(store, "alice", much_later).await, Verdict::Pass);
}

#[tokio::test]
async fn thirty_at_once_get_no_more_than_the_burst() {
    let database = database().await;
    let mut takers = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let store = database.store.clone();
        takers.spawn(async move { take(&store, "alice", now()).await });
    }
    let passed = takers.join_all().await.into_iter().filter(|verdict| *verdict == Verdict::Pass).count();
    assert!((1..=10).contains(&passed), "{passed} passed");
}
