//! Table `messages`: places that are closed without a message.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use super::attributes::{Reader, expiry, n, s};
use super::{Store, StoreError, Stored, messages};
use crate::domain::{MessageId, RoomId, Sequence, Timestamp};

/// What a place is after somebody wanted to close it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seal {
    /// Closed: whoever is still on the way to it finds it taken, and history passes it.
    Closed,
    /// Something was there already.
    Taken(Stored),
}

impl Store {
    /// Closes a place that is empty. Its row looks like that of a message that was deleted, has an id of
    /// its own and nobody's name.
    pub async fn message_place_seal(
        &self,
        room: &RoomId,
        sequence: Sequence,
        seal: MessageId,
        now: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Result<Seal, StoreError> {
        const OPERATION: &str = "message_place_seal";
        let mut put = self
            .client
            .put_item()
            .table_name(&self.tables.messages)
            .item("roomId", s(room.as_str()))
            .item("sequence", n(sequence))
            .item("messageId", s(seal.to_string()))
            .item("timestamp", n(now.as_millis()))
            .item("deletedAt", n(now.as_millis()))
            .condition_expression("attribute_not_exists(roomId)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if let Some(at) = expires_at {
            put = put.item("expiresAt", expiry(at));
        }
        let Err(error) = put.send().await else { return Ok(Seal::Closed) };
        if let Some(PutItemError::ConditionalCheckFailedException(taken)) = error.as_service_error() {
            let Some(item) = taken.item() else { return Err(StoreError::Contended { operation: OPERATION }) };
            return messages::stored(Reader { item, operation: OPERATION }).map(Seal::Taken);
        }
        Err(StoreError::request(OPERATION)(error))
    }
}
