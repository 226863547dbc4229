//! `GET /api/rooms/{room}/moments`: a room's highlights.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::App;
use shared::analytics::moments;
use shared::domain::{RoomId, Timestamp};
use shared::protocol::MomentFigures;
use utoipa::{IntoParams, ToSchema};

use crate::caller::Caller;
use crate::now::Now;
use crate::parameters::{self, Parameters, RoomPath};
use crate::problem::Problem;

/// A room's highlights.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Moments {
    #[schema(value_type = RoomId)]
    room_id: String,
    /// Newest first.
    #[schema(max_items = 200)]
    moments: Vec<MomentFigures>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct MomentsQuery {
    /// Moments at the most; a number over 200 means 200.
    #[param(value_type = Option<u64>, minimum = 1, default = 50)]
    limit: Option<String>,
}

/// The moments in which far more people than usual said something at once, newest first. One is known
/// about 30 seconds after its end.
#[utoipa::path(
    get,
    path = "/api/rooms/{room}/moments",
    tag = "analytics",
    params(("room" = RoomId, Path), MomentsQuery),
    responses((status = 200, description = "Newest first", body = Moments), Problem)
)]
pub(crate) async fn room_moments(
    State(app): State<Arc<App>>,
    caller: Caller,
    RoomPath(room): RoomPath,
    Parameters(query): Parameters<MomentsQuery>,
    Now(now): Now,
) -> Result<Json<Moments>, Problem> {
    caller.enter(&app.store, &room).await?;
    let limit = parameters::limit(query.limit.as_deref())?;

    let moments = moments(&app.store, &room, Timestamp::EPOCH, limit, now).await?;

    Ok(Json(Moments { room_id: room.to_string(), moments: moments.iter().map(Into::into).collect() }))
}
