//! Keys of items. Rooms and users cannot hold the separator `#`, so no two things share a key.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{AnalyticsScope, Bucket, Listed, MemberKey, Scope};
use crate::domain::analytics::Minute;
use crate::domain::{ConnectionId, Feed, Message, Nonce, RoomId, Sequence, Timestamp, UserCursor, UserId};

/// The row that every message of a room writes.
pub(super) fn room(room: &RoomId) -> (String, String) {
    (format!("room#{room}"), "room".to_owned())
}

/// What a room's moderators wrote: too much for the row that every message writes.
pub(super) fn room_texts(room: &RoomId) -> (String, String) {
    (format!("room#{room}"), "texts".to_owned())
}

/// When a user may speak in a room.
pub(super) fn limit(room: &RoomId, user: &UserId) -> (String, String) {
    (format!("user#{room}#{user}"), "limit".to_owned())
}

/// That a user may not be in a room.
pub(super) fn ban(room: &RoomId, user: &UserId) -> (String, String) {
    (format!("user#{room}#{user}"), "ban".to_owned())
}

/// What was done to keep order in a room.
pub(super) fn moderation_log(room: &RoomId) -> String {
    format!("log#{room}")
}

/// What a user's nonce in a room stands for.
pub(super) fn nonce(room: &RoomId, user: &UserId, nonce: &Nonce) -> (String, String) {
    (format!("user#{room}#{user}"), format!("nonce#{}", nonce.as_str()))
}

/// What an entry of the index of what is active is about.
pub(super) fn listed(pk: &str, sk: &str) -> Option<Listed> {
    let (kind, room) = pk.split_once('#')?;
    let room_id = RoomId::parse(room).ok()?;
    let feed = match kind {
        "summary" => return Some(Listed::Room(room_id)),
        "member" => Feed::Chat,
        "watcher" => Feed::Analytics,
        _ => return None,
    };
    Some(Listed::Member(MemberKey { room_id, user_id: UserId::parse(sk).ok()?, feed }))
}

/// A user's presence in a room, or at its feed.
pub(super) fn member(key: &MemberKey) -> (String, String) {
    let MemberKey { room_id, user_id, feed } = key;
    let pk = match feed {
        Feed::Chat => members(room_id),
        Feed::Analytics => format!("watcher#{room_id}"),
    };
    (pk, user_id.to_string())
}

/// Where a room's members are, by user.
pub(super) fn members(room: &RoomId) -> String {
    format!("member#{room}")
}

/// Counters are spread over this many rows of their own partition keys, so that joins and leaves
/// of one room or of the service do not queue up at one item.
pub(super) const COUNT_LANES: u64 = 8;

/// The lane that a transaction counts in. Any will do: only the sum of all lanes means something.
pub(super) fn lane(user: &UserId, attempt: u32) -> u64 {
    hash(user.as_str()).wrapping_add(u64::from(attempt)) % COUNT_LANES
}

/// Counters; no room is called `*`.
pub(super) fn count(scope: &Scope, lane: u64) -> (String, String) {
    (format!("count#{scope}#{lane}"), "count".to_owned())
}

/// What the counters add up to.
pub(super) fn summary(scope: &Scope) -> (String, String) {
    (format!("summary#{scope}"), "summary".to_owned())
}

/// A room's minute in which its number of members changed.
pub(super) fn presence(minute: Timestamp) -> String {
    format!("presence#{minute}")
}

/// What sorts before every [`presence`].
pub(super) fn first_presence() -> String {
    "presence#".to_owned()
}

/// What sorts after every [`presence`] before this time, and before that of this time.
pub(super) fn before_presence(until: Timestamp) -> String {
    presence(until).trim_end_matches('Z').to_owned()
}

/// The index of what is active is spread over this many of its partition keys, for each kind of row.
pub(super) const ACTIVE_BUCKETS: u64 = 8;

/// Where the index has a room with somebody in it.
pub(super) fn room_bucket(room: &RoomId) -> String {
    nth_room_bucket(hash(room.as_str()) % ACTIVE_BUCKETS)
}

/// One of the places of [`room_bucket`].
pub(super) fn nth_room_bucket(n: u64) -> String {
    format!("room#{n}")
}

