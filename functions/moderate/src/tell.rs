//! What the room notices.

use std::collections::BTreeSet;

use shared::App;
use shared::domain::{ConnectionId, Feed, RoomId, Speaker, Timestamp, UserId};
use shared::event::WebSocketEvent;
use shared::expulsion;
use shared::fan_out::{self, Frames};
use shared::protocol::{DeleteFrame, SystemFrame};
use shared::refusal::Refusal;
use shared::reply::Failure;
use shared::storage::{MemberKey, StoreError};

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
            let ids = connections_of(app, room, &user).await?;
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

/// A user's connections in a room, of both feeds. Their rows are read consistently and do not
/// miss one that `presence` has counted; one that it counts later, it closes itself.
async fn connections_of(
    app: &App,
    room: &RoomId,
    user: &UserId,
) -> Result<BTreeSet<ConnectionId>, StoreError> {
    let mut ids = BTreeSet::new();
    for feed in [Feed::Chat, Feed::Analytics] {
        let key = MemberKey { room_id: room.clone(), user_id: user.clone(), feed };
        ids.extend(app.store.member_get(&key).await?.member.live);
        ids.extend(app.store.user_connections(room, user, feed).await?);
    }
    Ok(ids)
}
