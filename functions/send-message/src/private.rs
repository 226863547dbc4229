//! A message to one user of the room, and to nobody else. It is delivered live: stored nowhere, without
//! a place in the room, and not remembered by its nonce.

use bytes::Bytes;
use shared::App;
use shared::domain::{
    ConnectionId, Draft, Feed, MessageId, Nonce, PrivateMessage, Rejection, Speaker, Timestamp, UserId,
};
use shared::event::WebSocketEvent;
use shared::fan_out;
use shared::management::Connections;
use shared::protocol::ChatFrame;
use shared::refusal::Refusal;
use shared::reply::Failure;
use shared::whereabouts::connections_of;

use crate::{judge, store};

/// Delivers to all connections that the recipient has in the room, then to all of the sender's own. The
/// gateway has the last word on who is there: if it accepts the frame for none of the recipient's
/// connections, nobody gets it.
pub(crate) async fn whisper(
    app: &App,
    event: &WebSocketEvent,
    speaker: &Speaker,
    draft: &Draft,
    to: &UserId,
    now: Timestamp,
) -> Result<MessageId, Refusal> {
    judge::judge_private(app, speaker, &draft.content, now).await?;
    store::replied_to(app, speaker, draft).await?;
    let message = message(speaker, draft, to, now)?;
    let connections = app.management.at(&event.callback_url());
    let frame: Bytes = serde_json::to_vec(&ChatFrame::private(&message)).map_err(Failure::from)?.into();

    if *to != speaker.user_id {
        deliver(app, &connections, speaker, to, &frame, now).await?;
    }
    let copies = Copies { message: &message, nonce: draft.nonce.as_ref(), frame };
    copies.deliver(app, &connections, now).await?;
    Ok(message.message_id)
}

fn message(speaker: &Speaker, draft: &Draft, to: &UserId, now: Timestamp) -> Result<PrivateMessage, Failure> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(Failure::Random)?;
    Ok(PrivateMessage {
        message_id: MessageId::new(now, random),
        from: speaker.clone(),
        to: to.clone(),
        content: draft.content.clone(),
        timestamp: now,
        reply_to: draft.reply_to,
    })
}

async fn deliver(
    app: &App,
    connections: &Connections,
    speaker: &Speaker,
    to: &UserId,
    frame: &Bytes,
    now: Timestamp,
) -> Result<(), Refusal> {
    let ids: Vec<_> = connections_of(app, &speaker.room_id, to, &[Feed::Chat]).await?.into_iter().collect();
    let outcome = fan_out::to_each(app, connections, &ids, frame, now).await;
    match (outcome.delivered, outcome.failed + outcome.late) {
        (0, 0) => Err(Rejection::NotFound { what: "the user that `to` names" }.into()),
        // Nobody knows whether it got there.
        (0, _) => Err(Refusal::TooSlow),
        _ => Ok(()),
    }
}

/// What the sender sees of it.
struct Copies<'a> {
    message: &'a PrivateMessage,
    nonce: Option<&'a Nonce>,
    frame: Bytes,
}

impl Copies<'_> {
    async fn deliver(self, app: &App, connections: &Connections, now: Timestamp) -> Result<(), Refusal> {
        let Self { message, nonce, frame } = self;
        let from = &message.from;
        let own = ChatFrame::private(message).with_nonce(nonce);
        let own: Bytes = serde_json::to_vec(&own).map_err(Failure::from)?.into();
        let all = connections_of(app, &from.room_id, &from.user_id, &[Feed::Chat]).await?;
        let others: Vec<ConnectionId> = all.into_iter().filter(|id| *id != from.connection_id).collect();
        fan_out::to_each(app, connections, &others, &frame, now).await;
        fan_out::to_each(app, connections, std::slice::from_ref(&from.connection_id), &own, now).await;
        Ok(())
    }
}
