//! `GET /api/rooms/{room}/analytics`: what is counted of a room.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use shared::App;
use shared::analytics::of_room;
use shared::domain::RoomId;
use shared::domain::analytics::Window;
use shared::protocol::RoomAnalytics;
use utoipa::IntoParams;

use crate::caller::Caller;
use crate::now::Now;
use crate::parameters::{Parameters, RoomPath};
use crate::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WindowQuery {
    /// The last 15 minutes, the last 60, the running hour and the 23 before it, or the running day and the
    /// 29 before it.
    #[param(value_type = Option<String>, pattern = "^(15m|1h|24h|30d)$", default = "15m")]
    window: Option<String>,
}

/// What is counted of a room, up to now. Private messages never count.
#[utoipa::path(
    get,
    path = "/api/rooms/{room}/analytics",
    tag = "analytics",
    params(("room" = RoomId, Path), WindowQuery),
    responses((status = 200, description = "The window's numbers", body = RoomAnalytics), Problem)
)]
pub(crate) async fn room_analytics(
    State(app): State<Arc<App>>,
    caller: Caller,
    RoomPath(room): RoomPath,
    Parameters(query): Parameters<WindowQuery>,
    Now(now): Now,
) -> Result<Json<RoomAnalytics>, Problem> {
    caller.enter(&app.store, &room).await?;
    let window = query.window.as_deref().map(Window::parse).transpose()?.unwrap_or_default();

    let numbers = of_room(&app.store, &room, window, now).await?;

    Ok(Json(RoomAnalytics::new(&room, &numbers)))
}
