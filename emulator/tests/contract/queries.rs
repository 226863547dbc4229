//! Queries and scans: ranges, order, pages, filters.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::Select;

use super::database::{Database, Item, at, b, item, n, s};

fn all_of(db: &Database, pk: &str) -> QueryFluentBuilder {
    let query = db.query().table_name(&db.table).consistent_read(true);
    query.key_condition_expression("pk = :pk").expression_attribute_values(":pk", s(pk))
}

fn numbers(items: &[Item]) -> Vec<i64> {
    items.iter().map(|item| item["sk"].as_n().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn ranges_directions_and_pages() {
    let db = Database::sorted_by("N").await;
    for sk in 0..20 {
        db.put(item([("pk", s("a")), ("sk", n(sk)), ("even", n((sk + 1) % 2)), ("extra", s("x"))])).await;
    }
    db.put(at("b", 1)).await;
    let between = all_of(&db, "a").key_condition_expression("pk = :pk AND sk BETWEEN :low AND :high");
    let between =
        between.expression_attribute_values(":low", n(5)).expression_attribute_values(":high", n(7));
    assert_eq!(numbers(between.send().await.unwrap().items()), [5, 6, 7]);
    let below = all_of(&db, "a").key_condition_expression("pk = :pk AND sk < :n");
    let below = below.expression_attribute_values(":n", n(3)).scan_index_forward(false);
    assert_eq!(numbers(below.send().await.unwrap().items()), [2, 1, 0]);

    for forward in [true, false] {
        let (mut found, mut start) = (Vec::new(), None);
        loop {
            let page = all_of(&db, "a").limit(7).scan_index_forward(forward).set_exclusive_start_key(start);
            let page = page.send().await.unwrap();
            found.extend(numbers(page.items()));
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        let mut expected: Vec<i64> = (0..20).collect();
        if !forward {
            expected.reverse();
        }
        assert_eq!(found, expected);
    }

    let filtered =
        all_of(&db, "a").filter_expression("even = :one").expression_attribute_values(":one", n(1));
    let filtered = filtered.limit(10).send().await.unwrap();
    assert_eq!((filtered.count, filtered.scanned_count), (5, 10), "the limit is before the filter");
    let counted = all_of(&db, "a").select(Select::Count).send().await.unwrap();
    assert_eq!((counted.count, counted.items), (20, None));
    let projected = all_of(&db, "a").projection_expression("sk, nowhere").limit(1).send().await.unwrap();
    assert_eq!(projected.items(), [item([("sk", n(0))])]);
    db.done().await;
}

#[tokio::test]
async fn texts_begin_with_and_sort_by_their_bytes() {
    let db = Database::sorted_by("S").await;
    let ascending = ["A", "Z", "a", "a\0", "aa", "b", "ä", "\u{ffff}", "\u{10000}"];
    for text in ascending.iter().rev() {
        db.put(item([("pk", s("a")), ("sk", s(text))])).await;
    }
    let found = all_of(&db, "a").send().await.unwrap().items.unwrap();
    let found: Vec<_> = found.iter().map(|item| item["sk"].as_s().unwrap().as_str()).collect();
    assert_eq!(found, ascending);
    let prefixed = all_of(&db, "a").key_condition_expression("pk = :pk AND begins_with(sk, :a)");
    let prefixed = prefixed.expression_attribute_values(":a", s("a")).send().await.unwrap();
    assert_eq!(prefixed.count, 3);
    db.done().await;
}

#[tokio::test]
async fn numbers_and_bytes_sort_by_value() {
    let db = Database::sorted_by("N").await;
    let ascending =
        ["-1E+100", "-10", "-9.5", "-1E-100", "0", "1E-100", "0.5", "2", "10", "9007199254740993", "1E+100"];
    for number in ascending.iter().rev() {
        db.put(at("a", number)).await;
    }
    let found = all_of(&db, "a").send().await.unwrap().items.unwrap();
    let found: Vec<f64> = found.iter().map(|item| item["sk"].as_n().unwrap().parse().unwrap()).collect();
    let expected: Vec<f64> = ascending.iter().map(|number| number.parse().unwrap()).collect();
    assert_eq!(found, expected);
    db.done().await;

    let db = Database::sorted_by("B").await;
    let ascending: [&[u8]; 5] = [&[0], &[0, 0], &[1], &[127, 255], &[128]];
    for bytes in ascending.iter().rev() {
        db.put(item([("pk", s("a")), ("sk", b(bytes))])).await;
    }
    let found = all_of(&db, "a").send().await.unwrap().items.unwrap();
    let found: Vec<_> = found.iter().map(|item| item["sk"].as_b().unwrap().as_ref().to_vec()).collect();
    assert_eq!(found, ascending);
    db.done().await;
}

#[tokio::test]
async fn a_page_ends_at_1_mb() {
    let db = Database::sorted_by("N").await;
    for sk in 0..30 {
        db.put(item([("pk", s("a")), ("sk", n(sk)), ("v", s(&"x".repeat(50 * 1024)))])).await;
    }
    let first = all_of(&db, "a").send().await.unwrap();
    assert!((19..=21).contains(&first.count), "{} items", first.count);
    let rest = all_of(&db, "a").set_exclusive_start_key(first.last_evaluated_key).send().await.unwrap();
    assert_eq!(first.count + rest.count, 30);
    assert_eq!(rest.last_evaluated_key, None);
    db.done().await;
}

#[tokio::test]
async fn the_segments_of_a_scan_are_the_whole_table() {
    let db = Database::sorted_by("N").await;
    for pk in 0..25 {
        db.put(at(&format!("pk-{pk}"), 1)).await;
    }
    let mut found = Vec::new();
    for segment in 0..4 {
        let scan = db.scan().table_name(&db.table).segment(segment).total_segments(4).limit(100);
        found.extend(
            scan.send().await.unwrap().items.unwrap().iter().map(|item| item["pk"].as_s().unwrap().clone()),
        );
    }
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), 25);
    let scan = db.scan().table_name(&db.table).filter_expression("pk = :pk").select(Select::Count).limit(100);
    let counted = scan.expression_attribute_values(":pk", s("pk-7")).send().await.unwrap();
    assert_eq!((counted.count, counted.scanned_count), (1, 25));
    db.done().await;
}
