//! Table `rooms`, items `count#…`: how many connections there are. Only `presence` writes them.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::attributes::{Item, Reader, s};
use super::{Store, StoreError, keys};
use crate::domain::RoomId;

/// How often the keys that DynamoDB left out of a batch are asked for again.
const BATCH_ROUNDS: u32 = 5;

impl Store {
    /// Open connections of the whole service.
    pub async fn service_connections(&self) -> Result<u64, StoreError> {
        self.count_sum("service_connections", (0..keys::COUNT_LANES).map(keys::service_count), "connections")
            .await
    }

    /// Open connections of one room.
    pub async fn room_connection_count(&self, room: &RoomId) -> Result<u64, StoreError> {
        let lanes = (0..keys::COUNT_LANES).map(|lane| keys::room_count(room, lane));
        self.count_sum("room_connection_count", lanes, "connections").await
    }

    /// Users present in one room.
    pub async fn room_member_count(&self, room: &RoomId) -> Result<u64, StoreError> {
        let lanes = (0..keys::COUNT_LANES).map(|lane| keys::room_count(room, lane));
        self.count_sum("room_member_count", lanes, "members").await
    }

    async fn count_sum(
        &self,
        operation: &'static str,
        lanes: impl Iterator<Item = (String, String)>,
        attribute: &'static str,
    ) -> Result<u64, StoreError> {
        let lanes = lanes.map(|(pk, sk)| Item::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s(sk))]));
        let items = self.batch_get(operation, &self.tables.rooms, lanes.collect(), None).await?;
        let mut sum = 0_i64;
        for item in &items {
            sum += Reader { item, operation }.optional_number::<i64>(attribute)?.unwrap_or(0);
        }
        u64::try_from(sum).map_err(|_| StoreError::Malformed { operation, attribute })
    }

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
