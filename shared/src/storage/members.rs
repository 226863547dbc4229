//! Table `rooms`, items `member#R`, `U`: a user's live connections in a room. Only `presence`
//! writes them, each together with the counts that it changes, in one transaction.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};

use super::attributes::{Reader, expiry, n, s};
use super::{Scope, Store, StoreError, keys};
use crate::domain::{ConnectionId, Feed, Member, MemberChange, Role, RoomId, Timestamp, UserId, Username};

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
    /// What for. Whoever watches the room's numbers is no member of it, and has a row so that the
    /// connections of the service can be counted once each.
    pub feed: Feed,
}

impl MemberKey {
    /// What the user's connections are counted in.
    pub fn scopes(&self) -> Vec<Scope> {
        match self.feed {
            Feed::Chat => vec![Scope::Room(self.room_id.clone()), Scope::Service],
            Feed::Analytics => vec![Scope::Service],
        }
    }
}

/// A member's row as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// Whose.
    pub key: MemberKey,
    /// What was there.
    pub member: Member,
    /// The name to show, if the user was ever there.
    pub username: Option<Username>,
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
        let item = self.rooms_item(OPERATION, keys::member(key)).await?;
        let Some(item) = &item else {
            return Ok(MemberRow { key: key.clone(), member: Member::default(), username: None });
        };
        let row = Reader { item, operation: OPERATION };
        let username = match item.get("username") {
            None => None,
            Some(_) => Some(row.parsed("username", Username::parse)?),
        };
        Ok(MemberRow { key: key.clone(), member: read(row)?, username })
    }

    /// A user's role in a room, as far as the room knows it: that of the newest connection, until an
    /// hour after the last one went.
    pub async fn member_role(&self, room: &RoomId, user: &UserId) -> Result<Role, StoreError> {
        const OPERATION: &str = "member_role";
        let key = MemberKey { room_id: room.clone(), user_id: user.clone(), feed: Feed::Chat };
        let item = self.rooms_item(OPERATION, keys::member(&key)).await?;
        let Some(item) = &item else { return Ok(Role::Viewer) };
        let role = Reader { item, operation: OPERATION }.optional_text("role")?;
        Ok(role.map_or(Role::Viewer, Role::parse))
    }

    /// Writes the rows and the counts they change, all or none. `false` where somebody else wrote
    /// one of the rows since it was read or is writing one of them now, or where there is too much
    /// load: read again, and let `attempt` grow, so that other counters are met. At most 25 rows:
    /// with their counters they stay under the 100 actions of a transaction.
    pub async fn members_write(
        &self,
        updates: &[MemberUpdate],
        attempt: u32,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const OPERATION: &str = "members_write";
        let mut transaction = self.client.transact_write_items();
        let built =
            |error| StoreError::Request { operation: OPERATION, throttled: false, source: Box::new(error) };
        for update in updates {
            let update = self.member_row(update, now).build().map_err(built)?;
            transaction = transaction.transact_items(TransactWriteItem::builder().update(update).build());
        }
        for ((pk, sk), (members, connections)) in count_changes(updates, attempt) {
            let update = Update::builder()
                .table_name(&self.tables.rooms)
                .key("pk", s(pk))
                .key("sk", s(sk))
                .update_expression("ADD members :members, connections :connections, version :one")
                .expression_attribute_values(":members", n(members))
                .expression_attribute_values(":connections", n(connections))
                .expression_attribute_values(":one", n(1));
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

    /// Takes back that the room was told of a user, whose connections were all gone when the row was
    /// read. `false` as in [`Store::members_write`].
    pub async fn member_retract(&self, row: &MemberRow) -> Result<bool, StoreError> {
        let (pk, sk) = keys::member(&row.key);
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.rooms)
            .key("pk", s(pk))
            .key("sk", s(sk))
            .update_expression("SET version = :next REMOVE announced")
            .condition_expression("version = :read AND attribute_not_exists(live)")
            .expression_attribute_values(":next", n(row.member.version + 1))
            .expression_attribute_values(":read", n(row.member.version));
        let Err(error) = update.send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(
                UpdateItemError::ConditionalCheckFailedException(_)
                | UpdateItemError::TransactionConflictException(_),
            ) => Ok(false),
            _ => Err(StoreError::request("member_retract")(error)),
        }
    }

    fn member_row(
        &self,
        update: &MemberUpdate,
        now: Timestamp,
    ) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
        let MemberUpdate { row, change, profile } = update;
        let (pk, sk) = keys::member(&row.key);
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
            remove.extend(["live", "activeBucket", "members"]);
            set.push("expiresAt = :expiry");
            builder = builder.expression_attribute_values(":expiry", expiry(now.plus(TOMBSTONE_LIFETIME)));
        } else {
            let live = change.live.iter().map(|id| id.as_str().to_owned()).collect();
            set.extend(["live = :live", "activeBucket = :bucket", "members = :one"]);
            remove.push("expiresAt");
            builder = builder
                .expression_attribute_values(":live", AttributeValue::Ss(live))
                .expression_attribute_values(":bucket", s(keys::member_bucket(&row.key)))
                .expression_attribute_values(":one", n(1));
        }
        if change.joins {
            set.extend(["announced = :true", "since = :since"]);
            builder = builder
                .expression_attribute_values(":true", AttributeValue::Bool(true))
                .expression_attribute_values(":since", n(now.as_millis()));
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

/// Net changes of the counters. A transaction may touch an item only once, and concurrent ones
/// conflict on an item that both touch: so of the lanes of each count a transaction touches one, any
/// one, and another one when it is tried again.
fn count_changes(updates: &[MemberUpdate], attempt: u32) -> BTreeMap<(String, String), (i64, i64)> {
    let Some(first) = updates.first() else { return BTreeMap::new() };
    let lane = keys::lane(&first.row.key.user_id, attempt);
    let mut changes = BTreeMap::<_, (i64, i64)>::new();
    for MemberUpdate { row, change, .. } in updates {
        for scope in row.key.scopes() {
            let (members, connections) = changes.entry(keys::count(&scope, lane)).or_default();
            *members += if row.key.feed == Feed::Chat { change.members } else { 0 };
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
    let announced = row.flag("announced")?;
    Ok(Member { live, announced, version: row.number("version")? })
}
