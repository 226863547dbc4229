//! Global secondary indexes. Reads of them may be stale, so what is expected is waited for.

use std::time::{Duration, Instant};

use super::database::{Database, Item, at, code, item, n, s};

fn scored(sk: u32, owner: &str, score: u32) -> Item {
    item([("pk", s("a")), ("sk", n(sk)), ("owner", s(owner)), ("score", n(score)), ("v", s("x"))])
}

async fn page(db: &Database, index: &str, owner: &str, start: Option<Item>) -> (Vec<Item>, Option<Item>) {
    let query =
        db.query().table_name(&db.table).index_name(index).key_condition_expression("#owner = :owner");
    let query =
        query.expression_attribute_names("#owner", "owner").expression_attribute_values(":owner", s(owner));
    let page = query.limit(2).set_exclusive_start_key(start).send().await.unwrap();
    (page.items.unwrap_or_default(), page.last_evaluated_key)
}

async fn eventually(db: &Database, owner: &str, count: usize) -> Vec<Item> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let found = page(db, "by-owner", owner, None).await.0;
        if found.len() == count {
            return found;
        }
        assert!(Instant::now() < deadline, "{found:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn an_index_has_the_items_with_its_key_and_what_it_projects() {
    let db = Database::complete().await;
    for item in [scored(1, "alice", 30), scored(2, "alice", 10), scored(3, "bob", 20), at("a", 4)] {
        db.put(item).await;
    }
    eventually(&db, "bob", 1).await;
    let alice = eventually(&db, "alice", 2).await;
    assert_eq!(alice[0]["score"], n(10), "ordered by the index's sort key");
    assert_eq!(alice[0]["v"], s("x"));
    let (keys, _) = page(&db, "keys-by-owner", "alice", None).await;
    let mut names: Vec<_> = keys[0].keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["owner", "pk", "score", "sk"], "KEYS_ONLY");

    db.put(scored(1, "bob", 5)).await;
    eventually(&db, "alice", 1).await;
    let bob = eventually(&db, "bob", 2).await;
    assert_eq!(bob[0]["sk"], n(1), "moved, not copied");
    db.done().await;
}

#[tokio::test]
async fn an_index_is_paged_by_both_keys() {
    let db = Database::complete().await;
    for sk in 0..5 {
        // One score, so that only the table's key tells them apart.
        db.put(scored(sk, "alice", 1)).await;
    }
    eventually(&db, "alice", 2).await;
    let (mut found, mut start) = (Vec::new(), None);
    loop {
        let (items, last) = page(&db, "by-owner", "alice", start).await;
        found.extend(items.iter().map(|item| item["sk"].as_n().unwrap().parse::<u32>().unwrap()));
        if let Some(last) = &last {
            assert_eq!(last.len(), 4);
        }
        start = last;
        if start.is_none() {
            break;
        }
    }
    found.sort_unstable();
    assert_eq!(found, [0, 1, 2, 3, 4]);
    db.done().await;
}

#[tokio::test]
async fn an_index_key_of_another_type_is_refused() {
    let db = Database::complete().await;
    let wrong = db.put_item().table_name(&db.table).set_item(Some(at("a", 1))).item("owner", n(5));
    assert_eq!(code(wrong.item("score", n(1)).send().await), "ValidationException");
    let consistent = db.query().table_name(&db.table).index_name("by-owner").consistent_read(true);
    let consistent = consistent.key_condition_expression("#owner = :owner");
    let consistent = consistent.expression_attribute_names("#owner", "owner");
    let consistent = consistent.expression_attribute_values(":owner", s("alice"));
    assert_eq!(code(consistent.send().await), "ValidationException");
    db.done().await;
}
