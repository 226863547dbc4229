//! Where one user is in a room.

use std::collections::BTreeSet;

use crate::App;
use crate::domain::{ConnectionId, Feed, RoomId, UserId};
use crate::storage::{MemberKey, StoreError};

/// A user's connections in a room, of these feeds. The member's row is read consistently and has every
/// connection that `presence` has counted; the index also has one that it will count in a moment. Some
/// of them may be closed already.
pub async fn connections_of(
    app: &App,
    room: &RoomId,
    user: &UserId,
    feeds: &[Feed],
) -> Result<BTreeSet<ConnectionId>, StoreError> {
    let mut ids = BTreeSet::new();
    for feed in feeds {
        let key = MemberKey { room_id: room.clone(), user_id: user.clone(), feed: *feed };
        ids.extend(app.store.member_get(&key).await?.member.live);
        ids.extend(app.store.user_connections(room, user, *feed).await?);
    }
    Ok(ids)
}
