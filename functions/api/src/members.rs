//! `GET /api/rooms/{room}/members`: who is there.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::App;
use shared::domain::{Role, RoomId, Timestamp, UserId, Username};
use shared::storage::PresentMember;
use utoipa::{IntoParams, ToSchema};

use crate::caller::Caller;
use crate::parameters::{self, Parameters, RoomPath};
use crate::problem::Problem;

/// Some of a room's members, in the order of their ids.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberPage {
    #[schema(value_type = RoomId)]
    room_id: String,
    /// Of members in this page.
    #[schema(maximum = 200)]
    count: usize,
    #[schema(max_items = 200)]
    members: Vec<Member>,
    /// `after` of the next page; `null` at the end. A page can be empty and not be the last.
    #[schema(value_type = Option<UserId>)]
    next: Option<String>,
}

/// A user with a connection.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Member {
    #[schema(value_type = UserId)]
    user_id: String,
    /// That the newest connection came with.
    #[schema(value_type = Username)]
    username: String,
    /// Absent for a viewer.
    #[schema(value_type = Role)]
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    /// Somebody who was back within seconds never left.
    #[schema(value_type = Timestamp)]
    joined_at: String,
    #[schema(minimum = 1)]
    connections: usize,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct MembersQuery {
    /// Members at the most; a number over 200 means 200.
    #[param(value_type = Option<u64>, minimum = 1, default = 50)]
    limit: Option<String>,
    /// The `next` of an earlier page.
    #[param(value_type = Option<UserId>)]
    after: Option<String>,
}

/// Who is in a room.
#[utoipa::path(
    get,
    path = "/api/rooms/{room}/members",
    tag = "rooms",
    params(("room" = RoomId, Path), MembersQuery),
    responses((status = 200, description = "A page, in the order of ids", body = MemberPage), Problem)
)]
pub(crate) async fn members(
    State(app): State<Arc<App>>,
    caller: Caller,
    RoomPath(room): RoomPath,
    Parameters(query): Parameters<MembersQuery>,
) -> Result<Json<MemberPage>, Problem> {
    caller.enter(&app.store, &room).await?;
    let after = query.after.as_deref().map(UserId::parse).transpose();
    let after = after.map_err(|_| Problem::invalid("after", "must be the `next` of an earlier page"))?;
    let limit = parameters::limit(query.limit.as_deref())?;

    let page = app.store.room_members(&room, limit, after.as_ref()).await?;

    Ok(Json(MemberPage {
        room_id: room.to_string(),
        count: page.members.len(),
        members: page.members.into_iter().map(Member::new).collect(),
        next: page.next.map(|user| user.to_string()),
    }))
}

impl Member {
    fn new(member: PresentMember) -> Self {
        Self {
            user_id: member.user_id.to_string(),
            username: member.username.as_str().to_owned(),
            role: (member.role != Role::Viewer).then(|| member.role.as_str()),
            joined_at: member.since.to_string(),
            connections: member.connections,
        }
    }
}
