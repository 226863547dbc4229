//! Table `rooms`, item `room#R`: the room's sequence. Plain updates only: a transaction that met
//! one of them would fail.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::attributes::{Reader, n, s};
use super::counts::key;
use super::{Store, StoreError, keys};
use crate::domain::{RoomId, RoomRules, Sequence};

/// A place in the room for a message that was judged by some rules, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The place.
    Taken(Sequence),
    /// The room has other rules by now, these; no number was used up.
    RulesChanged(RoomRules),
}

impl Store {
    /// The last sequences that rooms took, in their order; 0 where nothing was said yet. At most 100.
    pub async fn room_sequences(&self, rooms: &[RoomId]) -> Result<Vec<u64>, StoreError> {
        const OPERATION: &str = "room_sequences";
        let keys = rooms.iter().map(|room| key(keys::room(room))).collect();
        let items = self.batch_get(OPERATION, &self.tables.rooms, keys, None).await?;
        let mut sequences = HashMap::with_capacity(items.len());
        for item in &items {
            let row = Reader { item, operation: OPERATION };
            sequences.insert(row.text("pk")?, row.optional_number("sequence")?.unwrap_or(0));
        }
        let of = |room| sequences.get(keys::room(room).0.as_str()).copied().unwrap_or(0);
        Ok(rooms.iter().map(of).collect())
    }

    /// Takes the room's next sequence, if the room's rules are still `judged_by`. An answer that gets
    /// lost leaves a number unused.
    pub async fn room_sequence_next(
        &self,
        room: &RoomId,
        judged_by: &RoomRules,
    ) -> Result<Place, StoreError> {
        const OPERATION: &str = "room_sequence_next";
        let (pk, sk) = keys::room(room);
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.rooms)
            .key("pk", s(pk))
            .key("sk", s(sk))
            .update_expression("ADD #sequence :one")
            .expression_attribute_names("#sequence", "sequence")
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let update = match judged_by.version {
            0 => update.condition_expression("attribute_not_exists(settingsVersion)"),
            version => update
                .condition_expression("settingsVersion = :version")
                .expression_attribute_values(":version", n(version)),
        };
        let error = match update.send().await {
            Ok(answer) => {
                self.rooms_known.remember(room, judged_by);
                let item = answer.attributes.unwrap_or_default();
                let row = Reader { item: &item, operation: OPERATION };
                let sequence = Sequence::new("sequence", row.number("sequence")?);
                return sequence.map(Place::Taken).map_err(|_| row.malformed("sequence"));
            }
            Err(error) => error,
        };
        if let Some(UpdateItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() {
            let rules = self.rules_of(OPERATION, room, failed.item()).await?;
            return Ok(Place::RulesChanged(rules));
        }
        Err(StoreError::request(OPERATION)(error))
    }
}
