//! `GET /api/rooms`: where people are.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::App;
use shared::domain::RoomId;
use utoipa::{IntoParams, ToSchema};

use crate::caller::Caller;
use crate::parameters::{self, Parameters};
use crate::problem::Problem;

/// Of so many rooms those are picked that a token allows, where it lists some.
const MOST_ROOMS: usize = 1000;

/// Keys that the store takes in one batch.
const BATCH: usize = 100;

/// The rooms with somebody in them, largest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rooms {
    #[schema(max_items = 200)]
    rooms: Vec<ActiveRoom>,
}

/// A room with somebody in it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ActiveRoom {
    #[schema(value_type = RoomId)]
    room_id: String,
    /// Users.
    members: u64,
    /// Of them, all devices and tabs counted.
    connections: u64,
    /// That were ever said: the last sequence.
    #[schema(maximum = 9007199254740991_i64)]
    messages: u64,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RoomsQuery {
    /// Rooms at the most; a number over 200 means 200.
    #[param(value_type = Option<u64>, minimum = 1, default = 50)]
    limit: Option<String>,
}

/// The rooms with somebody in them, largest first. Where tokens list rooms, only those.
#[utoipa::path(
    get,
    path = "/api/rooms",
    tag = "rooms",
    params(RoomsQuery),
    responses((status = 200, description = "The largest rooms, some moments ago", body = Rooms), Problem)
)]
pub(crate) async fn rooms(
    State(app): State<Arc<App>>,
    caller: Caller,
    Parameters(query): Parameters<RoomsQuery>,
) -> Result<Json<Rooms>, Problem> {
    let limit = parameters::limit(query.limit.as_deref())?;
    let most = if caller.sees_every_room() { limit } else { MOST_ROOMS };

    let active = app.store.rooms_active(most).await?;
    let active: Vec<_> = active.into_iter().filter(|room| caller.sees(&room.room_id)).take(limit).collect();
    let mut messages = Vec::with_capacity(active.len());
    for chunk in active.chunks(BATCH) {
        let ids: Vec<_> = chunk.iter().map(|room| room.room_id.clone()).collect();
        messages.extend(app.store.room_sequences(&ids).await?);
    }

    let rooms = active.into_iter().zip(messages).map(|(room, messages)| ActiveRoom {
        room_id: room.room_id.to_string(),
        members: room.counts.members,
        connections: room.counts.connections,
        messages,
    });
    Ok(Json(Rooms { rooms: rooms.collect() }))
}
