//! Single items: conditions, update expressions, types, sizes, refusals.

use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure as OnFailure,
};

use super::database::{Database, at, b, code, item, n, s};

#[tokio::test]
async fn a_failed_condition_says_what_is_there() {
    let db = Database::sorted_by("N").await;
    db.put(item([("pk", s("a")), ("sk", n(1)), ("v", s("first"))])).await;
    let put = db
        .put_item()
        .table_name(&db.table)
        .set_item(Some(at("a", 1)))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(OnFailure::AllOld);
    let error = put.send().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(failed) = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(failed.item.unwrap()["v"], s("first"));
    assert_eq!(db.get(at("a", 1)).await.unwrap()["v"], s("first"));
    db.done().await;
}

#[tokio::test]
async fn update_expressions_set_add_delete_and_remove() {
    let db = Database::sorted_by("N").await;
    let update = db
        .update_item()
        .table_name(&db.table)
        .set_key(Some(at("a", 1)))
        .update_expression(
            "SET once = if_not_exists(once, :one), xs = list_append(if_not_exists(xs, :empty), :new), \
             nested = :map ADD tally :big, tags :tags",
        )
        .expression_attribute_values(":one", n(1))
        .expression_attribute_values(":empty", AttributeValue::L(Vec::new()))
        .expression_attribute_values(":new", AttributeValue::L(vec![s("x")]))
        .expression_attribute_values(":map", AttributeValue::M(item([("deep", n(5)), ("gone", n(6))])))
        .expression_attribute_values(":big", n("12345678901234567890123456789012345678"))
        .expression_attribute_values(":tags", AttributeValue::Ss(vec!["a".to_owned(), "b".to_owned()]))
        .return_values(ReturnValue::AllNew);
    let new = update.send().await.unwrap().attributes.unwrap();
    assert_eq!(new["tally"], n("12345678901234567890123456789012345678"), "38 digits are exact");

    let update = db
        .update_item()
        .table_name(&db.table)
        .set_key(Some(at("a", 1)))
        .update_expression(
            "SET nested.deep = nested.deep + :one, xs[1] = :y REMOVE nested.gone DELETE tags :a",
        )
        .expression_attribute_values(":one", n("1.50"))
        .expression_attribute_values(":y", s("y"))
        .expression_attribute_values(":a", AttributeValue::Ss(vec!["a".to_owned()]))
        .return_values(ReturnValue::UpdatedNew);
    let changed = update.send().await.unwrap().attributes.unwrap();
    assert!(!changed.contains_key("tally"), "UPDATED_NEW has what was updated");
    let all = db.get(at("a", 1)).await.unwrap();
    // AWS and the embedded engine say 6.5, DynamoDB Local 6.50 inside a map: the same number.
    let nested = all["nested"].as_m().unwrap();
    assert_eq!(nested.len(), 1, "{nested:?}");
    assert_eq!(nested["deep"].as_n().unwrap().trim_end_matches('0'), "6.5");
    assert_eq!(all["xs"], AttributeValue::L(vec![s("x"), s("y")]));
    assert_eq!(all["tags"], AttributeValue::Ss(vec!["b".to_owned()]));
    db.done().await;
}

#[tokio::test]
async fn concurrent_counters_lose_nothing() {
    let db = Database::sorted_by("N").await;
    let add = async |_task: usize| {
        let mut seen = Vec::new();
        for _ in 0..10 {
            let update = db.update_item().table_name(&db.table).set_key(Some(at("counter", 1)));
            let update = update.update_expression("ADD tally :one").expression_attribute_values(":one", n(1));
            let new = update.return_values(ReturnValue::AllNew).send().await.unwrap().attributes.unwrap();
            seen.push(new["tally"].as_n().unwrap().parse::<u32>().unwrap());
        }
        seen
    };
    let mut seen = futures_util::future::join_all((0..16).map(add)).await.concat();
    seen.sort_unstable();
    assert_eq!(seen, (1..=160).collect::<Vec<_>>());
    db.done().await;
}

