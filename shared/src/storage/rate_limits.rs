//! Table `rooms`, items `user#R#U`, `limit`: how fast a user may speak in a room, all of the
//! user's connections together.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use super::attributes::{Reader, expiry, n, s};
use super::{Store, StoreError, keys};
use crate::domain::{Gcra, RoomId, Timestamp, UserId, Verdict};

/// Each round fails only if another message of the same user came in between.
const ROUNDS: usize = 3;

impl Store {
    /// Asks for one more message. One request for somebody who was idle, two within a burst; a
    /// refusal writes nothing. (DynamoDB's update expressions have no `max()`, so the two cases of
    /// the algorithm are two updates, each on its own condition.)
    pub async fn rate_limit_take(
        &self,
        room: &RoomId,
        user: &UserId,
        gcra: Gcra,
        now: Timestamp,
    ) -> Result<Verdict, StoreError> {
        const OPERATION: &str = "rate_limit_take";
        let now_us = now.as_millis() * 1000;
        // A minute of slack, so that TTL never removes a row that still matters.
        let expires_at = now.plus(gcra.horizon() + Duration::from_secs(60));
        let (pk, sk) = keys::limit(room, user);
        let mut was_idle = true;
        for _ in 0..ROUNDS {
            let update = self
                .client
                .update_item()
                .table_name(&self.tables.rooms)
                .key("pk", s(&*pk))
                .key("sk", s(&*sk))
                .expression_attribute_values(":now", n(now_us))
                .expression_attribute_values(":expiry", expiry(expires_at))
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            let update = if was_idle {
                update
                    .update_expression("SET tat = :tat, expiresAt = :expiry")
                    .condition_expression("attribute_not_exists(tat) OR tat <= :now")
                    .expression_attribute_values(":tat", n(gcra.first_tat_us(now)))
            } else {
                update
                    .update_expression("SET tat = tat + :interval, expiresAt = :expiry")
                    .condition_expression("tat > :now AND tat <= :latest")
                    .expression_attribute_values(":interval", n(gcra.interval_us()))
                    .expression_attribute_values(":latest", n(gcra.latest_tat_us(now)))
            };
            let Err(error) = update.send().await else { return Ok(Verdict::Pass) };
            let Some(UpdateItemError::ConditionalCheckFailedException(failed)) = error.as_service_error()
            else {
                return Err(StoreError::request(OPERATION)(error));
            };
            let tat_us = match failed.item() {
                Some(item) => Reader { item, operation: OPERATION }.optional_number("tat")?,
                None => None,
            };
            was_idle = tat_us.is_none_or(|tat_us| tat_us <= now_us);
            if let Some(wait @ Verdict::Wait(_)) = tat_us.map(|tat_us| gcra.judge(tat_us, now)) {
                return Ok(wait);
            }
        }
        Ok(Verdict::Wait(Duration::from_micros(gcra.interval_us().unsigned_abs())))
    }
}
