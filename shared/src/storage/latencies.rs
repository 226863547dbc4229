//! Table `analytics`, items `all#lane`, `latency#…`: how long deliveries took, minute by minute, and
//! what was stored last. Written by `send-message`, by plain additions: an addition whose answer was
//! lost is made twice, which moves no quantile that anybody would see.

use std::fmt::Write as _;

use super::attributes::{Reader, expiry, n, s};
use super::{AnalyticsScope, Store, StoreError, keys};
use crate::domain::Timestamp;
use crate::domain::analytics::{Latencies, Minute, retention};
use crate::meter::Deliveries;

/// Rows of one answer; more than the minutes that are ever asked for.
const PAGE: i32 = 100;

/// A minute of one lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatencyMinute {
    /// Of the messages whose delivery was written down in it.
    pub latencies: Latencies,
    /// When the oldest of them was said.
    pub first: Timestamp,
    /// And the newest.
    pub last: Timestamp,
}

impl Store {
    /// Adds deliveries to the minute of the newest of them.
    pub async fn latencies_add(&self, lane: u64, deliveries: &Deliveries) -> Result<(), StoreError> {
        let Deliveries { latencies, first, last } = deliveries;
        let mut update = self
            .client
            .update_item()
            .table_name(&self.tables.analytics)
            .key("scope", s(keys::analytics_scope(&AnalyticsScope::Service(lane))))
            .key("bucket", s(keys::latency(Minute::of(*last))))
            .expression_attribute_names("#first", "first")
            .expression_attribute_names("#last", "last")
            .expression_attribute_values(":first", n(first.as_millis()))
            .expression_attribute_values(":last", n(last.as_millis()))
            .expression_attribute_values(":expiry", expiry(last.plus(retention::LONG)));
        let mut expression = "SET #first = if_not_exists(#first, :first), #last = :last, \
                              expiresAt = :expiry ADD"
            .to_owned();
        for (position, (bucket, count)) in latencies.buckets().enumerate() {
            let separator = if position == 0 { "" } else { "," };
            // Writing to a String cannot fail.
            let _infallible = write!(expression, "{separator} b{bucket} :b{bucket}");
            update = update.expression_attribute_values(format!(":b{bucket}"), n(count));
        }
        update.update_expression(expression).send().await.map_err(StoreError::request("latencies_add"))?;
        Ok(())
    }

    /// A lane's minutes from one to another, both included.
    pub async fn latency_minutes(
        &self,
        lane: u64,
        first: Minute,
        last: Minute,
    ) -> Result<Vec<LatencyMinute>, StoreError> {
        const OPERATION: &str = "latency_minutes";
        let answer = self
            .client
            .query()
            .table_name(&self.tables.analytics)
            .limit(PAGE)
            .key_condition_expression("#scope = :scope AND #bucket BETWEEN :first AND :last")
            .expression_attribute_names("#scope", "scope")
            .expression_attribute_names("#bucket", "bucket")
            .expression_attribute_values(":scope", s(keys::analytics_scope(&AnalyticsScope::Service(lane))))
            .expression_attribute_values(":first", s(keys::latency(first)))
            .expression_attribute_values(":last", s(keys::latency(last)))
            .send()
            .await
            .map_err(StoreError::request(OPERATION))?;
        answer.items().iter().map(|item| read(Reader { item, operation: OPERATION })).collect()
    }
}

fn read(row: Reader<'_>) -> Result<LatencyMinute, StoreError> {
    let mut latencies = Latencies::default();
    for (name, value) in row.item {
        let bucket = name.strip_prefix('b').and_then(|bucket| bucket.parse().ok());
        let count = value.as_n().ok().and_then(|count| count.parse().ok());
        if let (Some(bucket), Some(count)) = (bucket, count) {
            latencies.add(bucket, count);
        }
    }
    Ok(LatencyMinute { latencies, first: row.moment("first")?, last: row.moment("last")? })
}
