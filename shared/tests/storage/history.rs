//! Pages of history.

use std::time::Duration;

use shared::storage::{HistoryCursor, HistoryPage};

use crate::fixture::{Database, at, database, message, now, room, sequence};

async fn with_messages(numbers: impl IntoIterator<Item = u64>) -> Database {
    let database = database().await;
    for number in numbers {
        database.store.message_put(&message(number, &format!("m{number}"), now()), None).await.unwrap();
    }
    database
}

async fn page(database: &Database, cursor: HistoryCursor, limit: usize, later: Duration) -> HistoryPage {
    database.store.message_page(&room("global"), cursor, limit, now().plus(later)).await.unwrap()
}

fn numbers(page: &HistoryPage) -> Vec<u64> {
    page.messages.iter().map(|message| message.sequence.get()).collect()
}

const LATER: Duration = Duration::from_secs(60);

#[tokio::test]
async fn paging_back_from_the_newest_meets_every_message_once() {
    let database = with_messages(1..=10).await;
    let mut met = Vec::new();
    let mut cursor = HistoryCursor::Newest;
    loop {
        let page = page(&database, cursor, 4, LATER).await;
        let mut numbers = numbers(&page);
        assert!(numbers.is_sorted(), "a page is oldest first");
        numbers.extend(met);
        met = numbers;
        match page.next {
            Some(next) => cursor = HistoryCursor::Before(next),
            None => break,
        }
    }
    assert_eq!(met, (1..=10).collect::<Vec<_>>());
}

#[tokio::test]
async fn paging_on_from_the_beginning_meets_every_message_once() {
    let database = with_messages(1..=10).await;
    let mut met = Vec::new();
    let mut after = 0;
    loop {
        let page = page(&database, HistoryCursor::After(after), 3, LATER).await;
        met.extend(numbers(&page));
        match page.next {
            Some(next) => after = next.get(),
            None => break,
        }
    }
    assert_eq!(met, (1..=10).collect::<Vec<_>>());
}

#[tokio::test]
async fn numbers_sort_as_numbers() {
    let database = with_messages([9, 10, 100, 11]).await;
    assert_eq!(numbers(&page(&database, HistoryCursor::Newest, 10, LATER).await), [9, 10, 11, 100]);
    let before = page(&database, HistoryCursor::Before(sequence(100)), 2, LATER).await;
    assert_eq!(numbers(&before), [10, 11]);
}

#[tokio::test]
async fn a_message_on_its_way_is_not_passed_and_arrives_in_order() {
    let database = with_messages([1, 2, 4, 5]).await;
    let blocked = page(&database, HistoryCursor::After(0), 10, Duration::from_millis(500)).await;
    assert_eq!((numbers(&blocked), blocked.next), (vec![1, 2], None));

    database.store.message_put(&message(3, "late", now()), None).await.unwrap();
    let filled = page(&database, HistoryCursor::After(2), 10, Duration::from_millis(600)).await;
    assert_eq!(numbers(&filled), [3, 4, 5]);
}

#[tokio::test]
async fn a_hole_of_two_seconds_is_final() {
    let database = with_messages([1, 2, 4, 5]).await;
    let passed = page(&database, HistoryCursor::After(0), 10, Duration::from_secs(2)).await;
    assert_eq!(numbers(&passed), [1, 2, 4, 5]);
}

#[tokio::test]
async fn what_retention_ended_is_not_shown() {
    let database = with_messages([2]).await;
    let expires_at = at(now().as_millis() + 1000);
    database.store.message_put(&message(1, "old", now()), Some(expires_at)).await.unwrap();
    assert_eq!(numbers(&page(&database, HistoryCursor::Newest, 10, LATER).await), [2]);
}

#[tokio::test]
async fn an_empty_room_has_an_empty_page() {
    let database = database().await;
    let empty = page(&database, HistoryCursor::Newest, 10, LATER).await;
    assert_eq!((numbers(&empty), empty.next), (vec![], None));
}
