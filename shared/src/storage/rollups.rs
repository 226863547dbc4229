//! Table `analytics`: what is counted of a room's minutes, hours and days, and of the service's
//! minutes, with a total for each. Only `analytics` writes these rows, and whoever erases a user what is
//! older than the messages, each on condition that it is still the version that was read.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::attributes::{Item, Reader, expiry, n, s};
use super::{Store, StoreError, keys};
use crate::domain::analytics::{Damaged, Day, Hour, Ledger, Minute, Rollup, ServiceMinute};
use crate::domain::{RoomId, Timestamp};

/// Items of one answer. Rows are at most 300 KB and an answer at most 1 MB, so there can be several.
const PAGE: i32 = 100;

/// Whose numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AnalyticsScope {
    /// One room's.
    Room(RoomId),
    /// All rooms' of one lane: [`crate::domain::analytics::service_lane`].
    Service(u64),
}

/// A row's place within its scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// A minute.
    Minute(Minute),
    /// An hour.
    Hour(Hour),
    /// A day.
    Day(Day),
}

/// A row as it was read: a version of 0 where there is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Versioned<T> {
    /// What it says.
    pub value: T,
    /// Grows by 1 with every write.
    pub version: u64,
}

impl Store {
    /// What is counted of a room's minute, hour or day, read consistently.
    pub async fn rollup_get(&self, room: &RoomId, bucket: Bucket) -> Result<Versioned<Rollup>, StoreError> {
        let scope = AnalyticsScope::Room(room.clone());
        self.analytics_get("rollup_get", &scope, keys::bucket(bucket), Rollup::from_bytes).await
    }

    /// Writes it; `false` where somebody else wrote since `read` was read.
    pub async fn rollup_put(
        &self,
        room: &RoomId,
        bucket: Bucket,
        read: u64,
        rollup: &Rollup,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let scope = AnalyticsScope::Room(room.clone());
        let (bucket, data) = (keys::bucket(bucket), rollup.to_bytes());
        self.analytics_put("rollup_put", &scope, bucket, read, data, Some(expires_at)).await
    }

    /// A room's minutes that have messages, from `first` to `last`, both included.
    pub async fn rollup_minutes(
        &self,
        room: &RoomId,
        first: Minute,
        last: Minute,
    ) -> Result<BTreeMap<Minute, Versioned<Rollup>>, StoreError> {
        let ends = (Bucket::Minute(first), Bucket::Minute(last));
        let scope = AnalyticsScope::Room(room.clone());
        let rows = self.analytics_between("rollup_minutes", &scope, ends, Rollup::from_bytes).await?;
        Ok(rows.into_iter().map(|(start, row)| (Minute::of(start), row)).collect())
    }

    /// A room's hours that were folded, from `first` to `last`, both included.
    pub async fn rollup_hours(
        &self,
        room: &RoomId,
        first: Hour,
        last: Hour,
    ) -> Result<BTreeMap<Hour, Versioned<Rollup>>, StoreError> {
        let ends = (Bucket::Hour(first), Bucket::Hour(last));
        let scope = AnalyticsScope::Room(room.clone());
        let rows = self.analytics_between("rollup_hours", &scope, ends, Rollup::from_bytes).await?;
        Ok(rows.into_iter().map(|(start, row)| (Minute::of(start).hour(), row)).collect())
    }

    /// A room's days that were folded, from `first` to `last`, both included.
    pub async fn rollup_days(
        &self,
        room: &RoomId,
        first: Day,
        last: Day,
    ) -> Result<BTreeMap<Day, Versioned<Rollup>>, StoreError> {
        let ends = (Bucket::Day(first), Bucket::Day(last));
        let scope = AnalyticsScope::Room(room.clone());
        let rows = self.analytics_between("rollup_days", &scope, ends, Rollup::from_bytes).await?;
        Ok(rows.into_iter().map(|(start, row)| (Minute::of(start).hour().day(), row)).collect())
    }

