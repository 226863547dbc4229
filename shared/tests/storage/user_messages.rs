//! A user's messages across rooms.

use std::time::Duration;

use shared::domain::{Message, RoomId, UserCursor};
use shared::storage::UserPage;

use crate::fixture::{Database, at, database, message, now, room, sequence, user};

/// Messages 1 to `last` of alice, a millisecond apart, in the rooms `r0`, `r1` and `r2` by turns.
async fn by_turns(database: &Database, last: u64) -> Vec<Message> {
    let mut all = Vec::new();
    for number in 1..=last {
        let time = at(now().as_millis() + i64::try_from(number).unwrap());
        let message = Message {
            room_id: room(&format!("r{}", number % 3)),
            ..message(number, &format!("m{number}"), time)
        };
        database.store.message_put(&message, None).await.unwrap();
        all.push(message);
    }
    all
}

async fn page(
    database: &Database,
    before: Option<UserCursor>,
    limit: usize,
    visible: impl Fn(&RoomId) -> bool,
) -> UserPage {
    database.store.user_message_page(&user("alice"), before, limit, visible, None, now()).await.unwrap()
}

/// All pages, oldest message first.
async fn all_pages(database: &Database, limit: usize, visible: impl Fn(&RoomId) -> bool) -> Vec<Message> {
    let mut all = Vec::new();
    let mut before = None;
    loop {
        let page = page(database, before, limit, &visible).await;
        assert!(page.messages.len() <= limit);
        all.splice(0..0, page.messages);
        before = page.next;
        if before.is_none() {
            return all;
        }
    }
}

#[tokio::test]
async fn pages_go_back_through_all_rooms_and_miss_nothing() {
    let database = database().await;
    let written = by_turns(&database, 10).await;
    for limit in [1, 2, 3, 9, 10, 11] {
        assert_eq!(all_pages(&database, limit, |_| true).await, written, "by {limit}");
    }
    let other =
        database.store.user_message_page(&user("bob"), None, 10, |_| true, None, now()).await.unwrap();
    assert_eq!(other, UserPage { messages: vec![], next: None });
}

#[tokio::test]
async fn rooms_that_are_not_visible_are_neither_shown_nor_named() {
    let database = database().await;
    let written = by_turns(&database, 12).await;
    let visible = |room: &RoomId| room.as_str() == "r1";
    let expected: Vec<_> = written.into_iter().filter(|message| visible(&message.room_id)).collect();
    for limit in [1, 2, 4, 5] {
        assert_eq!(all_pages(&database, limit, visible).await, expected, "by {limit}");
    }
    let page = page(&database, None, 2, visible).await;
    assert_eq!(page.next.unwrap().message.unwrap().0, room("r1"));
}

#[tokio::test]
async fn a_long_stay_elsewhere_is_passed_a_bounded_number_of_entries_at_a_time() {
    let database = database().await;
    let first = message(1, "the first", now());
    database.store.message_put(&first, None).await.unwrap();
    for number in 1..=1_001 {
        // Ten in each millisecond.
        let time = at(now().as_millis() + 1 + i64::try_from(number).unwrap() / 10);
        let elsewhere = Message { room_id: room("secret"), ..message(number, "psst", time) };
        database.store.message_put(&elsewhere, None).await.unwrap();
    }
    let visible = |room: &RoomId| room.as_str() == "global";
    let newest = page(&database, None, 10, visible).await;
    assert_eq!(newest.messages, vec![]);
    assert_eq!(newest.next.clone().unwrap().message, None, "the room is not named");
    let then = page(&database, newest.next, 10, visible).await;
    assert_eq!(then, UserPage { messages: vec![first], next: None });
}

#[tokio::test]
async fn a_moment_is_a_cursor_too_and_what_retention_ended_is_over() {
    let database = database().await;
    let old = message(1, "old", at(now().as_millis() - 2));
    database.store.message_put(&old, Some(at(now().as_millis() - 1_000))).await.unwrap();
    let kept = message(2, "kept", at(now().as_millis() - 1));
    database.store.message_put(&kept, Some(now().plus(Duration::from_secs(60)))).await.unwrap();
    database.store.message_put(&message(3, "newest", now()), None).await.unwrap();

    let before = Some(UserCursor { at: now(), message: None });
    assert_eq!(page(&database, before, 10, |_| true).await, UserPage { messages: vec![kept], next: None });
    let before = Some(UserCursor { at: now(), message: Some((room("global"), sequence(4))) });
    assert_eq!(page(&database, before, 10, |_| true).await.messages.len(), 2);
}
