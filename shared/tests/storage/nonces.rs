//! What a nonce stands for.

use std::time::Duration;

use shared::domain::{MessageId, Nonce, Timestamp};
use shared::storage::Claim;

use crate::fixture::{database, now, sequence, speaker};

fn claim(number: u64, at: Timestamp) -> Claim {
    let message_id = MessageId::new(at, [u8::try_from(number).unwrap(); 10]);
    Claim { message_id, sequence: sequence(number), timestamp: at }
}

fn nonce() -> Nonce {
    Nonce::parse("n#1 🎉").unwrap()
}

#[tokio::test]
async fn the_first_claim_of_a_nonce_stands() {
    let database = database().await;
    let store = &database.store;
    let alice = speaker("c1", "alice");
    assert_eq!(store.nonce_find(&alice, &nonce(), now()).await.unwrap(), None);
    let first = claim(1, now());
    assert_eq!(store.nonce_claim(&alice, &nonce(), first, None, now()).await.unwrap(), first);
    assert_eq!(store.nonce_claim(&alice, &nonce(), claim(2, now()), None, now()).await.unwrap(), first);
    assert_eq!(store.nonce_find(&alice, &nonce(), now()).await.unwrap(), Some(first));
}

#[tokio::test]
async fn the_same_nonce_of_somebody_else_is_another_one() {
    let database = database().await;
    let store = &database.store;
    let first = claim(1, now());
    store.nonce_claim(&speaker("c1", "alice"), &nonce(), first, None, now()).await.unwrap();
    assert_eq!(store.nonce_find(&speaker("c2", "bob"), &nonce(), now()).await.unwrap(), None);
}

#[tokio::test]
async fn a_nonce_is_forgotten_after_ten_minutes() {
    let database = database().await;
    let store = &database.store;
    let alice = speaker("c1", "alice");
    store.nonce_claim(&alice, &nonce(), claim(1, now()), None, now()).await.unwrap();
    let almost = now().plus(Nonce::REMEMBERED - Duration::from_secs(1));
    assert!(store.nonce_find(&alice, &nonce(), almost).await.unwrap().is_some());
    let later = now().plus(Nonce::REMEMBERED);
    assert_eq!(store.nonce_find(&alice, &nonce(), later).await.unwrap(), None);
    let second = claim(2, later);
    assert_eq!(store.nonce_claim(&alice, &nonce(), second, None, later).await.unwrap(), second);
}

#[tokio::test]
async fn a_claim_that_came_to_nothing_is_replaced_once() {
    let database = database().await;
    let store = &database.store;
    let alice = speaker("c1", "alice");
    let dead = claim(1, now());
    store.nonce_claim(&alice, &nonce(), dead, None, now()).await.unwrap();
    let second = claim(2, now());
    assert_eq!(store.nonce_claim(&alice, &nonce(), second, Some(dead), now()).await.unwrap(), second);
    // Whoever found the same dead claim and comes later gets the one that replaced it.
    assert_eq!(
        store.nonce_claim(&alice, &nonce(), claim(3, now()), Some(dead), now()).await.unwrap(),
        second
    );
}
