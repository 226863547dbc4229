//! The rooms of one lane together, as the whole service's share.

use std::collections::BTreeMap;

use shared::App;
use shared::domain::analytics::{Minute, Part, Tally, retention};
use shared::domain::{RoomId, Timestamp};
use shared::storage::{AnalyticsScope, StoreError};

use crate::minute::pause;
use crate::{ROUNDS, totals};

/// What rooms of one lane had in some minutes.
pub(crate) type Parts<'a> = BTreeMap<Minute, Vec<(&'a RoomId, Part)>>;

/// Puts the rooms' parts into the lane's minutes, and those into its total.
pub(crate) async fn add(app: &App, lane: u64, parts: &Parts<'_>, now: Timestamp) -> Result<(), StoreError> {
    let mut written = BTreeMap::new();
    for (minute, parts) in parts {
        written.insert(*minute, add_minute(app, lane, *minute, parts, now).await?);
    }
    totals::bring_up_to_date(app, &AnalyticsScope::Service(lane), &written, now).await
}

async fn add_minute(
    app: &App,
    lane: u64,
    minute: Minute,
    parts: &[(&RoomId, Part)],
    now: Timestamp,
) -> Result<Tally, StoreError> {
    let expires_at = now.plus(retention::of_minutes(app.config.message_retention));
    for round in 0..ROUNDS {
        let read = app.store.service_minute_get(lane, minute).await?;
        let mut value = read.value.clone();
        parts.iter().for_each(|(room, part)| value.set(room, *part));
        let tally = value.tally();
        if value == read.value
            || app.store.service_minute_put(lane, minute, read.version, &value, expires_at).await?
        {
            return Ok(tally);
        }
        pause(round).await;
    }
    Err(StoreError::Contended { operation: "service_minute_put" })
}
