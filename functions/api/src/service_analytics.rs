//! `GET /api/analytics`: what is counted of the whole service.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::App;
use shared::analytics::{ActiveUser, active_users, of_service};
use shared::domain::analytics::{Day, Tally};
use shared::domain::{RoomId, UserId, Username};
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::now::Now;
use crate::problem::Problem;

/// All rooms together.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceAnalytics {
    /// Since the first one.
    total_messages: u64,
    /// Open connections.
    active_connections: u64,
    /// Users with one, once for each of their rooms.
    active_users: u64,
    /// The most connections there ever were at one moment.
    peak_connections: u64,
    /// The last 15 minutes, oldest first; the last one is still running.
    #[schema(min_items = 15, max_items = 15)]
    messages_per_minute: Vec<u64>,
    /// The last 30 days in UTC, oldest first; the last one is still running.
    #[schema(min_items = 30, max_items = 30)]
    days: Vec<ServiceDay>,
    /// Milliseconds from the gateway's receipt of a frame to the last delivery that was accepted: half of
    /// the last 15 minutes' messages took no longer, within 2.5 % and a millisecond. `null` where there
    /// were none.
    latency_p50_ms: Option<f64>,
    /// Of 95 in 100.
    latency_p95_ms: Option<f64>,
    /// Of 99 in 100.
    latency_p99_ms: Option<f64>,
    /// At most 200 open connections, of the largest rooms; none for a caller who is no moderator, where
    /// tokens are required.
    #[schema(max_items = 200)]
    active_user_details: Vec<ActiveUserDetail>,
    /// When the first message was said that is counted; `null` before it.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// Everything stored before this is counted.
    #[schema(format = DateTime)]
    as_of: String,
    /// How far the counts are behind the newest stored message, at the most.
    lag_ms: u64,
}

/// A day of all rooms together.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ServiceDay {
    /// When it began.
    #[schema(format = DateTime)]
    start: String,
    messages: u64,
    /// Unicode scalar values.
    characters: u64,
}

/// A connection and who is on it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ActiveUserDetail {
    #[schema(value_type = String)]
    connection_id: String,
    #[schema(value_type = UserId)]
    user_id: String,
    #[schema(value_type = Username)]
    username: String,
    #[schema(value_type = RoomId)]
    room_id: String,
    #[schema(format = DateTime)]
    joined_at: String,
}

/// What is counted of the whole service, up to now.
#[utoipa::path(
    get,
    path = "/api/analytics",
    tag = "analytics",
    responses((status = 200, description = "The service's numbers", body = ServiceAnalytics), Problem)
)]
pub(crate) async fn service_analytics(
    State(app): State<Arc<App>>,
    caller: Caller,
    Now(now): Now,
) -> Result<Json<ServiceAnalytics>, Problem> {
    let numbers = of_service(&app.store, now).await?;
    let active = if caller.moderates_somewhere() {
        active_users(&app.store, |room| caller.sees(room), caller.heeds_bans(), now).await?
    } else {
        Vec::new()
    };

    Ok(Json(ServiceAnalytics {
        total_messages: numbers.total.messages,
        active_connections: numbers.attendance.now.connections,
        active_users: numbers.attendance.now.members,
        peak_connections: numbers.attendance.peak.connections,
        messages_per_minute: numbers.messages_per_minute,
        days: numbers.days.iter().map(Into::into).collect(),
        latency_p50_ms: numbers.latencies.percentile_ms(50),
        latency_p95_ms: numbers.latencies.percentile_ms(95),
        latency_p99_ms: numbers.latencies.percentile_ms(99),
        active_user_details: active.into_iter().map(Into::into).collect(),
        since: numbers.since.map(|since| since.to_string()),
        as_of: numbers.freshness.as_of.to_string(),
        lag_ms: numbers.freshness.lag_ms,
    }))
}

impl From<&(Day, Tally)> for ServiceDay {
    fn from((day, tally): &(Day, Tally)) -> Self {
        Self { start: day.start().to_string(), messages: tally.messages, characters: tally.characters }
    }
}

impl From<ActiveUser> for ActiveUserDetail {
    fn from(user: ActiveUser) -> Self {
        Self {
            connection_id: user.connection_id.to_string(),
            user_id: user.user_id.to_string(),
            username: user.username.to_string(),
            room_id: user.room_id.to_string(),
            joined_at: user.joined_at.to_string(),
        }
    }
}
