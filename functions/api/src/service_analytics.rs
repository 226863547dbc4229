//! `GET /api/analytics`: what is counted of the whole service.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::App;
use shared::analytics::{Freshness, of_service};
use utoipa::ToSchema;

use crate::now::Now;
use crate::problem::Problem;

/// All rooms together.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceAnalytics {
    /// Since the first one.
    total_messages: u64,
    active_connections: u64,
    /// The last 15 minutes, oldest first; the last one is still running.
    #[schema(min_items = 15, max_items = 15)]
    messages_per_minute: Vec<u64>,
    /// Everything stored before this is counted.
    #[schema(format = DateTime)]
    as_of: String,
    /// How far the counts are behind the newest stored message, at the most.
    lag_ms: u64,
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
    Now(now): Now,
) -> Result<Json<ServiceAnalytics>, Problem> {
    let numbers = of_service(&app.store, now).await?;
    let active_connections = app.store.service_connections().await?;

    let Freshness { as_of, lag_ms } = Freshness::since(None, now);
    Ok(Json(ServiceAnalytics {
        total_messages: numbers.total.messages,
        active_connections,
        messages_per_minute: numbers.messages_per_minute,
        as_of: as_of.to_string(),
        lag_ms,
    }))
}
