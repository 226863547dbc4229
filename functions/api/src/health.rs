//! `GET /health`: whether the service can do its work.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use shared::App;
use shared::logging::chain;
use utoipa::ToSchema;

/// Whether the service can do its work.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    status: Status,
    /// Open connections, right within a second. Absent where the database does not answer.
    #[schema(value_type = u64, example = 5)]
    #[serde(skip_serializing_if = "Option::is_none")]
    clients: Option<u64>,
    storage: Storage,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    Degraded,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Storage {
    Ok,
    Unavailable,
}

/// Whether the service can do its work, and how many connections are open.
#[utoipa::path(
    get,
    path = "/health",
    tag = "service",
    responses(
        (status = 200, description = "The database answers", body = Health),
        (status = 503, description = "The database does not answer", body = Health),
    )
)]
pub(crate) async fn health(State(app): State<Arc<App>>) -> (StatusCode, Json<Health>) {
    match app.store.service_connections().await {
        Ok(clients) => (
            StatusCode::OK,
            Json(Health { status: Status::Ok, clients: Some(clients), storage: Storage::Ok }),
        ),
        Err(error) => {
            tracing::error!(error = chain(&error), "the database does not answer");
            let health = Health { status: Status::Degraded, clients: None, storage: Storage::Unavailable };
            (StatusCode::SERVICE_UNAVAILABLE, Json(health))
        }
    }
}
