//! Table `analytics`, items `room#R`, `presence#…`: how many members a room had, by the minutes in
//! which that changed. Written with the room's summary.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

use super::attributes::{Reader, expiry, n, s};
use super::{AnalyticsScope, Store, StoreError, keys};
use crate::domain::{Attendance, RoomId, Timestamp};

/// How long a minute is kept: a year and a day, so that a year can be looked back on.
const LIFETIME: Duration = Duration::from_secs(366 * 86_400);

/// Minutes read at once, about 0.1 KB each: a week of them.
const MOST_MINUTES: usize = 7 * 24 * 60;

/// A minute in which a room's number of members changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresenceMinute {
    /// Its first moment.
    pub minute: Timestamp,
    /// Members at its end.
    pub members: u64,
    /// The most in it, those included who were there when it began.
    pub peak: u64,
}

impl Store {
    /// A room's minutes from `from` on and before `until`, oldest first, 10,080 at the most. In the
    /// minutes between them nothing changed. The first one may be older than `from`: it says how
    /// many there were then.
    pub async fn presence_minutes(
        &self,
        room: &RoomId,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<PresenceMinute>, StoreError> {
        let older = self.minutes_between(room, None, from, false, 1).await?;
        if until <= from {
            return Ok(older);
        }
        let asked = self.minutes_between(room, Some(from), until, true, MOST_MINUTES).await?;
        Ok(older.into_iter().chain(asked).collect())
    }

    async fn minutes_between(
        &self,
        room: &RoomId,
        from: Option<Timestamp>,
        until: Timestamp,
        oldest_first: bool,
        limit: usize,
    ) -> Result<Vec<PresenceMinute>, StoreError> {
        const OPERATION: &str = "presence_minutes";
        let mut minutes = Vec::new();
        let mut start = None;
        while minutes.len() < limit {
            let answer = self
                .client
                .query()
                .table_name(&self.tables.analytics)
                .key_condition_expression("#scope = :scope AND #bucket BETWEEN :from AND :until")
                .expression_attribute_names("#scope", "scope")
                .expression_attribute_names("#bucket", "bucket")
                .expression_attribute_values(
                    ":scope",
                    s(keys::analytics_scope(&AnalyticsScope::Room(room.clone()))),
                )
                .expression_attribute_values(
                    ":from",
                    s(from.map_or_else(keys::first_presence, keys::presence)),
                )
                // Without its last character a key sorts before the whole one.
                .expression_attribute_values(":until", s(keys::before_presence(until)))
                .scan_index_forward(oldest_first)
                .set_exclusive_start_key(start)
                .limit(i32::try_from(limit - minutes.len()).unwrap_or(i32::MAX))
                .send()
                .await
                .map_err(StoreError::request(OPERATION))?;
            for item in answer.items() {
                minutes.push(read(Reader { item, operation: OPERATION })?);
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(minutes)
    }

    /// Takes a room's newest minute over from its summary; an older one is not written over a newer.
    pub(super) async fn presence_minute_put(
        &self,
        room: &RoomId,
        next: &Attendance,
    ) -> Result<(), StoreError> {
        const OPERATION: &str = "presence_minute_put";
        let minute = Timestamp::from_millis(next.minute)
            .map_err(|_| StoreError::Malformed { operation: OPERATION, attribute: "minute" })?;
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.analytics)
            .key("scope", s(keys::analytics_scope(&AnalyticsScope::Room(room.clone()))))
            .key("bucket", s(keys::presence(minute)))
            .update_expression(
                "SET #minute = :minute, members = :members, peak = :peak, version = :version, expiresAt = :expiry",
            )
            .condition_expression(
                "attribute_not_exists(version) OR version < :version OR (version = :version AND peak < :peak)",
            )
            .expression_attribute_names("#minute", "minute")
            .expression_attribute_values(":minute", n(next.minute))
            .expression_attribute_values(":members", n(next.now.members))
            .expression_attribute_values(":peak", n(next.minute_peak))
            .expression_attribute_values(":version", n(next.version))
            .expression_attribute_values(":expiry", expiry(minute.plus(LIFETIME)));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(StoreError::request(OPERATION)(error)),
        }
    }
}

fn read(row: Reader<'_>) -> Result<PresenceMinute, StoreError> {
    Ok(PresenceMinute {
        minute: row.moment("minute")?,
        members: row.number("members")?,
        peak: row.number("peak")?,
    })
}
