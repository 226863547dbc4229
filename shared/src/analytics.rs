//! What is counted, read together: a room's window, and the service. Every question reads a bounded
//! number of rows, whatever was said.

use std::collections::BTreeMap;

use futures_util::future::{try_join, try_join_all};

use crate::domain::analytics::{Minute, Report, Rollup, SERVICE_LANES, ServiceMinute, Tally, Window};
use crate::domain::{RoomId, Timestamp};
use crate::storage::{AnalyticsScope, Bucket, HistoryCursor, Store, StoreError, Versioned};

/// Names of each kind in a report.
const NAMES: usize = 10;

/// A room's window.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomNumbers {
    /// The window.
    pub report: Report,
    /// Since the room's first message.
    pub total: Tally,
    /// How current they are.
    pub freshness: Freshness,
}

/// The service as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceNumbers {
    /// Since the first message.
    pub total: Tally,
    /// Of the last 15 minutes, oldest first, the running one last.
    pub messages_per_minute: Vec<u64>,
    /// When the newest message that is counted was said.
    pub newest: Option<Timestamp>,
}

/// How current numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// Everything stored before this is counted.
    pub as_of: Timestamp,
    /// Milliseconds from then to now: how long the oldest message that is not counted yet has waited.
    pub lag_ms: u64,
}

/// A room's window. Reads the running total, at most 60 minutes and 23 hours, the newest message, and
/// where the count is behind, one more.
pub async fn of_room(
    store: &Store,
    room: &RoomId,
    window: Window,
    now: Timestamp,
) -> Result<RoomNumbers, StoreError> {
    let (first, last) = window.minutes(now);
    let scope = AnalyticsScope::Room(room.clone());
    let newest = store.message_page(room, HistoryCursor::Newest, 1, now);
    let (ledger, newest) = try_join(store.ledger_get(&scope), newest).await?;
    let open = ledger.value.open();

    let mut merged = Rollup::default();
    let mut minutes_from = first;
    if window == Window::Hours24
        && let Some(open) = open
        && open.hour() > first.hour()
    {
        // The open minute's hour is not folded yet, and whatever comes after it neither.
        for hour in store.rollup_hours(room, first.hour(), open.hour().back(1)).await?.values() {
            merged.merge(&hour.value);
        }
        minutes_from = open.hour().first_minute();
    }
    let minutes = store.rollup_minutes(room, minutes_from, last).await?;
    for (minute, row) in &minutes {
        merged.merge_minute(*minute, &row.value);
    }

    // What the total does not have yet: the open minute, and one that just began.
    let mut after = Tally::default();
    let mut counted_to = None;
    if let Some(open) = open {
        let open_row = match minutes.get(&open) {
            Some(row) => row.value.clone(),
            None => store.rollup_get(room, Bucket::Minute(open)).await?.value,
        };
        let later = minutes.range(open..).filter(|(minute, _)| **minute > open).map(|(_, row)| &row.value);
        let rows = || later.clone().chain([&open_row]);
        after = Tally::sum(rows().map(Rollup::tally));
        counted_to = rows().filter_map(|row| row.seen().bounds()).map(|(_, highest)| highest).max();
    }
    let pending = match newest.messages.last() {
        Some(newest) if counted_to.is_none_or(|highest| newest.sequence.get() > highest) => {
            let from = counted_to.unwrap_or(0) + 1;
            let oldest = store.message_texts(room, from, newest.sequence.get(), 1).await?.texts.pop();
            Some(oldest.map_or(newest.timestamp, |oldest| oldest.timestamp))
        }
        _ => None,
    };
    Ok(RoomNumbers {
        report: Report::of(&merged, first, last, NAMES),
        total: Tally::sum([ledger.value.total(), after]),
        freshness: Freshness::since(pending, now),
    })
}

/// The service. Reads a total and at most 15 minutes for each lane, and where nothing was said for
/// longer, one more.
pub async fn of_service(store: &Store, now: Timestamp) -> Result<ServiceNumbers, StoreError> {
    let (first, last) = Window::Minutes15.minutes(now);
    let lanes = try_join_all((0..SERVICE_LANES).map(|lane| of_lane(store, lane, first, last))).await?;
    let messages_in = |minute: &Minute| {
        lanes.iter().filter_map(|lane| lane.minutes.get(minute)).map(|row| row.value.tally().messages).sum()
    };
    Ok(ServiceNumbers {
        total: Tally::sum(lanes.iter().map(|lane| lane.total)),
        messages_per_minute: first.through(last).map(|minute| messages_in(&minute)).collect(),
        newest: lanes.iter().filter_map(|lane| lane.newest).max(),
    })
}

struct Lane {
    total: Tally,
    minutes: BTreeMap<Minute, Versioned<ServiceMinute>>,
    newest: Option<Timestamp>,
}

async fn of_lane(store: &Store, lane: u64, first: Minute, last: Minute) -> Result<Lane, StoreError> {
    let scope = AnalyticsScope::Service(lane);
    let (ledger, minutes) =
        try_join(store.ledger_get(&scope), store.service_minutes(lane, first, last)).await?;
    let Some(open) = ledger.value.open() else {
        return Ok(Lane { total: Tally::default(), minutes, newest: None });
    };
    let open_row = match minutes.get(&open) {
        Some(row) => row.value.clone(),
        None => store.service_minute_get(lane, open).await?.value,
    };
    let later = minutes.range(open..).filter(|(minute, _)| **minute > open).map(|(_, row)| &row.value);
    let rows = || later.clone().chain([&open_row]);
    let total = Tally::sum(rows().map(ServiceMinute::tally).chain([ledger.value.total()]));
    let newest = rows().filter_map(ServiceMinute::newest).max();
    Ok(Lane { total, minutes, newest })
}

impl Freshness {
    /// Of numbers that lack what was said since a moment, if anything was.
    pub fn since(pending: Option<Timestamp>, now: Timestamp) -> Self {
        let as_of = pending.map_or(now, |pending| pending.min(now));
        let lag = now.since(as_of).as_millis();
        Self { as_of, lag_ms: u64::try_from(lag).unwrap_or(u64::MAX) }
    }
}
