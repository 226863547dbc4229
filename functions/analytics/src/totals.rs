//! Hours, days and the running totals. They are made of minutes that are over, when the first message
//! of a later minute comes, and again whenever one of those minutes changes.
//!
//! Everything here is counted from rows that are there and replaces what was there: whoever is
//! interrupted does it once more.

use std::collections::{BTreeMap, BTreeSet};

use shared::App;
use shared::domain::Timestamp;
use shared::domain::analytics::{Day, Hour, Ledger, Minute, Rollup, Tally, retention};
use shared::storage::{AnalyticsScope, Bucket, StoreError};

use crate::ROUNDS;
use crate::minute::pause;

/// Brings a scope's hours, days and total up to date with minutes that were just written.
pub(crate) async fn bring_up_to_date(
    app: &App,
    scope: &AnalyticsScope,
    written: &BTreeMap<Minute, Tally>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some((newest, _)) = written.last_key_value() else { return Ok(()) };
    for round in 0..ROUNDS {
        let read = app.store.ledger_get(scope).await?;
        let Some(changed) = changed(&read.value, *newest, written.keys()) else { return Ok(()) };
        let mut ledger = read.value;
        ledger.advance(*newest);
        changed.iter().for_each(|minute| ledger.note(*minute));
        recount(app, scope, &mut ledger, &changed, written, now).await?;
        if app.store.ledger_put(scope, read.version, &ledger).await? {
            return Ok(());
        }
        pause(round).await;
    }
    Err(StoreError::Contended { operation: "ledger_put" })
}

/// The minutes that the ledger has to hear of; `None` where it is up to date: only its open minute
/// was written.
fn changed<'a>(
    ledger: &Ledger,
    newest: Minute,
    written: impl Iterator<Item = &'a Minute>,
) -> Option<BTreeSet<Minute>> {
    let Some(open) = ledger.open() else { return Some(written.copied().collect()) };
    let mut changed: BTreeSet<Minute> = written.copied().filter(|minute| *minute != open).collect();
    if changed.is_empty() {
        return None;
    }
    // It closes now.
    if newest > open {
        changed.insert(open);
    }
    Some(changed)
}

async fn recount(
    app: &App,
    scope: &AnalyticsScope,
    ledger: &mut Ledger,
    changed: &BTreeSet<Minute>,
    written: &BTreeMap<Minute, Tally>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(open) = ledger.open() else { return Ok(()) };
    let (here, before): (Vec<Minute>, Vec<Minute>) =
        changed.iter().copied().partition(|minute| minute.hour() == open.hour());
    for minute in here {
        let tally = match written.get(&minute) {
            Some(tally) => *tally,
            None => minute_tally(app, scope, minute).await?,
        };
        ledger.set_minute(minute, tally);
    }
    let hours: BTreeSet<Hour> =
        before.into_iter().map(Minute::hour).filter(|hour| *hour < open.hour()).collect();
    let mut days = BTreeSet::new();
    for hour in hours {
        let tally = hour_tally(app, scope, hour, now).await?;
        ledger.set_hour(hour, tally);
        if hour.day() < open.hour().day() {
            days.insert(hour.day());
        }
    }
    for day in days {
        ledger.set_day(day, day_tally(app, scope, day, now).await?);
    }
    Ok(())
}

async fn minute_tally(app: &App, scope: &AnalyticsScope, minute: Minute) -> Result<Tally, StoreError> {
    Ok(match scope {
        AnalyticsScope::Room(room) => app.store.rollup_get(room, Bucket::Minute(minute)).await?.value.tally(),
        AnalyticsScope::Service(lane) => app.store.service_minute_get(*lane, minute).await?.value.tally(),
    })
}

/// A room's hour is kept, merged from its minutes; of the service's, only the sum is.
async fn hour_tally(
    app: &App,
    scope: &AnalyticsScope,
    hour: Hour,
    now: Timestamp,
) -> Result<Tally, StoreError> {
    let (first, last) = (hour.first_minute(), hour.last_minute());
    let room = match scope {
        AnalyticsScope::Room(room) => room,
        AnalyticsScope::Service(lane) => {
            let minutes = app.store.service_minutes(*lane, first, last).await?;
            return Ok(Tally::sum(minutes.values().map(|minute| minute.value.tally())));
        }
    };
    for round in 0..ROUNDS {
        // The version first, the minutes after it: whoever writes the hour in between makes the write
        // fail.
        let read = app.store.rollup_get(room, Bucket::Hour(hour)).await?;
        let mut rollup = Rollup::default();
        for (minute, part) in app.store.rollup_minutes(room, first, last).await? {
            rollup.merge_minute(minute, &part.value);
        }
        rollup.bear_marks_of(&read.value);
        let expires_at = now.plus(retention::of_hours(app.config.message_retention));
        if app.store.rollup_put(room, Bucket::Hour(hour), read.version, &rollup, expires_at).await? {
            return Ok(rollup.tally());
        }
        pause(round).await;
    }
    Err(StoreError::Contended { operation: "rollup_put" })
}

async fn day_tally(app: &App, scope: &AnalyticsScope, day: Day, now: Timestamp) -> Result<Tally, StoreError> {
    let (first, last) = (day.first_hour(), day.last_hour());
    let room = match scope {
        AnalyticsScope::Room(room) => room,
        AnalyticsScope::Service(lane) => {
            let (first, last) = (first.first_minute(), last.last_minute());
            let minutes = app.store.service_minutes(*lane, first, last).await?;
            return Ok(Tally::sum(minutes.values().map(|minute| minute.value.tally())));
        }
    };
    for round in 0..ROUNDS {
        let read = app.store.rollup_get(room, Bucket::Day(day)).await?;
        let mut rollup = Rollup::default();
        for part in app.store.rollup_hours(room, first, last).await?.values() {
            rollup.merge(&part.value);
        }
        let mut rollup = rollup.anonymous();
        rollup.bear_marks_of(&read.value);
        let expires_at = now.plus(retention::LONG);
        if app.store.rollup_put(room, Bucket::Day(day), read.version, &rollup, expires_at).await? {
            return Ok(rollup.tally());
        }
        pause(round).await;
    }
    Err(StoreError::Contended { operation: "rollup_put" })
}
