//! The HTTP API: health and history. The same router answers behind API Gateway and behind the
//! emulator. JSON in and out; nothing of it may be cached.

mod caller;
mod health;
mod messages;
mod now;
mod problem;

use std::sync::Arc;

pub use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::Response;
use axum::routing::get;
use shared::App;

use problem::Problem;

/// All routes; the template has the same ones.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/health", get(health::health))
        .route("/api/rooms/{room}/messages", get(messages::messages))
        .fallback(async || Problem::not_found())
        .layer(axum::middleware::map_response(no_store))
        .with_state(Arc::new(app))
}

async fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
