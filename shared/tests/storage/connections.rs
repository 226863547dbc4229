//! The rows of connections.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use shared::domain::{ConnectionId, Feed};
use shared::storage::{Connection, Recipient, Store};

use crate::fixture::{database, now, room, speaker};

async fn connect(store: &Store, connection: &str, name: &str) {
    let connection = Connection { speaker: speaker(connection, name), feed: Feed::Chat, connected_at: now() };
    store.connection_put(&connection).await.unwrap();
}

async fn all(store: &Store, after: Duration) -> Vec<Recipient> {
    let mut all = Vec::new();
    let mut from = None;
    loop {
        let page = store.room_connections(&room("global"), now().plus(after), from).await.unwrap();
        all.extend(page.recipients);
        from = page.next;
        if from.is_none() {
            return all;
        }
    }
}

#[tokio::test]
async fn a_room_of_more_than_a_page_is_read_whole() {
    let database = database().await;
    let store = &database.store;
    let ids: BTreeSet<String> = (0..1205).map(|n| format!("c{n:04}")).collect();
    for id in &ids {
        connect(store, id, "alice").await;
    }
    // An index follows its table: at once in the embedded engine, a moment later elsewhere.
    let mut read = all(store, Duration::ZERO).await;
    let deadline = Instant::now() + Duration::from_secs(10);
    while read.len() < ids.len() && Instant::now() < deadline {
        read = all(store, Duration::ZERO).await;
    }
    assert_eq!(read.len(), ids.len());
    assert_eq!(read.into_iter().map(|r| r.connection_id.as_str().to_owned()).collect::<BTreeSet<_>>(), ids);
}

#[tokio::test]
async fn a_recipient_is_known_by_connection_and_age() {
    let database = database().await;
    let store = &database.store;
    connect(store, "c1=", "alice").await;
    let read = all(store, Duration::ZERO).await;
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].connection_id.as_str(), "c1=");
    assert_eq!((read[0].connected_at, read[0].expired), (now(), false));
    assert!(all(store, Duration::from_secs(130 * 60)).await[0].expired);
}

#[tokio::test]
async fn a_forgotten_connection_is_gone_and_may_be_forgotten_again() {
    let database = database().await;
    let store = &database.store;
    connect(store, "c1", "alice").await;
    connect(store, "c1", "alice").await;
    connect(store, "c2", "bob").await;
    let ids = [ConnectionId::new("c2"), ConnectionId::new("c1"), ConnectionId::new("c3")];
    assert_eq!(store.connections_present(&ids).await.unwrap(), [true, true, false]);
    for _ in 0..2 {
        store.connection_delete(&ConnectionId::new("c1")).await.unwrap();
    }
    assert_eq!(store.connections_present(&ids).await.unwrap(), [true, false, false]);
}
