//! `GET /api/rooms/{room}/moderation`: what was done to keep order in a room.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::App;
use shared::domain::{LogId, RoomId};
use shared::protocol::ModerationEntry;
use utoipa::{IntoParams, ToSchema};

use crate::caller::Caller;
use crate::now::Now;
use crate::parameters::{self, Parameters, RoomPath};
use crate::problem::Problem;

/// Some of a room's moderation log, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogPage {
    #[schema(value_type = RoomId)]
    room_id: String,
    /// Of entries in this page.
    #[schema(maximum = 200)]
    count: usize,
    #[schema(max_items = 200)]
    entries: Vec<ModerationEntry>,
    /// `before` of the next page; `null` at the end.
    #[schema(example = "001795509060123-0000beef")]
    next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LogQuery {
    /// Entries at the most; a number over 200 means 200.
    #[param(value_type = Option<u64>, minimum = 1, default = 50)]
    limit: Option<String>,
    /// The `next` of an earlier page.
    #[param(pattern = r"^\d{15}-[0-9a-f]{8}$", example = "001795509060123-0000beef")]
    before: Option<String>,
}

/// What was done to keep order in a room: for its moderators.
#[utoipa::path(
    get,
    path = "/api/rooms/{room}/moderation",
    tag = "rooms",
    params(("room" = RoomId, Path), LogQuery),
    responses((status = 200, description = "A page, newest first", body = LogPage), Problem)
)]
pub(crate) async fn moderation(
    State(app): State<Arc<App>>,
    caller: Caller,
    RoomPath(room): RoomPath,
    Parameters(query): Parameters<LogQuery>,
    Now(now): Now,
) -> Result<Json<LogPage>, Problem> {
    caller.moderator(&app.store, &room).await?;
    let before = query.before.as_deref().map(|before| LogId::parse("before", before)).transpose()?;
    let limit = parameters::limit(query.limit.as_deref())?;

    let page = app.store.moderation_page(&room, before.as_ref(), limit, now).await?;

    Ok(Json(LogPage {
        room_id: room.to_string(),
        count: page.entries.len(),
        entries: page.entries.iter().map(ModerationEntry::new).collect(),
        next: page.next.map(|id| id.to_string()),
    }))
}