#[tokio::test]
async fn a_delete_returns_what_it_deleted_and_may_be_repeated() {
    let db = Database::sorted_by("N").await;
    db.put(item([("pk", s("a")), ("sk", n(1)), ("v", n(7))])).await;
    let delete = || db.delete_item().table_name(&db.table).set_key(Some(at("a", 1)));
    let guarded = delete().condition_expression("v = :v").expression_attribute_values(":v", n(8));
    assert_eq!(code(guarded.send().await), "ConditionalCheckFailedException");
    let old = delete().return_values(ReturnValue::AllOld).send().await.unwrap().attributes.unwrap();
    assert_eq!(old["v"], n(7));
    assert_eq!(delete().return_values(ReturnValue::AllOld).send().await.unwrap().attributes, None);
    db.done().await;
}

#[tokio::test]
async fn every_type_of_value_comes_back_as_it_went() {
    let db = Database::sorted_by("N").await;
    let sets = [
        ("ss", AttributeValue::Ss(vec!["ä".to_owned()])),
        ("ns", AttributeValue::Ns(vec!["-1.5".to_owned()])),
        ("bs", AttributeValue::Bs(vec![aws_sdk_dynamodb::primitives::Blob::new([0, 255])])),
    ];
    let mut all = item([
        ("pk", s("a")),
        ("sk", n(1)),
        ("s", s("")),
        ("n", n("1E-130")),
        ("b", b(&[0, 1, 255])),
        ("bool", AttributeValue::Bool(false)),
        ("null", AttributeValue::Null(true)),
        ("l", AttributeValue::L(vec![n(1), s("😀"), AttributeValue::L(Vec::new())])),
        ("m", AttributeValue::M(item([("a.b", AttributeValue::M(item([])))]))),
    ]);
    all.extend(item(sets));
    db.put(all.clone()).await;
    let back = db.get(at("a", 1)).await.unwrap();
    for (name, value) in &all {
        if name != "n" {
            assert_eq!(back[name], *value, "{name}");
        }
    }
    let number: f64 = back["n"].as_n().unwrap().parse().unwrap();
    assert_eq!(number, 1e-130);
    db.done().await;
}

#[tokio::test]
async fn an_item_of_400_kb_is_the_largest() {
    let db = Database::sorted_by("N").await;
    // The names pk, sk, v and the values "a" and 1: 2 + 1 + 2 + 2 + 1 bytes around the text.
    let of_size = |bytes: usize| item([("pk", s("a")), ("sk", n(1)), ("v", s(&"x".repeat(bytes - 8)))]);
    let put = |bytes| db.put_item().table_name(&db.table).set_item(Some(of_size(bytes)));
    put(400 * 1024).send().await.unwrap();
    assert_eq!(code(put(400 * 1024 + 1).send().await), "ValidationException");
    assert_eq!(db.get(at("a", 1)).await.unwrap()["v"].as_s().unwrap().len(), 400 * 1024 - 8);
    db.done().await;
}

#[tokio::test]
async fn what_is_not_valid_is_a_validation_exception() {
    let db = Database::sorted_by("N").await;
    let put = || db.put_item().table_name(&db.table);
    let refused = [
        ("a key is missing", put().item("pk", s("a"))),
        ("a key has another type", put().item("pk", n(1)).item("sk", n(1))),
        ("a key is empty", put().item("pk", s("")).item("sk", n(1))),
        ("no number", put().item("pk", s("a")).item("sk", n("one"))),
        ("39 digits", put().item("pk", s("a")).item("sk", n("123456789012345678901234567890123456789"))),
        ("an empty set", put().set_item(Some(at("a", 1))).item("v", AttributeValue::Ss(Vec::new()))),
        ("a reserved word", put().set_item(Some(at("a", 1))).condition_expression("size = size")),
        ("an undefined value", put().set_item(Some(at("a", 1))).condition_expression("v = :undefined")),
        (
            "an unused value",
            put()
                .set_item(Some(at("a", 1)))
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_values(":unused", n(1)),
        ),
        ("no expression", put().set_item(Some(at("a", 1))).condition_expression("and and")),
    ];
    for (why, request) in refused {
        assert_eq!(code(request.send().await), "ValidationException", "{why}");
    }
    let update = db.update_item().table_name(&db.table).set_key(Some(at("a", 1)));
    let key = update.update_expression("SET sk = :n").expression_attribute_values(":n", n(2));
    assert_eq!(code(key.send().await), "ValidationException", "a key cannot change");
    assert_eq!(db.get(at("a", 1)).await, None);
    db.done().await;
}
