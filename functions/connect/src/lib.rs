//! `$connect`: records the connection, before the client has its 101. Touches no counter: `presence`
//! learns of the row from the table's stream.

use shared::App;
use shared::domain::Ban;
use shared::event::WebSocketEvent;
use shared::reply::{Failure, Response};
use shared::storage::Connection;

/// Answers 400 where the authorizer found the parameters wrong, 403 to somebody who is banned; else the
/// connection may open.
pub async fn handle(app: &App, event: WebSocketEvent) -> Result<Response, Failure> {
    let admission = event.request_context.authorizer.as_ref();
    if let Some(reason) = admission.and_then(|admission| admission.refuse.as_deref()) {
        return Ok(Response::refused(400, reason));
    }
    record(app, &event).await.inspect_err(|failure| event.request_context.log(failure))
}

async fn record(app: &App, event: &WebSocketEvent) -> Result<Response, Failure> {
    let speaker = event.speaker()?;
    // Read for every connection and never remembered: a ban holds from the moment it is written.
    if Ban::keeps_out(speaker.role) && app.store.ban_get(&speaker.room_id, &speaker.user_id).await?.is_some()
    {
        return Ok(Response::refused(403, "you are banned from this room"));
    }
    let connection = Connection { speaker, feed: event.feed()?, connected_at: event.now()? };

    app.store.connection_put(&connection).await?;

    Ok(Response::ok())
}
