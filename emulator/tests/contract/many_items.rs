//! Batches of writes and reads.

use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};

use super::database::{Database, Item, at, code, item, n, s};

fn put(item: Item) -> WriteRequest {
    WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item)).build().unwrap()).build()
}

fn delete(key: Item) -> WriteRequest {
    WriteRequest::builder()
        .delete_request(DeleteRequest::builder().set_key(Some(key)).build().unwrap())
        .build()
}

#[tokio::test]
async fn a_batch_writes_25_items_and_no_more() {
    let db = Database::sorted_by("N").await;
    let write = |requests: Vec<WriteRequest>| db.batch_write_item().request_items(&db.table, requests);
    let puts = |count: u32| (0..count).map(|sk| put(at("a", sk))).collect::<Vec<_>>();
    let unprocessed = write(puts(25)).send().await.unwrap().unprocessed_items;
    assert!(unprocessed.unwrap_or_default().is_empty());
    assert_eq!(code(write(puts(26)).send().await), "ValidationException");
    assert_eq!(code(write(vec![put(at("a", 1)), delete(at("a", 1))]).send().await), "ValidationException");
    write(vec![delete(at("a", 0)), put(at("a", 99))]).send().await.unwrap();
    assert_eq!(db.get(at("a", 0)).await, None);
    assert!(db.get(at("a", 99)).await.is_some());
    db.done().await;
}

#[tokio::test]
async fn a_batch_reads_100_items_and_leaves_out_what_is_not_there() {
    let db = Database::sorted_by("N").await;
    for sk in 0..3 {
        db.put(at("a", sk)).await;
    }
    let keys = |count: u32| {
        let keys = (0..count).map(|sk| at("a", sk)).collect();
        KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().unwrap()
    };
    let read = db.batch_get_item().request_items(&db.table, keys(100)).send().await.unwrap();
    assert_eq!(read.responses.unwrap()[&db.table].len(), 3);
    assert_eq!(
        code(db.batch_get_item().request_items(&db.table, keys(101)).send().await),
        "ValidationException"
    );
    db.done().await;
}

#[tokio::test]
async fn a_batch_of_more_than_16_mb_comes_in_parts() {
    let db = Database::sorted_by("N").await;
    for sk in 0..50 {
        db.put(item([("pk", s("a")), ("sk", n(sk)), ("v", s(&"x".repeat(380 * 1024)))])).await;
    }
    let keys = (0..50).map(|sk| at("a", sk)).collect();
    let keys = KeysAndAttributes::builder().set_keys(Some(keys)).build().unwrap();
    let read = db.batch_get_item().request_items(&db.table, keys).send().await.unwrap();
    let items = read.responses.unwrap()[&db.table].len();
    let left = read.unprocessed_keys.unwrap()[&db.table].keys().len();
    assert_eq!(items + left, 50);
    assert!(items < 50 && items > 0, "{items}");
    db.done().await;
}
