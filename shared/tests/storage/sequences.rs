//! A room's sequence.

use std::collections::BTreeSet;

use crate::fixture::{database, room};

#[tokio::test]
async fn fifty_at_once_take_fifty_numbers_without_hole_or_repetition() {
    let database = database().await;
    let mut takers = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let store = database.store.clone();
        takers.spawn(async move { store.room_sequence_next(&room("global")).await.unwrap().get() });
    }
    let numbers: BTreeSet<u64> = takers.join_all().await.into_iter().collect();
    assert_eq!(numbers, (1..=50).collect());
}

#[tokio::test]
async fn rooms_count_apart() {
    let database = database().await;
    for expected in 1..=3 {
        for name in ["a", "b"] {
            assert_eq!(database.store.room_sequence_next(&room(name)).await.unwrap().get(), expected);
        }
    }
}
