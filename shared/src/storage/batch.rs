//! Many items by their keys in one request.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::attributes::Item;
use super::{Store, StoreError};

/// How often the keys that DynamoDB left out of a batch are asked for again.
const BATCH_ROUNDS: u32 = 5;

impl Store {
    /// Items of these keys, at most 100, read consistently; those that are not there are left out.
    pub(super) async fn batch_get(
        &self,
        operation: &'static str,
        table: &str,
        mut keys: Vec<Item>,
        projection: Option<&str>,
    ) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::with_capacity(keys.len());
        for round in 0..BATCH_ROUNDS {
            if keys.is_empty() {
                return Ok(items);
            }
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .consistent_read(true)
                .set_projection_expression(projection.map(str::to_owned))
                .build()
                .map_err(|error| StoreError::Request {
                    operation,
                    throttled: false,
                    source: Box::new(error),
                })?;
            let answer = self
                .client
                .batch_get_item()
                .request_items(table, wanted)
                .send()
                .await
                .map_err(StoreError::request(operation))?;
            items.extend(answer.responses.unwrap_or_default().remove(table).unwrap_or_default());
            keys = unprocessed(answer.unprocessed_keys, table);
            if !keys.is_empty() {
                tokio::time::sleep(Duration::from_millis(20) * 2_u32.pow(round)).await;
            }
        }
        if keys.is_empty() { Ok(items) } else { Err(StoreError::Contended { operation }) }
    }
}

fn unprocessed(left: Option<HashMap<String, KeysAndAttributes>>, table: &str) -> Vec<Item> {
    left.and_then(|mut left| left.remove(table)).map(|left| left.keys).unwrap_or_default()
}
