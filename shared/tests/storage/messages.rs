//! Storing a message once.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::domain::{MessageId, Role};
use shared::storage::StoreError;

use crate::fixture::{database, message, now, room, sequence};

#[tokio::test]
async fn a_message_is_read_as_it_was_written() {
    let database = database().await;
    let mut written = message(2, "línea\n\t\"quoted\" 語 🎉", now());
    written.role = Role::Owner;
    written.reply_to = Some(sequence(1));
    database.store.message_put(&written, None).await.unwrap();
    let read = database.store.message_get(&room("global"), sequence(2)).await.unwrap();
    assert_eq!(read, Some(written));
    assert_eq!(database.store.message_get(&room("other"), sequence(2)).await.unwrap(), None);
}

#[tokio::test]
async fn an_attempt_whose_answer_was_lost_can_be_made_again() {
    let database = database().await;
    let first = message(1, "the first text", now());
    database.store.message_put(&first, None).await.unwrap();
    let again = message(1, "another text", now());
    assert_eq!(database.store.message_put(&again, None).await.unwrap(), first);
}

#[tokio::test]
async fn no_message_overwrites_another_one() {
    let database = database().await;
    let first = message(1, "mine", now());
    database.store.message_put(&first, None).await.unwrap();
    let mut other = message(1, "not yours", now());
    other.message_id = MessageId::new(now(), [99; 10]);
    let refused = database.store.message_put(&other, None).await.unwrap_err();
    assert!(matches!(refused, StoreError::SequenceTaken { .. }), "{refused:?}");
    assert_eq!(database.store.message_get(&room("global"), sequence(1)).await.unwrap(), Some(first));
}

#[tokio::test]
async fn retention_is_written_in_whole_seconds_for_dynamodb() {
    let database = database().await;
    let expires_at = now().plus(Duration::from_secs(86_400));
    database.store.message_put(&message(1, "hi", now()), Some(expires_at)).await.unwrap();
    database.store.message_put(&message(2, "hi", now()), None).await.unwrap();
    let expiry = |number: u64| {
        let get = database.clients.dynamodb.get_item().table_name(&database.tables.messages);
        let get = get.key("roomId", AttributeValue::S("global".to_owned()));
        get.key("sequence", AttributeValue::N(number.to_string())).send()
    };
    let item = expiry(1).await.unwrap().item.unwrap();
    assert_eq!(item["expiresAt"], AttributeValue::N(expires_at.as_secs().to_string()));
    assert!(!expiry(2).await.unwrap().item.unwrap().contains_key("expiresAt"));
}
