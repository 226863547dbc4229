//! `$disconnect`: forgets the connection. Best effort on AWS: it may come late or never, and what
//! stays behind is found by a delivery, by TTL or by the next reader.

use shared::App;
use shared::event::WebSocketEvent;
use shared::reply::{Failure, Response};

/// Deletes the connection's row; a repeated event finds nothing to do.
pub async fn handle(app: &App, event: WebSocketEvent) -> Result<Response, Failure> {
    forget(app, &event).await.inspect_err(|failure| event.request_context.log(failure))
}

async fn forget(app: &App, event: &WebSocketEvent) -> Result<Response, Failure> {
    app.store.connection_delete(&event.connection_id()).await?;

    Ok(Response::ok())
}