    /// Writes what is there already anew, and lets it expire when it would have; `false` where somebody
    /// else wrote since `read` was read, or where it expired.
    pub async fn rollup_revise(
        &self,
        room: &RoomId,
        bucket: Bucket,
        read: u64,
        rollup: &Rollup,
    ) -> Result<bool, StoreError> {
        const OPERATION: &str = "rollup_revise";
        let scope = AnalyticsScope::Room(room.clone());
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.analytics)
            .key("scope", s(keys::analytics_scope(&scope)))
            .key("bucket", s(keys::bucket(bucket)))
            .update_expression("SET version = :next, #data = :data")
            .condition_expression("version = :read")
            .expression_attribute_names("#data", "data")
            .expression_attribute_values(":read", n(read))
            .expression_attribute_values(":next", n(read + 1))
            .expression_attribute_values(":data", AttributeValue::B(Blob::new(rollup.to_bytes())));
        StoreError::unless_refused(OPERATION, update.send().await)
    }

    /// A minute of the service's rooms of one lane, read consistently.
    pub async fn service_minute_get(
        &self,
        lane: u64,
        minute: Minute,
    ) -> Result<Versioned<ServiceMinute>, StoreError> {
        let bucket = keys::bucket(Bucket::Minute(minute));
        let scope = AnalyticsScope::Service(lane);
        self.analytics_get("service_minute_get", &scope, bucket, ServiceMinute::from_bytes).await
    }

    /// Writes it; `false` where somebody else wrote since `read` was read.
    pub async fn service_minute_put(
        &self,
        lane: u64,
        minute: Minute,
        read: u64,
        value: &ServiceMinute,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let scope = AnalyticsScope::Service(lane);
        let (bucket, data) = (keys::bucket(Bucket::Minute(minute)), value.to_bytes());
        self.analytics_put("service_minute_put", &scope, bucket, read, data, Some(expires_at)).await
    }

    /// Minutes of one lane that have messages, from `first` to `last`, both included.
    pub async fn service_minutes(
        &self,
        lane: u64,
        first: Minute,
        last: Minute,
    ) -> Result<BTreeMap<Minute, Versioned<ServiceMinute>>, StoreError> {
        let ends = (Bucket::Minute(first), Bucket::Minute(last));
        let scope = AnalyticsScope::Service(lane);
        let rows = self.analytics_between("service_minutes", &scope, ends, ServiceMinute::from_bytes).await?;
        Ok(rows.into_iter().map(|(start, row)| (Minute::of(start), row)).collect())
    }

    /// A scope's running total, read consistently.
    pub async fn ledger_get(&self, scope: &AnalyticsScope) -> Result<Versioned<Ledger>, StoreError> {
        self.analytics_get("ledger_get", scope, keys::LEDGER.to_owned(), Ledger::from_bytes).await
    }

    /// Writes it; `false` where somebody else wrote since `read` was read. Kept for ever.
    pub async fn ledger_put(
        &self,
        scope: &AnalyticsScope,
        read: u64,
        ledger: &Ledger,
    ) -> Result<bool, StoreError> {
        self.analytics_put("ledger_put", scope, keys::LEDGER.to_owned(), read, ledger.to_bytes(), None).await
    }

    pub(super) async fn analytics_get<T: Default>(
        &self,
        operation: &'static str,
        scope: &AnalyticsScope,
        bucket: String,
        parse: impl Fn(&[u8]) -> Result<T, Damaged>,
    ) -> Result<Versioned<T>, StoreError> {
        let get = self.client.get_item().table_name(&self.tables.analytics).consistent_read(true);
        let get = get.key("scope", s(keys::analytics_scope(scope))).key("bucket", s(bucket));
        match get.send().await.map_err(StoreError::request(operation))?.item {
            Some(item) => row(Reader { item: &item, operation }, parse),
            None => Ok(Versioned::default()),
        }
    }

    pub(super) async fn analytics_put(
        &self,
        operation: &'static str,
        scope: &AnalyticsScope,
        bucket: String,
        read: u64,
        data: Vec<u8>,
        expires_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let mut item = Item::from([
            ("scope".to_owned(), s(keys::analytics_scope(scope))),
            ("bucket".to_owned(), s(bucket)),
            ("version".to_owned(), n(read + 1)),
            ("data".to_owned(), AttributeValue::B(Blob::new(data))),
        ]);
        if let Some(at) = expires_at {
            item.insert("expiresAt".to_owned(), expiry(at));
        }
        let put = self.client.put_item().table_name(&self.tables.analytics).set_item(Some(item));
        let put = match read {
            0 => put.condition_expression("attribute_not_exists(version)"),
            read => put.condition_expression("version = :read").expression_attribute_values(":read", n(read)),
        };
        StoreError::unless_refused(operation, put.send().await)
    }

    /// Rows of a kind by their starts, page after page.
    async fn analytics_between<T>(
        &self,
        operation: &'static str,
        scope: &AnalyticsScope,
        (first, last): (Bucket, Bucket),
        parse: impl Fn(&[u8]) -> Result<T, Damaged>,
    ) -> Result<Vec<(Timestamp, Versioned<T>)>, StoreError> {
        let mut rows = Vec::new();
        let mut from = None;
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.tables.analytics)
                .consistent_read(true)
                .limit(PAGE)
                .key_condition_expression("#scope = :scope AND #bucket BETWEEN :first AND :last")
                .expression_attribute_names("#scope", "scope")
                .expression_attribute_names("#bucket", "bucket")
                .expression_attribute_values(":scope", s(keys::analytics_scope(scope)))
                .expression_attribute_values(":first", s(keys::bucket(first)))
                .expression_attribute_values(":last", s(keys::bucket(last)))
                .set_exclusive_start_key(from);
            let answer = query.send().await.map_err(StoreError::request(operation))?;
            for item in answer.items.as_deref().unwrap_or_default() {
                let reader = Reader { item, operation };
                rows.push((reader.parsed("bucket", keys::bucket_start)?, row(reader, &parse)?));
            }
            from = answer.last_evaluated_key;
            if from.is_none() {
                return Ok(rows);
            }
        }
    }
}

fn row<T>(
    reader: Reader<'_>,
    parse: impl Fn(&[u8]) -> Result<T, Damaged>,
) -> Result<Versioned<T>, StoreError> {
    let Some(AttributeValue::B(data)) = reader.item.get("data") else { return Err(reader.malformed("data")) };
    let value = parse(data.as_ref()).map_err(|_| reader.malformed("data"))?;
    Ok(Versioned { value, version: reader.number("version")? })
}
