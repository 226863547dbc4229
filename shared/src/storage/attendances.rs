//! Table `rooms`, items `summary#…`: what a room's counters add up to, or the service's, and the most
//! they ever did. Written by `presence` after it counted; by plain updates, so that no transaction
//! ever waits for one of these rows.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

use super::attributes::{Reader, expiry, n, s};
use super::counts::{Lanes, key, lane_keys};
use super::{Scope, Store, StoreError, keys};
use crate::domain::{Attendance, Counts, Reading, Timestamp};

/// How long the summary of a room that everybody has left is kept, and its peak with it.
const ABANDONED_LIFETIME: Duration = Duration::from_secs(30 * 86_400);

/// Readings of the counters until two in a row agree. If none do, somebody is counting all the time,
/// and whoever is last reads them at rest.
const READINGS: usize = 4;

/// Rounds against others who write the same summary, each of whom has taken in what they read.
const ROUNDS: u32 = 8;
const FIRST_BACKOFF: Duration = Duration::from_millis(5);

impl Store {
    /// The summary of a room or of the service: what the counters said when they last changed, and
    /// the peak. Of a room that nobody has been in for 30 days, nothing.
    pub async fn attendance(&self, scope: &Scope) -> Result<Attendance, StoreError> {
        const OPERATION: &str = "attendance";
        let item = self.rooms_item(OPERATION, keys::summary(scope)).await?;
        item.map_or(Ok(Attendance::default()), |item| read(Reader { item: &item, operation: OPERATION }))
    }

    /// Takes what the counters say now into the summary, after a change of this time. Repeated or
    /// overtaken, it does no harm: of two readings the newer one stays, by the counters' versions.
    /// Whoever changes the counters last also reads them last, so that at rest the summary is exact.
    pub async fn attendance_take(&self, scope: &Scope, at: Timestamp) -> Result<Attendance, StoreError> {
        const OPERATION: &str = "attendance_take";
        let (mut mine, mut most) = (0, Counts::default());
        for round in 0..ROUNDS {
            let (before, lanes) = self.summary_and_lanes(OPERATION, scope).await?;
            // Somebody who read later than we did at first has written.
            if round > 0 && before.version >= mine && before.peak == before.peak.max(most) {
                return Ok(before);
            }
            let reading = self.reading(OPERATION, scope, lanes, &before, at).await?;
            let next = before.with(reading, most, at);
            if next == before {
                return Ok(next);
            }
            // First, because whoever tries again after a failure finds no news in the summary.
            if let Scope::Room(room) = scope {
                self.presence_minute_put(room, &next).await?;
            }
            if self.summary_write(scope, &before, &next, at).await? {
                return Ok(next);
            }
            mine = mine.max(reading.version);
            if reading.at_one_moment {
                most = most.max(reading.counts);
            }
            tokio::time::sleep(FIRST_BACKOFF * 2_u32.pow(round)).await;
        }
        Err(StoreError::Contended { operation: OPERATION })
    }

    async fn summary_and_lanes(
        &self,
        operation: &'static str,
        scope: &Scope,
    ) -> Result<(Attendance, Lanes), StoreError> {
        let mut wanted = lane_keys(scope);
        let summary = keys::summary(scope);
        wanted.push(key(summary.clone()));
        let (mut before, mut lanes) = (Attendance::default(), Lanes::default());
        for item in &self.batch_get(operation, &self.tables.rooms, wanted, None).await? {
            let row = Reader { item, operation };
            if row.text("pk")? == summary.0 { before = read(row)? } else { lanes.add(row)? }
        }
        Ok((before, lanes))
    }

    /// Reads the counters again where they say more than ever before: only what they said at one
    /// moment is a peak.
    async fn reading(
        &self,
        operation: &'static str,
        scope: &Scope,
        mut lanes: Lanes,
        before: &Attendance,
        at: Timestamp,
    ) -> Result<Reading, StoreError> {
        let mut at_one_moment = false;
        if before.is_exceeded_by(lanes.counts(), at) {
            for _ in 1..READINGS {
                let again = self.lanes(operation, scope).await?;
                at_one_moment = again == lanes;
                lanes = again;
                if at_one_moment {
                    break;
                }
            }
        }
        Ok(Reading { counts: lanes.counts(), version: lanes.version(), at_one_moment })
    }

    async fn summary_write(
        &self,
        scope: &Scope,
        before: &Attendance,
        next: &Attendance,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let (pk, sk) = keys::summary(scope);
        let mut set = "SET members = :members, connections = :connections, version = :version, \
                       peakMembers = :peakMembers, peakConnections = :peakConnections, #minute = :minute, \
                       minutePeak = :minutePeak"
            .to_owned();
        let mut update = self
            .client
            .update_item()
            .table_name(&self.tables.rooms)
            .key("pk", s(pk))
            .key("sk", s(sk))
            .expression_attribute_names("#minute", "minute")
            .expression_attribute_values(":members", n(next.now.members))
            .expression_attribute_values(":connections", n(next.now.connections))
            .expression_attribute_values(":version", n(next.version))
            .expression_attribute_values(":peakMembers", n(next.peak.members))
            .expression_attribute_values(":peakConnections", n(next.peak.connections))
            .expression_attribute_values(":minute", n(next.minute))
            .expression_attribute_values(":minutePeak", n(next.minute_peak));
        // Peaks move without the version.
        update = if before.version == 0 {
            update.condition_expression("attribute_not_exists(version)")
        } else {
            update
                .condition_expression(
                    "version = :read AND peakMembers = :readMembers AND peakConnections = :readConnections \
                     AND minutePeak = :readMinutePeak",
                )
                .expression_attribute_values(":read", n(before.version))
                .expression_attribute_values(":readMembers", n(before.peak.members))
                .expression_attribute_values(":readConnections", n(before.peak.connections))
                .expression_attribute_values(":readMinutePeak", n(before.minute_peak))
        };
        if let Scope::Room(room) = scope {
            if next.now.members > 0 {
                set += ", roomId = :room, activeBucket = :bucket REMOVE expiresAt";
                update = update
                    .expression_attribute_values(":room", s(room.as_str()))
                    .expression_attribute_values(":bucket", s(keys::room_bucket(room)));
            } else {
                set += ", expiresAt = :expiry REMOVE activeBucket";
                update = update.expression_attribute_values(":expiry", expiry(at.plus(ABANDONED_LIFETIME)));
            }
        }
        let Err(error) = update.update_expression(set).send().await else { return Ok(true) };
        if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) {
            return Ok(false);
        }
        Err(StoreError::request("attendance_take")(error))
    }
}

fn read(row: Reader<'_>) -> Result<Attendance, StoreError> {
    Ok(Attendance {
        now: Counts { members: row.number("members")?, connections: row.number("connections")? },
        version: row.number("version")?,
        peak: Counts { members: row.number("peakMembers")?, connections: row.number("peakConnections")? },
        minute: row.number("minute")?,
        minute_peak: row.number("minutePeak")?,
    })
}
