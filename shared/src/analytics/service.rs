//! The service's numbers.

use std::collections::BTreeMap;

use futures_util::future::{try_join, try_join_all, try_join3};

use super::Freshness;
use crate::domain::analytics::{Day, Latencies, Minute, SERVICE_LANES, ServiceMinute, Tally, Window};
use crate::domain::{Attendance, Timestamp};
use crate::storage::{AnalyticsScope, LatencyMinute, Scope, Store, StoreError, Versioned};

/// The service as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceNumbers {
    /// Since the first message.
    pub total: Tally,
    /// Of the last 15 minutes, oldest first, the running one last.
    pub messages_per_minute: Vec<u64>,
    /// Of the last 30 days, oldest first, the running one last.
    pub days: Vec<(Day, Tally)>,
    /// Of the last 15 minutes.
    pub latencies: Latencies,
    /// Who is there now, and the most there ever were.
    pub attendance: Attendance,
    /// When the first minute began that has a message in it.
    pub since: Option<Timestamp>,
    /// How current they are.
    pub freshness: Freshness,
}

/// The service. Reads a total and at most 15 minutes of messages and 15 of deliveries for each lane, and
/// where nothing was said for longer, one more.
pub async fn of_service(store: &Store, now: Timestamp) -> Result<ServiceNumbers, StoreError> {
    let (first, last) = Window::Minutes15.minutes(now);
    let lanes = try_join_all((0..SERVICE_LANES).map(|lane| of_lane(store, lane, first, last)));
    let (lanes, attendance) = try_join(lanes, store.attendance(&Scope::Service)).await?;
    let messages_in = |minute: &Minute| {
        lanes.iter().filter_map(|lane| lane.minutes.get(minute)).map(|row| row.value.tally().messages).sum()
    };
    let (first_day, today) = Window::Days30.minutes(now);
    let in_day = |day: Day| {
        let of_day = lanes.iter().flat_map(|lane| &lane.days).filter(|(known, _)| *known == day);
        (day, Tally::sum(of_day.map(|(_, tally)| *tally)))
    };
    let mut latencies = Latencies::default();
    let delivered = lanes.iter().flat_map(|lane| &lane.delivered);
    delivered.for_each(|minute| latencies.merge(&minute.latencies));
    Ok(ServiceNumbers {
        total: Tally::sum(lanes.iter().map(|lane| lane.total)),
        messages_per_minute: first.through(last).map(|minute| messages_in(&minute)).collect(),
        days: first_day.hour().day().through(today.hour().day()).map(in_day).collect(),
        latencies,
        attendance,
        since: lanes.iter().filter_map(|lane| lane.since).min().map(Minute::start),
        freshness: Freshness::since(lanes.iter().filter_map(Lane::pending).min(), now),
    })
}

struct Lane {
    total: Tally,
    /// A day can be in parts.
    days: Vec<(Day, Tally)>,
    minutes: BTreeMap<Minute, Versioned<ServiceMinute>>,
    /// When the newest message that is counted was said.
    counted: Option<Timestamp>,
    since: Option<Minute>,
    delivered: Vec<LatencyMinute>,
}

async fn of_lane(store: &Store, lane: u64, first: Minute, last: Minute) -> Result<Lane, StoreError> {
    let scope = AnalyticsScope::Service(lane);
    let (ledger, minutes, delivered) = Box::pin(try_join3(
        store.ledger_get(&scope),
        store.service_minutes(lane, first, last),
        store.latency_minutes(lane, first, last),
    ))
    .await?;
    let Some(open) = ledger.value.open() else {
        let (total, days) = (Tally::default(), Vec::new());
        return Ok(Lane { total, days, minutes, counted: None, since: None, delivered });
    };
    let open_row = match minutes.get(&open) {
        Some(row) => row.value.clone(),
        None => store.service_minute_get(lane, open).await?.value,
    };
    let later = minutes.range(open..).filter(|(minute, _)| **minute > open);
    let later = later.map(|(minute, row)| (*minute, &row.value));
    let rows = || later.clone().chain([(open, &open_row)]);
    let total = Tally::sum(rows().map(|(_, row)| row.tally()).chain([ledger.value.total()]));
    let counted = rows().filter_map(|(_, row)| row.newest()).max();
    let days = rows().map(|(minute, row)| (minute.hour().day(), row.tally())).chain(ledger.value.days());
    let days = days.collect();
    Ok(Lane { total, days, minutes, counted, since: ledger.value.since(), delivered })
}

impl Lane {
    /// Since when messages were stored that are not counted: not before the newest that is, nor before
    /// the first of the minute that they were delivered in.
    fn pending(&self) -> Option<Timestamp> {
        let behind = |minute: &&LatencyMinute| self.counted.is_none_or(|counted| minute.last > counted);
        let first = self.delivered.iter().filter(behind).map(|minute| minute.first).min()?;
        Some(self.counted.map_or(first, |counted| first.max(counted)))
    }
}
