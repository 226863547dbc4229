//! Storing a message once.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::domain::{Actor, MessageId, Role};
use shared::storage::{Deletion, HistoryCursor, Seal, StoreError, Stored};

use crate::fixture::{actor, database, message, now, room, sequence};

#[tokio::test]
async fn a_message_is_read_as_it_was_written() {
    let database = database().await;
    let mut written = message(2, "línea\n\t\"quoted\" 語 🎉", now());
    written.role = Role::Owner;
    written.reply_to = Some(sequence(1));
    database.store.message_put(&written, None).await.unwrap();
    let read = database.store.message_get(&room("global"), sequence(2)).await.unwrap();
    assert_eq!(read, Some(Stored::Message(written)));
    assert_eq!(database.store.message_get(&room("other"), sequence(2)).await.unwrap(), None);
}

#[tokio::test]
async fn an_attempt_whose_answer_was_lost_can_be_made_again() {
    let database = database().await;
    let first = message(1, "the first text", now());
    database.store.message_put(&first, None).await.unwrap();
    let again = message(1, "another text", now());
    assert_eq!(database.store.message_put(&again, None).await.unwrap(), Stored::Message(first));
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
    assert_eq!(
        database.store.message_get(&room("global"), sequence(1)).await.unwrap(),
        Some(Stored::Message(first))
    );
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

#[tokio::test]
async fn a_deleted_message_says_nothing_any_more_and_keeps_its_place() {
    let database = database().await;
    let (store, global) = (&database.store, room("global"));
    let said = message(1, "a secret", now());
    store.message_put(&said, None).await.unwrap();
    let mia = actor("mia", Role::Moderator);
    let delete =
        async |actor: &Actor, at| store.message_delete(&global, sequence(1), actor, at).await.unwrap();
    let deleted = Deletion::Deleted(said.message_id);
    assert_eq!(delete(&mia, now()).await, deleted);
    let later = now().plus(Duration::from_secs(5));
    assert_eq!(delete(&actor("max", Role::Moderator), later).await, deleted, "again is no change");

    let get = database.clients.dynamodb.get_item().table_name(&database.tables.messages);
    let get = get.key("roomId", AttributeValue::S("global".to_owned()));
    let row = get.key("sequence", AttributeValue::N("1".to_owned())).send().await.unwrap().item.unwrap();
    assert!(!format!("{row:?}").contains("secret"), "{row:?}");
    assert_eq!(row["deletedBy"], AttributeValue::S("mia".to_owned()));
    assert_eq!(row["deletedAt"], AttributeValue::N(now().as_millis().to_string()));

    let there = store.message_get(&global, sequence(1)).await.unwrap();
    assert_eq!(there, Some(Stored::Deleted(said.message_id)));
    assert_eq!(store.message_put(&said, None).await.unwrap(), Stored::Deleted(said.message_id));
    let page = store.message_page(&global, HistoryCursor::Newest, 10, later).await.unwrap();
    assert_eq!(page.messages, []);
}

#[tokio::test]
async fn a_sealed_place_takes_no_message_and_history_passes_it() {
    let database = database().await;
    let (store, global) = (&database.store, room("global"));
    let (late, there, seal) =
        (message(1, "late", now()), message(2, "there", now()), message(9, "seal", now()));
    let seal = async |number| {
        store.message_place_seal(&global, sequence(number), seal.message_id, now(), None).await.unwrap()
    };
    store.message_put(&there, None).await.unwrap();
    assert_eq!(seal(1).await, Seal::Closed);
    assert_eq!(seal(2).await, Seal::Taken(Stored::Message(there.clone())));

    let error = store.message_put(&late, None).await.unwrap_err();
    assert!(matches!(error, StoreError::SequenceTaken { .. }), "{error}");
    let page = store.message_page(&global, HistoryCursor::After(0), 10, now()).await.unwrap();
    assert_eq!(page.messages, [there], "however young");
    let mia = actor("mia", Role::Moderator);
    let deleted = store.message_delete(&global, sequence(1), &mia, now()).await.unwrap();
    assert_eq!(deleted, Deletion::NotFound);
}

#[tokio::test]
async fn what_is_not_there_or_not_ones_own_to_delete_stays() {
    let database = database().await;
    let (store, global) = (&database.store, room("global"));
    let mia = actor("mia", Role::Moderator);
    let delete = async |number, actor: &Actor| {
        store.message_delete(&global, sequence(number), actor, now()).await.unwrap()
    };
    for number in [7, shared::domain::Sequence::MAX] {
        assert_eq!(delete(number, &mia).await, Deletion::NotFound);
        assert_eq!(store.message_get(&global, sequence(number)).await.unwrap(), None, "nothing was made");
    }
    for (number, role) in [(1, Role::Moderator), (2, Role::Owner)] {
        let mut said = message(number, "by somebody", now());
        said.role = role;
        store.message_put(&said, None).await.unwrap();
        assert_eq!(delete(number, &mia).await, Deletion::Forbidden);
        let there = store.message_get(&global, sequence(number)).await.unwrap();
        assert_eq!(there, Some(Stored::Message(said)));
    }
    let owner = actor("olga", Role::Owner);
    assert!(matches!(delete(1, &owner).await, Deletion::Deleted(_)));
    assert_eq!(delete(2, &owner).await, Deletion::Forbidden, "another owner's");

    let expired = now().plus(Duration::from_secs(0));
    store.message_put(&message(3, "old", now()), Some(expired)).await.unwrap();
    assert_eq!(delete(3, &mia).await, Deletion::NotFound);
}
