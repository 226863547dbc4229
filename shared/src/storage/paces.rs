//! Table `rooms`, items `user#R#U`, `limit`: when a user may speak in a room, all of the user's
//! connections together. Mutes are written by [`super::mutes`].

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::attributes::{Item, Reader, expiry, n, s};
use super::{Store, StoreError, keys};
use crate::domain::{Fingerprint, Gcra, Pace, Rejection, RoomId, Spoken, Timestamp, UserId};

/// Each round fails only if another message of the same user came in between.
const ROUNDS: usize = 3;

/// Slack, so that TTL never removes a row that still matters.
const SLACK: Duration = Duration::from_secs(60);

impl Store {
    /// Asks for one more message; says what was known of the user before it. One request for somebody
    /// who was idle, two within a burst; a refusal writes nothing. (DynamoDB's update expressions have
    /// no `max()`, so the two cases of the rate limit are two updates, each on its own condition.)
    pub async fn pace_take(
        &self,
        room: &RoomId,
        user: &UserId,
        pace: &Pace,
        now: Timestamp,
    ) -> Result<Result<Spoken, Rejection>, StoreError> {
        const OPERATION: &str = "pace_take";
        let key = keys::limit(room, user);
        if !pace.asks() {
            let spoken = match pace.heeds_mutes {
                true => spoken(OPERATION, self.rooms_item(OPERATION, key).await?.as_ref())?,
                false => Spoken::default(),
            };
            return Ok(pace.judge(&spoken, now).map(|()| spoken));
        }
        let mut was_idle = true;
        for _ in 0..ROUNDS {
            let (pk, sk) = key.clone();
            let update = self.client.update_item().table_name(&self.tables.rooms);
            let update = taking(update.key("pk", s(pk)).key("sk", s(sk)), pace, was_idle, now);
            let error = match update.send().await {
                Ok(answer) => return spoken(OPERATION, answer.attributes.as_ref()).map(Ok),
                Err(error) => error,
            };
            let Some(UpdateItemError::ConditionalCheckFailedException(failed)) = error.as_service_error()
            else {
                return Err(StoreError::request(OPERATION)(error));
            };
            let spoken = spoken(OPERATION, failed.item())?;
            was_idle = spoken.tat_us.is_none_or(|tat_us| tat_us <= now.as_millis() * 1000);
            if let Err(rejection) = pace.judge(&spoken, now) {
                return Ok(Err(rejection));
            }
        }
        let retry_after = Duration::from_micros(pace.rate.map_or(1000, Gcra::interval_us).unsigned_abs());
        Ok(Err(Rejection::RateLimited { retry_after }))
    }
}

/// The update for one message, on condition that [`Pace::judge`] would let it through.
fn taking(
    update: UpdateItemFluentBuilder,
    pace: &Pace,
    was_idle: bool,
    now: Timestamp,
) -> UpdateItemFluentBuilder {
    let mut set = vec!["spokeAt = :now", "said = :said", "expiresAt = :expiry"];
    let mut condition = vec![];
    let mut update = update
        .expression_attribute_values(":now", n(now.as_millis()))
        .expression_attribute_values(":said", s(pace.said.to_string()))
        .expression_attribute_values(":expiry", expiry(now.plus(pace.horizon() + SLACK)))
        .return_values(ReturnValue::UpdatedOld)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    if pace.heeds_mutes {
        condition.push("(attribute_not_exists(mutedUntil) OR mutedUntil <= :now)");
    }
    if let Some(slow) = pace.slow_mode {
        condition.push("(attribute_not_exists(spokeAt) OR spokeAt <= :slow)");
        update = update.expression_attribute_values(":slow", n(now.minus(slow).as_millis()));
    }
    if pace.refuses_repetition {
        condition.push("(attribute_not_exists(said) OR said <> :said OR spokeAt <= :old)");
        update = update.expression_attribute_values(":old", n(now.minus(Pace::REPETITION).as_millis()));
    }
    if let Some(rate) = pace.rate {
        update = update.expression_attribute_values(":nowUs", n(now.as_millis() * 1000));
        update = if was_idle {
            set.push("tat = :tat");
            condition.push("(attribute_not_exists(tat) OR tat <= :nowUs)");
            update.expression_attribute_values(":tat", n(rate.first_tat_us(now)))
        } else {
            set.push("tat = tat + :interval");
            condition.push("tat > :nowUs AND tat <= :latest");
            update
                .expression_attribute_values(":interval", n(rate.interval_us()))
                .expression_attribute_values(":latest", n(rate.latest_tat_us(now)))
        };
    }
    let condition = (!condition.is_empty()).then(|| condition.join(" AND "));
    update.update_expression(format!("SET {}", set.join(", "))).set_condition_expression(condition)
}

fn spoken(operation: &'static str, item: Option<&Item>) -> Result<Spoken, StoreError> {
    let Some(item) = item else { return Ok(Spoken::default()) };
    let row = Reader { item, operation };
    Ok(Spoken {
        tat_us: row.optional_number("tat")?,
        at: row.optional_moment("spokeAt")?,
        said: row.optional_text("said")?.map(Fingerprint::stored),
        muted_until: row.optional_moment("mutedUntil")?,
    })
}
