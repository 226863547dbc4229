//! A room's sequence.

use std::collections::BTreeSet;
use std::time::Duration;

use shared::domain::{RoomRules, SettingsChange};
use shared::storage::{Place, Store};

use crate::fixture::{database, room};

async fn next(store: &Store, name: &str) -> u64 {
    match store.room_sequence_next(&room(name), &RoomRules::default()).await.unwrap() {
        Place::Taken(sequence) => sequence.get(),
        Place::RulesChanged(rules) => panic!("nobody decided anything: {rules:?}"),
    }
}

#[tokio::test]
async fn fifty_at_once_take_fifty_numbers_without_hole_or_repetition() {
    let database = database().await;
    let mut takers = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let store = database.store.clone();
        takers.spawn(async move { next(&store, "global").await });
    }
    let numbers: BTreeSet<u64> = takers.join_all().await.into_iter().collect();
    assert_eq!(numbers, (1..=50).collect());
}

#[tokio::test]
async fn rooms_count_apart() {
    let database = database().await;
    for expected in 1..=3 {
        for name in ["a", "b"] {
            assert_eq!(next(&database.store, name).await, expected);
        }
    }
}

#[tokio::test]
async fn no_number_is_taken_by_rules_that_no_longer_hold() {
    let database = database().await;
    let (store, global) = (&database.store, room("global"));
    // Another execution environment, which has seen nothing of what this one does.
    let other = store.elsewhere();
    assert_eq!(next(store, "global").await, 1);

    let slow = SettingsChange { slow_mode: Some(Duration::from_secs(5)), ..SettingsChange::default() };
    other.room_settings_change(&global, &slow).await.unwrap();
    let Place::RulesChanged(rules) = store.room_sequence_next(&global, &RoomRules::default()).await.unwrap()
    else {
        panic!("the rules changed");
    };
    assert_eq!((rules.version, rules.slow_mode), (1, slow.slow_mode));
    let taken = store.room_sequence_next(&global, &rules).await.unwrap();
    assert!(matches!(taken, Place::Taken(sequence) if sequence.get() == 2), "{taken:?}: no number was lost");
    assert_eq!(store.room_rules_last_seen(&global), rules);
    assert_eq!(store.room_rules_last_seen(&room("other")), RoomRules::default());
}
