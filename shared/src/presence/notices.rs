//! What a room is told of who came and who left: in large rooms only how many there are. Best
//! effort: whoever misses a notice finds everybody in the list of members.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::future::join_all;

use super::RoomCounts;
use crate::App;
use crate::domain::{Counts, RoomId, Timestamp, UserId, Username};
use crate::fan_out;
use crate::management::Connections;
use crate::protocol::{HowMany, PresenceFrame, Who, lines};
use crate::storage::MemberKey;

/// Users up to which a room is told their names. (`protocol.md`)
const NOTICE_LIMIT: u64 = 100;

/// Somebody came or left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub(super) room_id: RoomId,
    user_id: UserId,
    username: Username,
    pub(super) at: Timestamp,
    joined: bool,
}

impl Notice {
    /// A user's first connection came.
    pub fn joined(key: &MemberKey, username: &Username, at: Timestamp) -> Self {
        Self::new(key, username, at, true)
    }

    /// A user's last connection has been gone for a while.
    pub fn left(key: &MemberKey, username: &Username, at: Timestamp) -> Self {
        Self::new(key, username, at, false)
    }

    fn new(key: &MemberKey, username: &Username, at: Timestamp, joined: bool) -> Self {
        let MemberKey { room_id, user_id, .. } = key.clone();
        Self { room_id, user_id, username: username.clone(), at, joined }
    }

    fn frame(&self, members: u64) -> PresenceFrame<'_> {
        let who = Who::new(&self.room_id, &self.user_id, &self.username, self.at, members);
        if self.joined { PresenceFrame::Join(who) } else { PresenceFrame::Leave(who) }
    }
}

/// Tells each room its notices, in their order, in as few frames as they fit in. A room that could
/// not be counted is not told.
pub async fn tell(app: &App, notices: &[Notice], counts: &RoomCounts) {
    let mut rooms = BTreeMap::<&RoomId, Vec<&Notice>>::new();
    for notice in notices {
        rooms.entry(&notice.room_id).or_default().push(notice);
    }
    if rooms.is_empty() {
        return;
    }
    let Some(connections) = app.management.of_deployment() else {
        tracing::error!("nobody is told who came or left: CALLBACK_URL is not set");
        return;
    };
    let told = rooms.iter().filter_map(|(room, notices)| {
        let counts = counts.get(*room)?;
        Some(tell_room(app, &connections, room, notices, *counts))
    });
    join_all(told).await;
}

async fn tell_room(app: &App, connections: &Connections, room: &RoomId, notices: &[&Notice], counts: Counts) {
    let Some(at) = notices.iter().map(|notice| notice.at).max() else { return };
    for frame in frames(room, notices, counts, at) {
        let outcome = fan_out::to_everybody(app, connections, room, &frame, at).await;
        tracing::debug!(notices = notices.len(), ?outcome, "told");
    }
}

fn frames(room: &RoomId, notices: &[&Notice], counts: Counts, at: Timestamp) -> Vec<Bytes> {
    let members = counts.members;
    let frames = if members > NOTICE_LIMIT {
        vec![PresenceFrame::Presence(HowMany::new(room, members, at))]
    } else {
        notices.iter().map(|notice| notice.frame(members)).collect()
    };
    // Texts and numbers can always be written.
    lines(frames.iter().filter_map(|frame| serde_json::to_string(frame).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Feed;

    fn notice(n: usize, joined: bool) -> Notice {
        let key = MemberKey {
            room_id: RoomId::parse("global").expect("valid"),
            user_id: UserId::parse(&format!("user{n}")).expect("valid"),
            feed: Feed::Chat,
        };
        let at = Timestamp::from_millis(1_795_509_060_000 + i64::try_from(n).expect("small"));
        let name = Username::parse("Somebody").expect("valid");
        Notice::new(&key, &name, at.expect("valid"), joined)
    }

    fn told(notices: &[Notice], members: u64) -> Vec<String> {
        let (room, at) = (notices[0].room_id.clone(), notices[0].at);
        let counts = Counts { members, connections: members };
        let frames = frames(&room, &notices.iter().collect::<Vec<_>>(), counts, at);
        frames.iter().map(|frame| String::from_utf8(frame.to_vec()).expect("text")).collect()
    }

    #[test]
    fn a_batch_is_one_frame_of_a_line_each() {
        assert_eq!(
            told(&[notice(0, true), notice(1, false)], 7),
            [concat!(
                r#"{"type":"join","roomId":"global","userId":"user0","username":"Somebody","timestamp":"2026-11-24T08:31:00.000Z","members":7}"#,
                "\n",
                r#"{"type":"leave","roomId":"global","userId":"user1","username":"Somebody","timestamp":"2026-11-24T08:31:00.001Z","members":7}"#
            )]
        );
    }

    #[test]
    fn a_large_room_is_told_how_many_there_are_and_not_who() {
        let notices: Vec<_> = (0..3).map(|n| notice(n, true)).collect();
        assert_eq!(told(&notices, 100)[0].lines().count(), 3);
        assert_eq!(
            told(&notices, 101),
            [r#"{"type":"presence","roomId":"global","members":101,"timestamp":"2026-11-24T08:31:00.000Z"}"#]
        );
    }
}
