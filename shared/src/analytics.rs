//! What is counted, read together: a room's window, and the service. Every question reads a bounded
//! number of rows, whatever was said.

use std::collections::HashSet;

use futures_util::future::{try_join, try_join5};

use crate::domain::analytics::{BucketReport, Report, Rollup, Tally, Window};
use crate::domain::moments::Moment;
use crate::domain::{Attendance, ConnectionId, RoomId, Timestamp, UserId, Username};
use crate::storage::{AnalyticsScope, Bucket, HistoryCursor, PresenceMinute, Scope, Store, StoreError};

mod rows;
mod service;

use rows::Rows;
pub use service::{ServiceNumbers, of_service};

/// Names of each kind, and moments, in a report.
const NAMES: usize = 10;

/// Connections that are listed.
const ACTIVE_USERS: usize = 200;

/// Rooms that are looked into for them.
const ACTIVE_ROOMS: usize = 50;

/// A room's window.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomNumbers {
    /// The window.
    pub report: Report,
    /// Its clock hours, oldest first, the running one last: of `24h` all, of another window none.
    pub hours: Vec<BucketReport>,
    /// Its days, oldest first, the running one last: of `30d` all, of another window none.
    pub days: Vec<BucketReport>,
    /// Since the room's first message.
    pub total: Tally,
    /// Its newest moments, newest first.
    pub moments: Vec<Moment>,
    /// Who is there now, and the most there ever were.
    pub attendance: Attendance,
    /// The minutes of the window in which the number of members changed, oldest first, and the one before.
    pub presence: Vec<PresenceMinute>,
    /// How current they are.
    pub freshness: Freshness,
}

/// How current numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// Everything stored before this is counted.
    pub as_of: Timestamp,
    /// Milliseconds from then to now: how long the oldest message that is not counted yet has waited.
    pub lag_ms: u64,
}

/// A room's window. Reads the running total, at most 60 minutes, 23 hours and 29 days and as many minutes as
/// there are after the hour that was spoken in last, the newest message, ten moments, the minutes in which
/// members changed, and four rows more.
pub async fn of_room(
    store: &Store,
    room: &RoomId,
    window: Window,
    now: Timestamp,
) -> Result<RoomNumbers, StoreError> {
    let (first, last) = window.minutes(now);
    let scope = AnalyticsScope::Room(room.clone());
    let newest = store.message_page(room, HistoryCursor::Newest, 1, now);
    let attendance = Scope::Room(room.clone());
    // Without a series nobody asks how many there were in each minute.
    let members_from = if window.has_series() { first.start() } else { now };
    let (ledger, newest, attendance, moments, mut presence) = Box::pin(try_join5(
        store.ledger_get(&scope),
        newest,
        store.attendance(&attendance),
        moments(store, room, first.start(), NAMES, now),
        store.presence_minutes(room, members_from, now),
    ))
    .await?;
    let open = ledger.value.open();

    let rows = Rows::read(store, room, window, open, now).await?;
    let (merged, minutes) = (rows.merged(window), &rows.minutes);

    // What the total does not have yet: the open minute, and one that just began. A minute's row is
    // written before the ledger names it.
    let open_row = match open {
        None => None,
        Some(open) => match minutes.get(&open) {
            Some(row) => Some(row.value.clone()),
            None => Some(store.rollup_get(room, Bucket::Minute(open)).await?.value),
        },
    };
    let later = minutes.iter().filter(|(minute, _)| open.is_none_or(|open| **minute > open));
    let counted = || later.clone().map(|(_, row)| &row.value).chain(open_row.as_ref());
    let after = Tally::sum(counted().map(Rollup::tally));
    let counted_to = counted().filter_map(|row| row.seen().bounds()).map(|(_, highest)| highest).max();
    let pending = match newest.messages.last() {
        Some(newest) if counted_to.is_none_or(|highest| newest.sequence.get() > highest) => {
            let from = counted_to.unwrap_or(0) + 1;
            let oldest = store.message_texts(room, from, newest.sequence.get(), 1).await?.texts.pop();
            Some(oldest.map_or(newest.timestamp, |oldest| oldest.timestamp))
        }
        _ => None,
    };
    let series = first.through(last).filter(|_| window.has_series());
    let report = Report::of(&merged, series, NAMES);
    if let Some(peak) = report.peak.filter(|_| !window.has_series()) {
        presence = store.presence_minutes(room, peak.minute.start(), peak.minute.back(-1).start()).await?;
    }
    Ok(RoomNumbers {
        report,
        hours: rows.hours(window, now),
        days: rows.days(window, now),
        total: Tally::sum([ledger.value.total(), after]),
        moments,
        attendance,
        presence,
        freshness: Freshness::since(pending, now),
    })
}

/// A room's moments that begin at `since` or later, newest first: those that were found, and those that
/// nobody has said anything after. At most `limit`.
pub async fn moments(
    store: &Store,
    room: &RoomId,
    since: Timestamp,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<Moment>, StoreError> {
    let found = store.moments_newest(room, since, limit);
    let (mut moments, detector) = try_join(found, store.detector_get(room)).await?;
    let mut detector = detector.value;
    for moment in detector.advance(now) {
        if moment.start >= since && moments.iter().all(|known| known.start != moment.start) {
            moments.insert(0, moment);
        }
    }
    moments.truncate(limit);
    Ok(moments)
}

/// A connection and who is on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveUser {
    /// Where a frame would go.
    pub connection_id: ConnectionId,
    /// Who.
    pub user_id: UserId,
    /// Under which name.
    pub username: Username,
    /// Where.
    pub room_id: RoomId,
    /// Since when.
    pub joined_at: Timestamp,
}

/// At most 200 open connections, of the largest rooms that `may_see` allows and that the `reader`, if bans
/// matter for one, is not banned from.
pub async fn active_users(
    store: &Store,
    may_see: impl Fn(&RoomId) -> bool,
    reader: Option<&UserId>,
    now: Timestamp,
) -> Result<Vec<ActiveUser>, StoreError> {
    let rooms = store.rooms_active(ACTIVE_ROOMS).await?;
    let rooms: Vec<_> = rooms.iter().map(|room| &room.room_id).filter(|room| may_see(room)).collect();
    let closed = match reader {
        Some(reader) => store.rooms_closed_to(reader, &rooms).await?,
        None => HashSet::new(),
    };
    let mut ids = Vec::new();
    for room in rooms.into_iter().filter(|room| !closed.contains(*room)) {
        let page = store.room_connections(room, now, None).await?;
        ids.extend(page.recipients.into_iter().map(|recipient| recipient.connection_id));
        if ids.len() >= ACTIVE_USERS {
            ids.truncate(ACTIVE_USERS);
            break;
        }
    }
    store.connections_open(&ids, now).await
}

impl RoomNumbers {
    /// Users who were there at the end of the minute that begins then.
    pub fn members_at(&self, minute: Timestamp) -> u64 {
        let until_then = self.presence.partition_point(|changed| changed.minute <= minute);
        // Before the first change nobody had come yet.
        until_then.checked_sub(1).map_or(0, |last| self.presence[last].members)
    }
}

impl Freshness {
    /// Of numbers that lack what was said since a moment, if anything was.
    pub fn since(pending: Option<Timestamp>, now: Timestamp) -> Self {
        let as_of = pending.map_or(now, |pending| pending.min(now));
        let lag = now.since(as_of).as_millis();
        Self { as_of, lag_ms: u64::try_from(lag).unwrap_or(u64::MAX) }
    }
}
