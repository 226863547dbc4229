//! Table `rooms`, item `room#R`: the room's sequence. Plain updates only: a transaction that met
//! one of them would fail.

use super::attributes::{Reader, n, s};
use super::{Store, StoreError, keys};
use crate::domain::{RoomId, Sequence};

impl Store {
    /// Takes the room's next sequence. An answer that gets lost leaves a number unused.
    pub async fn room_sequence_next(&self, room: &RoomId) -> Result<Sequence, StoreError> {
        const OPERATION: &str = "room_sequence_next";
        let (pk, sk) = keys::room(room);
        let answer = self
            .client
            .update_item()
            .table_name(&self.tables.rooms)
            .key("pk", s(pk))
            .key("sk", s(sk))
            .update_expression("ADD #sequence :one")
            .expression_attribute_names("#sequence", "sequence")
            .expression_attribute_values(":one", n(1))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(StoreError::request(OPERATION))?;
        let item = answer.attributes.unwrap_or_default();
        let row = Reader { item: &item, operation: OPERATION };
        Sequence::new("sequence", row.number("sequence")?).map_err(|_| row.malformed("sequence"))
    }
}
