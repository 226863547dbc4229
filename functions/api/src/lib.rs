//! The HTTP API: health, rooms, members, history, moderation, analytics, and its own description. The same
//! router answers behind API Gateway and behind the emulator. JSON in and out; nothing may be cached that
//! does not say so itself.

mod caller;
mod description;
mod erase;
mod health;
mod members;
mod messages;
mod moderation;
mod moments;
mod now;
mod parameters;
mod problem;
mod room;
mod room_analytics;
mod rooms;
mod route;
mod service_analytics;
mod user_messages;

use std::sync::Arc;

pub use axum::Router;
use axum::extract::FromRef;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::Response;
use shared::App;
use shared::identity::Tokens;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use problem::Problem;

/// What handlers take their arguments from.
#[derive(Clone, Debug)]
struct Api {
    app: Arc<App>,
    tokens: Tokens,
}

impl FromRef<Api> for Arc<App> {
    fn from_ref(api: &Api) -> Self {
        Self::clone(&api.app)
    }
}

/// All routes; the template has the same ones.
pub fn router(app: App, tokens: Tokens) -> Router {
    let (router, _description) = documented().split_for_parts();
    let router = router
        .fallback(async || Problem::not_found("there is no such path"))
        .layer(axum::middleware::map_response(no_store))
        .with_state(Api { app: Arc::new(app), tokens });
    // Around all of it: a layer of the router itself is asked when the path was chosen.
    Router::new().fallback_service(router).layer(axum::middleware::map_request(route::follow))
}

/// The routes with what the description says of them.
fn documented() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(description::title())
        .routes(routes!(health::health))
        .routes(routes!(description::description))
        .routes(routes!(messages::messages))
        .routes(routes!(members::members))
        .routes(routes!(moderation::moderation))
        .routes(routes!(rooms::rooms))
        .routes(routes!(room::room, room::change_room))
        .routes(routes!(service_analytics::service_analytics))
        .routes(routes!(room_analytics::room_analytics))
        .routes(routes!(moments::room_moments))
        .routes(routes!(user_messages::user_messages, erase::erase))
}

async fn no_store(mut response: Response) -> Response {
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
