//! Table `rooms`, items `member#R`, `U`: a user's live connections in a room. Only `presence`
//! writes them, each together with the counts that it changes, in one transaction.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};

use super::attributes::{Reader, expiry, n, s};
use super::{Store, StoreError, keys};
use crate::domain::{ConnectionId, Member, MemberChange, Role, RoomId, Timestamp, UserId, Username};

/// How long the row of a user who left is kept. It fences off whoever read an older version, and
/// nobody holds on to one for longer than an invocation can last, which is 15 minutes.
const TOMBSTONE_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// Reasons of a cancelled transaction that another attempt may not meet. The SDK tries none of them
/// again, throttling included: to it they are all one error.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const PASSING: [&str; 5] = [
    "None",
    "ConditionalCheckFailed",
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
];

/// A user in a room.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberKey {
    /// Where.
    pub room_id: RoomId,
    /// Who.
    pub user_id: UserId,
}

/// A member's row as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// Whose.
    pub key: MemberKey,
    /// What was there.
    pub member: Member,
}

/// What to write over a row that was read.
#[derive(Clone, Debug)]
pub struct MemberUpdate {
    /// What was there.
    pub row: MemberRow,
    /// What shall be there.
    pub change: MemberChange,
    /// The name and role that the user's newest connection came with, if one is known.
    pub profile: Option<(Username, Role)>,
}

impl Store {
    /// A member's row, read consistently; a version of 0 where there is none.
    pub async fn member_get(&self, key: &MemberKey) -> Result<MemberRow, StoreError> {
        const OPERATION: &str = "member_get";
        let item = self.rooms_item(OPERATION, keys::member(&key.room_id, &key.user_id)).await?;
        let member = match &item {
            None => Member::default(),
            Some(item) => read(Reader { item, operation: OPERATION })?,
        };
        Ok(MemberRow { key: key.clone(), member })
    }

    /// Writes the rows and the counts they change, all or none. `false` where somebody else wrote
    /// one of the rows since it was read or is writing one of them now, or where there is too much
    /// load: read again. At most 25 rows: with their counters they stay under the 100 actions of a
    /// transaction.
    pub async fn members_write(&self, updates: &[MemberUpdate], now: Timestamp) -> Result<bool, StoreError> {
        const OPERATION: &str = "members_write";
        let mut transaction = self.client.transact_write_items();
        let built =
            |error| StoreError::Request { operation: OPERATION, throttled: false, source: Box::new(error) };
        for update in updates {
            let update = self.member_row(update, now).build().map_err(built)?;
            transaction = transaction.transact_items(TransactWriteItem::builder().update(update).build());
        }
        for ((pk, sk), (members, connections)) in count_changes(updates) {
            let update = Update::builder()
                .table_name(&self.tables.rooms)
                .key("pk", s(pk))
                .key("sk", s(sk))
                .update_expression("ADD members :members, connections :connections")
                .expression_attribute_values(":members", n(members))
                .expression_attribute_values(":connections", n(connections));
            let update = update.build().map_err(built)?;
            transaction = transaction.transact_items(TransactWriteItem::builder().update(update).build());
        }
        let Err(error) = transaction.send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
                let mut codes = canceled.cancellation_reasons().iter().filter_map(|reason| reason.code());
                if codes.all(|code| PASSING.contains(&code)) {
                    return Ok(false);
                }
                Err(StoreError::request(OPERATION)(error))
            }
            Some(TransactWriteItemsError::TransactionInProgressException(_)) => Ok(false),
            _ => Err(StoreError::request(OPERATION)(error)),
        }
    }

    fn member_row(
        &self,
        update: &MemberUpdate,
        now: Timestamp,
    ) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
        let MemberUpdate { row, change, profile } = update;
        let (pk, sk) = keys::member(&row.key.room_id, &row.key.user_id);
        let mut set = vec!["version = :next"];
        let mut remove = vec![];
        let mut builder = Update::builder()
            .table_name(&self.tables.rooms)
            .key("pk", s(pk))
            .key("sk", s(sk))
            .expression_attribute_values(":next", n(row.member.version + 1));
        builder = if row.member.version == 0 {
            builder.condition_expression("attribute_not_exists(version)")
        } else {
            builder
                .condition_expression("version = :read")
                .expression_attribute_values(":read", n(row.member.version))
        };
        if change.live.is_empty() {
            // DynamoDB has no empty sets.
            remove.push("live");
            set.push("expiresAt = :expiry");
            builder = builder.expression_attribute_values(":expiry", expiry(now.plus(TOMBSTONE_LIFETIME)));
        } else {
            let live = change.live.iter().map(|id| id.as_str().to_owned()).collect();
            set.push("live = :live");
            remove.push("expiresAt");
            builder = builder.expression_attribute_values(":live", AttributeValue::Ss(live));
        }
        if change.members == 1 {
            set.push("since = :since");
            builder = builder.expression_attribute_values(":since", n(now.as_millis()));
        }
        if let Some((username, role)) = profile {
            set.extend(["username = :username", "#role = :role"]);
            builder = builder
                .expression_attribute_names("#role", "role")
                .expression_attribute_values(":username", s(username.as_str()))
                .expression_attribute_values(":role", s(role.as_str()));
        }
        builder.update_expression(format!("SET {} REMOVE {}", set.join(", "), remove.join(", ")))
    }
}

/// Net changes of the counters, each counter once: a transaction may touch an item only once.
fn count_changes(updates: &[MemberUpdate]) -> BTreeMap<(String, String), (i64, i64)> {
    let mut changes = BTreeMap::<_, (i64, i64)>::new();
    for MemberUpdate { row, change, .. } in updates {
        let lane = keys::lane(&row.key.user_id);
        for counter in [keys::room_count(&row.key.room_id, lane), keys::service_count(lane)] {
            let (members, connections) = changes.entry(counter).or_default();
            *members += change.members;
            *connections += change.connections;
        }
    }
    changes.retain(|_, change| *change != (0, 0));
    changes
}

fn read(row: Reader<'_>) -> Result<Member, StoreError> {
    let live = match row.item.get("live") {
        None => Default::default(),
        Some(AttributeValue::Ss(ids)) => ids.iter().map(ConnectionId::new).collect(),
        Some(_) => return Err(row.malformed("live")),
    };
    Ok(Member { live, version: row.number("version")? })
}
