//! `sendMessage` and `$default`: checks, stores, delivers and acknowledges a message.
//!
//! Stored before delivered, stored before acknowledged. Whatever a client sends gets a frame back,
//! and the socket stays open.

mod judge;
mod latency;
mod private;
mod store;

use shared::App;
use shared::domain::{Draft, Message, Nonce, Speaker, Timestamp};
use shared::event::WebSocketEvent;
use shared::fan_out::{self, Frames};
use shared::protocol::{Ack, ChatFrame, ClientFrame, FrameRefused, Pong};
use shared::refusal::Refusal;
use shared::reply::{Failure, Response};

use latency::Watch;

/// Answers with an `ack`, a `pong` or an `error` frame, which the route response sends back.
pub async fn handle(app: &App, event: WebSocketEvent) -> Result<Response, Failure> {
    let watch = Watch::start(&event);
    let now = event.now()?;
    let speaker = event.speaker()?;
    let draft = match ClientFrame::parse(event.body.as_deref().unwrap_or_default()) {
        Ok(ClientFrame::SendMessage(draft)) => draft,
        Ok(ClientFrame::Ping) => return Response::frame(&Pong {}),
        Err(FrameRefused { rejection, nonce }) => return Response::rejected(&rejection, nonce.as_ref()),
    };

    if let Some(to) = &draft.to {
        let nonce = draft.nonce.as_ref();
        return match Box::pin(private::whisper(app, &event, &speaker, &draft, to, now)).await {
            Ok(message_id) => Response::frame(&Ack::private(message_id, now, nonce)),
            Err(refusal) => Response::rejected(&refusal.into_rejection(&event), nonce),
        };
    }
    match say(app, &event, &speaker, &draft, now, watch).await {
        Ok(message) => {
            let Message { message_id, sequence, timestamp, .. } = message;
            Response::frame(&Ack::new(message_id, sequence, timestamp, draft.nonce.as_ref()))
        }
        Err(refusal) => {
            let rejection = refusal.into_rejection(&event);
            Response::rejected(&rejection, draft.nonce.as_ref())
        }
    }
}

async fn say(
    app: &App,
    event: &WebSocketEvent,
    speaker: &Speaker,
    draft: &Draft,
    now: Timestamp,
    watch: Watch,
) -> Result<Message, Refusal> {
    let stored = store::store(app, speaker, draft, now).await?;
    if stored.deliver {
        let frames = frames(&stored.message, draft.nonce.as_ref())?;
        let connections = app.management.at(&event.callback_url());
        let outcome = fan_out::to_room(app, &connections, speaker, &frames, now).await;
        tracing::debug!(
            connection_id = event.request_context.connection_id,
            route_key = event.request_context.route_key,
            request_id = event.request_context.request_id,
            sequence = stored.message.sequence.get(),
            ?outcome,
            "delivered"
        );
        if outcome.delivered > 0 {
            latency::measure(app, &stored.message, watch.elapsed()).await;
        }
    }
    Ok(stored.message)
}

fn frames(message: &Message, nonce: Option<&Nonce>) -> Result<Frames, Failure> {
    let others = serde_json::to_vec(&ChatFrame::new(message))?.into();
    let sender = match nonce {
        Some(_) => serde_json::to_vec(&ChatFrame::new(message).with_nonce(nonce))?.into(),
        None => bytes::Bytes::clone(&others),
    };
    Ok(Frames { sender, others })
}
