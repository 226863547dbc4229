//! `moderate`: what moderators do to keep order in the room of their connection: timeouts, bans,
//! deletions, announcements, slow mode.
//!
//! First what holds is written, then the log, then the room is told. Each step can be made again, so
//! that an operation that died half way is completed by asking for it once more.

mod apply;
mod tell;

use shared::App;
use shared::domain::{Actor, Ban, Deed, LogEntry, LogId, Operation, Rejection, Speaker, Timestamp};
use shared::event::WebSocketEvent;
use shared::protocol::{Ack, FrameRefused, ModerateFrame};
use shared::refusal::Refusal;
use shared::reply::{Failure, Response};

/// Answers with an `ack` or an `error` frame, which the route response sends back.
pub async fn handle(app: &App, event: WebSocketEvent) -> Result<Response, Failure> {
    let now = event.now()?;
    let speaker = event.speaker()?;
    let (operation, nonce) = match ModerateFrame::parse(event.body.as_deref().unwrap_or_default()) {
        Ok(ModerateFrame { operation, nonce }) => (Ok(operation), nonce),
        Err(FrameRefused { rejection, nonce }) => (Err(rejection), nonce),
    };

    match moderate(app, &event, &speaker, operation, now).await {
        Ok(operation) => Response::frame(&Ack::done(&operation, now, nonce.as_ref())),
        Err(refusal) => Response::rejected(&refusal.into_rejection(&event), nonce.as_ref()),
    }
}

/// Who may not moderate learns nothing else: not even what is wrong with the frame.
async fn moderate(
    app: &App,
    event: &WebSocketEvent,
    speaker: &Speaker,
    operation: Result<Operation, Rejection>,
    now: Timestamp,
) -> Result<Operation, Refusal> {
    let actor = Actor { user: speaker.user_id.clone(), role: speaker.role };
    actor.may_moderate()?;
    let operation = operation?;
    // A moderator whose socket survived a ban is none any more.
    if Ban::keeps_out(actor.role) && app.store.ban_get(&speaker.room_id, &actor.user).await?.is_some() {
        return Err(Rejection::Forbidden.into());
    }

    let effect = apply::apply(app, &speaker.room_id, &actor, &operation, now).await?;
    log(app, speaker, &operation, now).await?;
    tell::tell(app, event, speaker, effect, now).await?;
    Ok(operation)
}

async fn log(app: &App, speaker: &Speaker, operation: &Operation, now: Timestamp) -> Result<(), Refusal> {
    let random = getrandom::u32().map_err(Failure::Random)?;
    let entry = LogEntry {
        id: LogId::new(now, random),
        at: now,
        by: speaker.user_id.clone(),
        deed: Deed::Operation(operation.clone()),
    };
    Ok(app.store.moderation_put(&speaker.room_id, &entry).await?)
}
