//! Members and counts, written together.

use std::collections::BTreeMap;

use shared::domain::{ConnectionId, Counts, Feed, Role, Username};
use shared::storage::{MemberKey, MemberUpdate, Store};

use crate::fixture::{database, now, room, user};

fn key(name: &str) -> MemberKey {
    MemberKey { room_id: room("global"), user_id: user(name), feed: Feed::Chat }
}

async fn seen(store: &Store, name: &str, connections: &[(&str, bool)]) -> MemberUpdate {
    let row = store.member_get(&key(name)).await.unwrap();
    let observed: BTreeMap<_, _> =
        connections.iter().map(|(id, there)| (ConnectionId::new(*id), *there)).collect();
    let change = row.member.reconcile(&observed).unwrap();
    let profile = Some((Username::parse(name).unwrap(), Role::Viewer));
    MemberUpdate { row, change, profile }
}

async fn counts(store: &Store) -> (u64, u64, u64) {
    let Counts { members, connections } = store.room_counts(&room("global")).await.unwrap();
    (members, connections, store.service_connections().await.unwrap())
}

#[tokio::test]
async fn members_and_counts_move_together_and_back_to_zero() {
    let database = database().await;
    let store = &database.store;
    assert_eq!(counts(store).await, (0, 0, 0));
    let joins = [
        seen(store, "alice", &[("a1", true), ("a2", true)]).await,
        seen(store, "bob", &[("b1", true)]).await,
    ];
    assert!(store.members_write(&joins, 0, now()).await.unwrap());
    assert_eq!(counts(store).await, (2, 3, 3));

    let one_less = [seen(store, "alice", &[("a1", false)]).await];
    assert!(store.members_write(&one_less, 0, now()).await.unwrap());
    assert_eq!(counts(store).await, (2, 2, 2));

    let leaves = [seen(store, "alice", &[("a2", false)]).await, seen(store, "bob", &[("b1", false)]).await];
    assert!(store.members_write(&leaves, 0, now()).await.unwrap());
    assert_eq!(counts(store).await, (0, 0, 0));
    assert_eq!(store.member_get(&key("alice")).await.unwrap().member.version, 3);
}

#[tokio::test]
async fn who_read_an_older_version_writes_nothing() {
    let database = database().await;
    let store = &database.store;
    let early = [seen(store, "alice", &[("a1", true)]).await];
    let late = [seen(store, "alice", &[("a2", true)]).await, seen(store, "bob", &[("b1", true)]).await];
    assert!(store.members_write(&early, 0, now()).await.unwrap());
    assert!(!store.members_write(&late, 0, now()).await.unwrap());
    assert_eq!(counts(store).await, (1, 1, 1), "bob was in the same transaction");
}

#[tokio::test]
async fn a_full_chunk_fits_into_one_transaction() {
    let database = database().await;
    let store = &database.store;
    let mut joins = Vec::new();
    for n in 0..25 {
        joins.push(seen(store, &format!("user{n}"), &[(&format!("c{n}"), true)]).await);
    }
    assert!(store.members_write(&joins, 0, now()).await.unwrap());
    assert_eq!(counts(store).await, (25, 25, 25));
}
