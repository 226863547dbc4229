//! Transactions: all or nothing, with reasons.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Get, Put, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure as OnFailure,
    TransactGetItem, TransactWriteItem, Update,
};

use super::database::{Database, Item, at, code, item, n, s};

fn put(db: &Database, item: Item) -> TransactWriteItem {
    let put = Put::builder().table_name(&db.table).set_item(Some(item));
    TransactWriteItem::builder().put(put.build().unwrap()).build()
}

fn add(db: &Database, sk: u32, amount: i64, at_least: i64) -> TransactWriteItem {
    let update = Update::builder()
        .table_name(&db.table)
        .set_key(Some(at("account", sk)))
        .update_expression("SET money = money + :amount")
        .condition_expression("money >= :least")
        .expression_attribute_values(":amount", n(amount))
        .expression_attribute_values(":least", n(at_least))
        .return_values_on_condition_check_failure(OnFailure::AllOld);
    TransactWriteItem::builder().update(update.build().unwrap()).build()
}

async fn accounts(db: &Database) {
    for sk in 0..2 {
        db.put(item([("pk", s("account")), ("sk", n(sk)), ("money", n(100))])).await;
    }
}

#[tokio::test]
async fn a_cancelled_transaction_changes_nothing_and_says_why() {
    let db = Database::sorted_by("N").await;
    accounts(&db).await;
    let transaction = db.transact_write_items().transact_items(add(&db, 0, 500, 0));
    let error =
        transaction.transact_items(add(&db, 1, -500, 500)).send().await.unwrap_err().into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else { panic!("{error:?}") };
    let codes: Vec<_> =
        cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
    assert_eq!(cancelled.cancellation_reasons()[1].item().unwrap()["money"], n(100));
    for sk in 0..2 {
        assert_eq!(db.get(at("account", sk)).await.unwrap()["money"], n(100));
    }
    db.done().await;
}

#[tokio::test]
async fn a_transaction_of_one_token_happens_once() {
    let db = Database::sorted_by("N").await;
    accounts(&db).await;
    let token = uuid::Uuid::new_v4().to_string();
    let transfer = |amount| {
        let transaction = db.transact_write_items().client_request_token(&token);
        transaction.transact_items(add(&db, 0, amount, 0)).transact_items(add(&db, 1, -amount, amount))
    };
    for _again in 0..2 {
        transfer(10).send().await.unwrap();
    }
    assert_eq!(db.get(at("account", 0)).await.unwrap()["money"], n(110));
    assert_eq!(code(transfer(20).send().await), "IdempotentParameterMismatchException");
    db.done().await;
}

#[tokio::test]
async fn a_transaction_that_is_not_made_again_costs_what_reading_does() {
    let db = Database::sorted_by("N").await;
    let mut long = at("account", 1);
    long.insert("text".to_owned(), s(&"x".repeat(2_500)));
    let token = uuid::Uuid::new_v4().to_string();
    let mut units = Vec::new();
    for _again in 0..2 {
        let made =
            db.transact_write_items().client_request_token(&token).transact_items(put(&db, long.clone()));
        let made = made.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.unwrap();
        units.extend(made.consumed_capacity().iter().map(|table| table.capacity_units().unwrap()));
    }
    // 2.5 KB written in pieces of 1 KB and read in pieces of 4, both at the double price of transactions.
    assert_eq!(units, [6.0, 2.0]);
    db.done().await;
}

#[tokio::test]
async fn a_transaction_has_100_different_items_at_most() {
    let db = Database::sorted_by("N").await;
    let puts = |count: u32| (0..count).map(|sk| put(&db, at("a", sk))).collect();
    db.transact_write_items().set_transact_items(Some(puts(100))).send().await.unwrap();
    let too_many = db.transact_write_items().set_transact_items(Some(puts(101)));
    assert_eq!(code(too_many.send().await), "ValidationException");
    let check = ConditionCheck::builder().table_name(&db.table).set_key(Some(at("a", 1)));
    let check = check.condition_expression("attribute_exists(pk)").build().unwrap();
    let check = TransactWriteItem::builder().condition_check(check).build();
    let twice = db.transact_write_items().transact_items(check).transact_items(put(&db, at("a", 1)));
    assert_eq!(code(twice.send().await), "ValidationException");
    let get = |sk| {
        let get = Get::builder().table_name(&db.table).set_key(Some(at("a", sk))).build().unwrap();
        TransactGetItem::builder().get(get).build()
    };
    let read = db.transact_get_items().transact_items(get(7)).transact_items(get(777)).send().await.unwrap();
    let found: Vec<bool> = read.responses().iter().map(|response| response.item.is_some()).collect();
    assert_eq!(found, [true, false]);
    db.done().await;
}

#[tokio::test]
async fn concurrent_transfers_keep_the_sum() {
    let db = Database::sorted_by("N").await;
    accounts(&db).await;
    let transfer = async |task: usize| {
        for _ in 0..10 {
            let (from, to) = if task.is_multiple_of(2) { (0, 1) } else { (1, 0) };
            let transaction = db.transact_write_items().transact_items(add(&db, from, -1, 1));
            // On AWS some conflict, which cancels them: nothing is moved then.
            let moved = transaction.transact_items(add(&db, to, 1, 0)).send().await;
            if let Err(error) = moved {
                assert!(
                    error.as_service_error().is_some_and(|e| e.is_transaction_canceled_exception()),
                    "{error:?}"
                );
            }
        }
    };
    futures_util::future::join_all((0..8).map(transfer)).await;
    let mut sum = 0;
    for sk in 0..2 {
        sum += db.get(at("account", sk)).await.unwrap()["money"].as_n().unwrap().parse::<i64>().unwrap();
    }
    assert_eq!(sum, 200);
    db.done().await;
}
