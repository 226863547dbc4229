//! `ClientRequestToken`: a transaction under a token that is known is not made again. dynoxide has that as
//! well, but at each transaction looks through every token of the last ten minutes; SDKs give each
//! transaction one, so with them it would take the longer the more of them there were.

use std::collections::hash_map::{DefaultHasher, RandomState};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use dynoxide::actions::describe_table::DescribeTableRequest;
use dynoxide::actions::transact_get_items::{TransactGet, TransactGetItem, TransactGetItemsRequest};
use dynoxide::actions::transact_write_items::{
    TransactPut, TransactWriteItem, TransactWriteItemsRequest, TransactWriteItemsResponse,
};
use dynoxide::{Database, DynoxideError};
use serde_json::Value;

/// How long a token is known
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
const WINDOW: Duration = Duration::from_mins(10);
/// The longest token that is one, in bytes. dynoxide says what is wrong with a longer one.
const LONGEST: usize = 36;

/// The tokens of transactions that were made, ten minutes of them, so what is kept of each is short.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// Two hashes of 64 bits each stand for a token.
    hashers: [RandomState; 2],
    /// What was asked for under each.
    known: HashMap<[u64; 2], u64>,
    /// The oldest first.
    order: VecDeque<(Instant, [u64; 2])>,
}

impl Tokens {
    fn forget(&mut self, now: Instant) {
        while let Some((_, token)) = self.order.pop_front_if(|(at, _)| now.duration_since(*at) >= WINDOW) {
            self.known.remove(&token);
        }
    }

    fn remember(&mut self, now: Instant, token: &str, asked: u64) {
        let token = self.short(token);
        self.known.insert(token, asked);
        self.order.push_back((now, token));
    }

    fn asked(&self, token: &str) -> Option<u64> {
        self.known.get(&self.short(token)).copied()
    }

    fn short(&self, token: &str) -> [u64; 2] {
        self.hashers.each_ref().map(|hasher| hasher.hash_one(token))
    }
}

/// Makes a transaction, unless it was made under the same token.
pub(super) fn transact_write_items(
    db: &Database,
    tokens: &mut Tokens,
    mut request: TransactWriteItemsRequest,
) -> Result<TransactWriteItemsResponse, DynoxideError> {
    let Some(token) = request.client_request_token.take_if(|token| token.len() <= LONGEST) else {
        return db.transact_write_items(request);
    };
    let now = Instant::now();
    tokens.forget(now);
    let asked = fingerprint(&transaction(&request)?);
    match tokens.asked(&token) {
        None => {
            let made = db.transact_write_items(request)?;
            tokens.remember(now, &token, asked);
            Ok(made)
        }
        Some(known) if known == asked => replay(db, request),
        Some(_another) => Err(DynoxideError::IdempotentParameterMismatchException(
            "An error occurred (IdempotentParameterMismatchException)".to_owned(),
        )),
    }
}

fn transaction(request: &TransactWriteItemsRequest) -> Result<Value, DynoxideError> {
    serde_json::to_value(&request.transact_items)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// The same for the same value, in whatever order its members are.
fn fingerprint(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                let mut hasher = DefaultHasher::new();
                (name, fingerprint(value)).hash(&mut hasher);
                hasher.finish()
            });
            ("object", members.fold(0, u64::wrapping_add)).hash(&mut hasher);
        }
        Value::Array(values) => {
            ("array", values.len()).hash(&mut hasher);
            values.iter().for_each(|value| fingerprint(value).hash(&mut hasher));
        }
        Value::String(text) => ("string", text).hash(&mut hasher),
        other => ("other", other.to_string()).hash(&mut hasher),
    }
    hasher.finish()
}

/// A transaction that is not made again costs what reading its items as they are now does.
fn replay(
    db: &Database,
    request: TransactWriteItemsRequest,
) -> Result<TransactWriteItemsResponse, DynoxideError> {
    let mut response = TransactWriteItemsResponse::default();
    if request.return_consumed_capacity.is_some() {
        let gets = request.transact_items.into_iter().map(|item| get(db, item));
        let read = db.transact_get_items(TransactGetItemsRequest {
            transact_items: gets.collect::<Result<_, _>>()?,
            return_consumed_capacity: request.return_consumed_capacity,
        })?;
        response.consumed_capacity = read.consumed_capacity;
    }
    Ok(response)
}

/// Reads the item that `item` writes.
fn get(db: &Database, item: TransactWriteItem) -> Result<TransactGetItem, DynoxideError> {
    let (table_name, key) = match item {
        TransactWriteItem { put: Some(put), .. } => {
            let TransactPut { table_name, mut item, .. } = put;
            let table = db.describe_table(DescribeTableRequest { table_name: table_name.clone() })?.table;
            item.retain(|name, _| table.key_schema.iter().any(|key| key.attribute_name == *name));
            (table_name, item)
        }
        TransactWriteItem { update: Some(update), .. } => (update.table_name, update.key),
        TransactWriteItem { delete: Some(delete), .. } => (delete.table_name, delete.key),
        TransactWriteItem { condition_check: Some(check), .. } => (check.table_name, check.key),
        // Never made: dynoxide refuses an item without any.
        _ => Default::default(),
    };
    Ok(TransactGetItem { get: TransactGet { table_name, key, ..TransactGet::default() } })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_is_known_for_ten_minutes() {
        let mut tokens = Tokens::default();
        let begun = Instant::now();
        tokens.remember(begun, "a", 1);
        tokens.remember(begun + Duration::from_secs(1), "b", 2);
        tokens.forget(begun + WINDOW - Duration::from_millis(1));
        assert_eq!(tokens.known.len(), 2);
        tokens.forget(begun + WINDOW);
        assert_eq!((tokens.asked("a"), tokens.asked("b")), (None, Some(2)));
        tokens.forget(begun + 2 * WINDOW);
        assert!(tokens.known.is_empty() && tokens.order.is_empty());
    }

    #[test]
    fn the_order_of_members_does_not_matter_and_everything_else_does() {
        let same: Result<Value, _> = serde_json::from_str(r#"[{"b": {"N": "1"}, "a": null}]"#);
        let original = json!([{"a": null, "b": {"N": "1"}}]);
        assert_eq!(same.ok().as_ref().map(fingerprint), Some(fingerprint(&original)));
        for other in [
            json!([{"a": null, "b": {"N": "2"}}]),
            json!([{"a": null, "b": {"S": "1"}}]),
            json!([{"a": {"N": "1"}, "b": null}]),
            json!([{"b": {"N": "1"}}]),
            json!([{"a": null, "b": {"N": 1}}]),
            json!({"a": null, "b": {"N": "1"}}),
            json!([{"a": null, "b": {"N": "1"}}, {}]),
        ] {
            assert_ne!(fingerprint(&other), fingerprint(&original), "{other}");
        }
        assert_ne!(fingerprint(&json!([1, 2])), fingerprint(&json!([2, 1])));
    }
}
