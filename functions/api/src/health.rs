//! `GET /health`: whether the service can do its work.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use shared::App;
use shared::logging::chain;

#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    clients: Option<u64>,
    storage: &'static str,
}

/// 200 where the database answers, 503 where it does not. `clients` counts open connections and is
/// right within a second.
pub(crate) async fn health(State(app): State<Arc<App>>) -> (StatusCode, Json<Health>) {
    match app.store.service_connections().await {
        Ok(clients) => (StatusCode::OK, Json(Health { status: "ok", clients: Some(clients), storage: "ok" })),
        Err(error) => {
            tracing::error!(error = chain(&error), "the database does not answer");
            let health = Health { status: "degraded", clients: None, storage: "unavailable" };
            (StatusCode::SERVICE_UNAVAILABLE, Json(health))
        }
    }
}
