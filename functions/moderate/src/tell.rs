//! What the room notices.

use shared::App;
use shared::domain::{Feed, Speaker, Timestamp};
use shared::event::WebSocketEvent;
use shared::expulsion;
use shared::fan_out::{self, Frames};
use shared::protocol::{DeleteFrame, SystemFrame};
use shared::refusal::Refusal;
use shared::reply::Failure;
use shared::whereabouts::connections_of;

use crate::apply::Effect;

pub(crate) async fn tell(
    app: &App,
    event: &WebSocketEvent,
    speaker: &Speaker,
    effect: Effect,
    now: Timestamp,
) -> Result<(), Refusal> {
    let room = &speaker.room_id;
    let connections = app.management.at(&event.callback_url());
    let frame = match effect {
        Effect::Quiet => return Ok(()),
        Effect::Banned(user) => {
            // One that is counted only after this, `presence` closes itself.
            let ids = connections_of(app, room, &user, &[Feed::Chat, Feed::Analytics]).await?;
            expulsion::close_all(app, &connections, ids).await;
            return Ok(());
        }
        Effect::Deleted(sequence, message_id) => {
            serde_json::to_vec(&DeleteFrame::new(room, sequence, message_id))
        }
        Effect::Announced(content) => serde_json::to_vec(&SystemFrame::new(room, &content, now)),
    };
    let frame = bytes::Bytes::from(frame.map_err(Failure::from)?);
    let frames = Frames { sender: frame.clone(), others: frame };
    fan_out::to_room(app, &connections, speaker, &frames, now).await;
    Ok(())
}