/// Where the index has a user with a connection.
pub(super) fn member_bucket(key: &MemberKey) -> String {
    let MemberKey { room_id, user_id, .. } = key;
    nth_member_bucket(hash(&format!("{room_id}#{user_id}")) % ACTIVE_BUCKETS)
}

/// One of the places of [`member_bucket`].
pub(super) fn nth_member_bucket(n: u64) -> String {
    format!("member#{n}")
}

/// A build that hashed differently would do no harm: readers look in every place.
fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Where a room's connections are found.
pub(super) fn room_shard(room: &RoomId, shard: u32) -> String {
    format!("{room}#{shard}")
}

const FEED: &str = "feed";

/// Where the connections are found that watch a room's numbers.
pub(super) fn room_feed(room: &RoomId) -> String {
    format!("{room}#{FEED}")
}

/// What a connection is there for, by where it is found.
pub fn feed_of(shard: Option<&str>) -> Feed {
    match shard.and_then(|shard| shard.rsplit_once('#')) {
        Some((_, FEED)) => Feed::Analytics,
        _ => Feed::Chat,
    }
}

/// Sorts a room's connections by user.
pub(super) fn member_key(user: &UserId, connection: &ConnectionId) -> String {
    format!("{user}#{connection}")
}

/// Sorts a user's messages by time. Digits are filled up so that texts sort as numbers do: the year 9999
/// has 15 of them, 2^53 has 16.
pub(super) fn sent_at(message: &Message) -> String {
    place(message.timestamp, &message.room_id, message.sequence)
}

/// What sorts just after everything before the cursor.
pub(super) fn sent_before(cursor: &UserCursor) -> String {
    match &cursor.message {
        Some((room, sequence)) => place(cursor.at, room, *sequence),
        None => sent_from(cursor.at),
    }
}

/// What sorts just before everything that was sent at this time or later.
pub(super) fn sent_from(at: Timestamp) -> String {
    format!("{:015}", at.as_millis())
}

/// The room and the sequence that [`sent_at`] names.
pub(super) fn sent_place(sent_at: &str) -> Option<(RoomId, Sequence)> {
    let mut parts = sent_at.split('#').skip(1);
    let room = RoomId::parse(parts.next()?).ok()?;
    Some((room, Sequence::new("sequence", parts.next()?.parse().ok()?).ok()?))
}

fn place(at: Timestamp, room: &RoomId, sequence: Sequence) -> String {
    format!("{:015}#{room}#{:016}", at.as_millis(), sequence.get())
}

/// Whose numbers a row of `analytics` has.
pub(super) fn analytics_scope(scope: &AnalyticsScope) -> String {
    match scope {
        AnalyticsScope::Room(room) => format!("room#{room}"),
        AnalyticsScope::Service(lane) => format!("all#{lane}"),
    }
}

const CHATTER: &str = "chatted#";

/// The rooms in which a user has said something.
pub(super) fn chatter(user: &str) -> String {
    format!("{CHATTER}{user}")
}

/// The user of such a key.
pub(super) fn chatter_user(scope: &str) -> Option<&str> {
    scope.strip_prefix(CHATTER)
}

/// A scope's running total.
pub(super) const LEDGER: &str = "ledger";

/// What finds a room's moments.
pub(super) const DETECTOR: &str = "detector";

/// A moment, by its start.
pub(super) fn moment(start: Timestamp) -> String {
    format!("moment#{start}")
}

/// Sorts after every moment.
pub(super) const MOMENTS_END: &str = "moment#~";

/// How long deliveries took.
pub(super) fn latency(minute: Minute) -> String {
    format!("latency#{}", minute.start())
}

/// A kind and a start, which sorts as time does.
pub(super) fn bucket(bucket: Bucket) -> String {
    match bucket {
        Bucket::Minute(minute) => format!("minute#{}", minute.start()),
        Bucket::Hour(hour) => format!("hour#{}", hour.start()),
        Bucket::Day(day) => format!("day#{}", day.start()),
    }
}

/// The start of such a bucket.
pub(super) fn bucket_start(bucket: &str) -> Result<Timestamp, Unreadable> {
    let (_kind, start) = bucket.split_once('#').ok_or(Unreadable)?;
    Timestamp::parse(start).map_err(|_| Unreadable)
}

/// A key that is not as we write them.
#[derive(Debug)]
pub(super) struct Unreadable;
