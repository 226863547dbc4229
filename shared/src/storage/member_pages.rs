//! Table `rooms`, items `member#R`: who is in a room, for people to see.

use aws_sdk_dynamodb::types::AttributeValue;

use super::attributes::{Reader, s};
use super::counts::key;
use super::{Store, StoreError, keys};
use crate::domain::{Role, RoomId, Timestamp, UserId, Username};

/// Rows read at once. Those of users who left within the last hour are among them and passed over.
const PAGE: usize = 100;

/// Requests for one page: who asks for ever so many members gets those that they find.
const REQUESTS: usize = 20;

/// A user with a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresentMember {
    /// Who.
    pub user_id: UserId,
    /// The name that the newest connection came with.
    pub username: Username,
    /// What they may do.
    pub role: Role,
    /// When the first of the connections came; somebody who was back within seconds never left.
    pub since: Timestamp,
    /// How many connections there are.
    pub connections: usize,
}

/// Some of a room's members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberPage {
    /// In the order of their ids.
    pub members: Vec<PresentMember>,
    /// After whom to go on, if there may be more.
    pub next: Option<UserId>,
}

impl Store {
    /// At most `limit` members of a room, from the one after `after` on; read consistently. A page
    /// ends early after 2,000 rows.
    pub async fn room_members(
        &self,
        room: &RoomId,
        limit: usize,
        after: Option<&UserId>,
    ) -> Result<MemberPage, StoreError> {
        const OPERATION: &str = "room_members";
        let mut page = MemberPage { members: Vec::new(), next: after.cloned() };
        for _ in 0..REQUESTS {
            let start = page.next.take().map(|user| key((keys::members(room), user.to_string())));
            let answer = self
                .client
                .query()
                .table_name(&self.tables.rooms)
                .consistent_read(true)
                .key_condition_expression("pk = :room")
                .filter_expression("attribute_exists(live)")
                .expression_attribute_values(":room", s(keys::members(room)))
                .set_exclusive_start_key(start)
                .limit(i32::try_from((limit - page.members.len()).clamp(1, PAGE)).unwrap_or(i32::MAX))
                .send()
                .await
                .map_err(StoreError::request(OPERATION))?;
            for item in answer.items() {
                page.members.push(present(Reader { item, operation: OPERATION })?);
            }
            if let Some(item) = &answer.last_evaluated_key {
                let row = Reader { item, operation: OPERATION };
                page.next = Some(row.parsed("sk", UserId::parse)?);
            }
            if page.next.is_none() || page.members.len() >= limit {
                break;
            }
        }
        Ok(page)
    }
}

fn present(row: Reader<'_>) -> Result<PresentMember, StoreError> {
    let Some(AttributeValue::Ss(live)) = row.item.get("live") else { return Err(row.malformed("live")) };
    Ok(PresentMember {
        user_id: row.parsed("sk", UserId::parse)?,
        username: row.parsed("username", Username::parse)?,
        role: Role::parse(row.text("role")?),
        since: row.moment("since")?,
        connections: live.len(),
    })
}
