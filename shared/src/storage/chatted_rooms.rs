//! Table `analytics`, items `chatted#U`, `R`: the rooms in which a user said something, so that who is
//! erased is found also where their messages are gone already.

use aws_sdk_dynamodb::types::ReturnValue;

use super::attributes::{Reader, expiry, n, s};
use super::chatters::LIFETIME;
use super::{Store, StoreError, keys};
use crate::domain::{RoomId, Timestamp, UserId};

impl Store {
    /// Says that a user said something in a room.
    pub(super) async fn chatted_room_put(
        &self,
        room: &RoomId,
        user: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.analytics)
            .key("scope", s(keys::chatted_rooms(user)))
            .key("bucket", s(room.as_str()))
            .update_expression("SET expiresAt = :expiry")
            .expression_attribute_values(":expiry", expiry(now.plus(LIFETIME)));
        update.send().await.map_err(StoreError::request("chatted_room_put"))?;
        Ok(())
    }

    /// Rooms that a user said something in, at most `limit`, and whether there are more.
    pub async fn chatted_rooms(
        &self,
        user: &UserId,
        limit: usize,
    ) -> Result<(Vec<RoomId>, bool), StoreError> {
        const OPERATION: &str = "chatted_rooms";
        let query = self
            .client
            .query()
            .table_name(&self.tables.analytics)
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .key_condition_expression("#scope = :scope")
            .projection_expression("#bucket")
            .expression_attribute_names("#scope", "scope")
            .expression_attribute_names("#bucket", "bucket")
            .expression_attribute_values(":scope", s(keys::chatted_rooms(user.as_str())));
        let answer = query.send().await.map_err(StoreError::request(OPERATION))?;
        let room = |item| Reader { item, operation: OPERATION }.parsed("bucket", RoomId::parse);
        let rooms = answer.items().iter().map(room).collect::<Result<_, _>>()?;
        Ok((rooms, answer.last_evaluated_key.is_some()))
    }

    /// The number of the erasure of a user that is under way in a room: `random` where this begins it.
    pub async fn erasure_claim(&self, room: &RoomId, user: &UserId, random: u64) -> Result<u64, StoreError> {
        const OPERATION: &str = "erasure_claim";
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.analytics)
            .key("scope", s(keys::chatted_rooms(user.as_str())))
            .key("bucket", s(room.as_str()))
            .update_expression("SET erasure = if_not_exists(erasure, :random)")
            .expression_attribute_values(":random", n(random))
            .return_values(ReturnValue::AllNew);
        let answer = update.send().await.map_err(StoreError::request(OPERATION))?;
        let item = answer.attributes.unwrap_or_default();
        Reader { item: &item, operation: OPERATION }.number("erasure")
    }

    /// Forgets that a user ever said something in a room.
    pub async fn chatted_room_delete(&self, room: &RoomId, user: &UserId) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.tables.analytics)
            .key("scope", s(keys::chatted_rooms(user.as_str())))
            .key("bucket", s(room.as_str()));
        delete.send().await.map_err(StoreError::request("chatted_room_delete"))?;
        Ok(())
    }
}
