//! The rows that a room's window is made of: days that are over, hours of the day that was spoken in last,
//! minutes of the hour that was, and whatever came after it, which nobody has folded yet.

use std::collections::BTreeMap;

use crate::domain::analytics::{BucketReport, Day, Hour, Minute, Rollup, Window};
use crate::domain::{RoomId, Timestamp};
use crate::storage::{Store, StoreError, Versioned};

/// Of a window; none overlaps another.
pub(super) struct Rows {
    first: Minute,
    days: BTreeMap<Day, Versioned<Rollup>>,
    hours: BTreeMap<Hour, Versioned<Rollup>>,
    pub(super) minutes: BTreeMap<Minute, Versioned<Rollup>>,
}

impl Rows {
    /// `open` is the newest minute that was folded into nothing.
    pub(super) async fn read(
        store: &Store,
        room: &RoomId,
        window: Window,
        open: Option<Minute>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let (first, last) = window.minutes(now);
        let mut rows =
            Self { first, days: BTreeMap::new(), hours: BTreeMap::new(), minutes: BTreeMap::new() };
        let mut from = first;
        if let Some(open) = open {
            let hour = open.hour();
            if window == Window::Days30 && hour.day() > from.hour().day() {
                rows.days = store.rollup_days(room, from.hour().day(), hour.day().back(1)).await?;
                from = hour.day().first_hour().first_minute();
            }
            if matches!(window, Window::Hours24 | Window::Days30) && hour > from.hour() {
                rows.hours = store.rollup_hours(room, from.hour(), hour.back(1)).await?;
                from = hour.first_minute();
            }
        }
        rows.minutes = store.rollup_minutes(room, from, last).await?;
        Ok(rows)
    }

    /// All of them. Days have no names, so that those of 30 days would be today's only.
    pub(super) fn merged(&self, window: Window) -> Rollup {
        let mut merged = Rollup::default();
        for row in self.days.values().chain(self.hours.values()) {
            merged.merge(&row.value);
        }
        for (minute, row) in &self.minutes {
            merged.merge_minute(*minute, &row.value);
        }
        if window == Window::Days30 { merged.anonymous() } else { merged }
    }

    /// Every clock hour, of 24 hours.
    pub(super) fn hours(&self, window: Window, now: Timestamp) -> Vec<BucketReport> {
        if window != Window::Hours24 {
            return Vec::new();
        }
        let by_hour = self.by(|minute| minute.hour(), |hour| hour);
        let all = self.first.hour().through(Minute::of(now).hour());
        all.map(|hour| BucketReport::of(hour.start(), by_hour.get(&hour))).collect()
    }

    /// Every day, of 30 days.
    pub(super) fn days(&self, window: Window, now: Timestamp) -> Vec<BucketReport> {
        if window != Window::Days30 {
            return Vec::new();
        }
        let mut by_day = self.by(|minute| minute.hour().day(), Hour::day);
        for (day, row) in &self.days {
            by_day.entry(*day).or_default().merge(&row.value);
        }
        let all = self.first.hour().day().through(Minute::of(now).hour().day());
        all.map(|day| BucketReport::of(day.start(), by_day.get(&day))).collect()
    }

    /// Minutes and hours, put together.
    fn by<K: Ord>(
        &self,
        of_minute: impl Fn(Minute) -> K,
        of_hour: impl Fn(Hour) -> K,
    ) -> BTreeMap<K, Rollup> {
        let mut merged = BTreeMap::<K, Rollup>::new();
        for (hour, row) in &self.hours {
            merged.entry(of_hour(*hour)).or_default().merge(&row.value);
        }
        for (minute, row) in &self.minutes {
            merged.entry(of_minute(*minute)).or_default().merge(&row.value);
        }
        merged
    }
}
