//! The stream of `messages`: keeps what is counted of every room and of the service.
//!
//! Records repeat, split and come late, and an invocation can end anywhere. So every row knows what
//! it has counted, is written on condition that nobody else did so meanwhile, and is brought up to
//! date again when the records come again: minutes from messages, everything above from minutes.

mod batch;
mod feed;
mod firsts;
mod minute;
mod moments;
mod service;
mod totals;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use shared::App;
use shared::domain::Timestamp;
use shared::domain::analytics::{Minute, Part, service_lane};
use shared::event::{BatchFailures, StreamEvent};
use shared::logging::chain;
use shared::reply::Failure;
use shared::storage::{AnalyticsScope, StoreError};

use batch::{Touched, touched};
use service::Parts;

/// Rooms at work on at once.
const ROOMS_AT_ONCE: usize = 8;

/// Rounds against other writers of a row before the batch is given back to the stream.
const ROUNDS: u32 = 8;
const FIRST_BACKOFF: Duration = Duration::from_millis(10);

/// Names the records that could not be counted.
pub async fn handle(app: &App, event: StreamEvent) -> Result<BatchFailures, Failure> {
    let (rooms, newest) = touched(&event);
    let Some(now) = newest else { return Ok(BatchFailures::default()) };
    let mut counted = Vec::with_capacity(rooms.len());
    for rooms in rooms.chunks(ROOMS_AT_ONCE) {
        counted.extend(join_all(rooms.iter().map(|room| count(app, room, now))).await);
    }

    let mut counted_rooms = Vec::new();
    let mut lanes = BTreeMap::<u64, (Parts<'_>, Vec<&Touched>)>::new();
    let mut failed = Vec::new();
    for (touched, counted) in rooms.iter().zip(&counted) {
        match counted {
            Ok(minutes) => {
                let (parts, rooms) = lanes.entry(service_lane(&touched.room)).or_default();
                rooms.push(touched);
                counted_rooms.push(&touched.room);
                for (minute, part) in minutes {
                    parts.entry(*minute).or_default().push((&touched.room, *part));
                }
            }
            Err(error) => {
                tracing::error!(
                    room_id = touched.room.as_str(),
                    error = chain(error),
                    "a room was not counted"
                );
                failed.extend(touched.records.clone());
            }
        }
    }
    for (lane, (parts, rooms)) in lanes {
        if let Err(error) = service::add(app, lane, &parts, now).await {
            tracing::error!(lane, error = chain(&error), "the service was not counted");
            failed.extend(rooms.iter().flat_map(|room| room.records.clone()));
        }
    }
    feed::tell(app, &counted_rooms, now).await;
    Ok(failed.into_iter().collect())
}

/// A room's part of a batch; returns what its minutes then say.
async fn count(app: &App, touched: &Touched, now: Timestamp) -> Result<BTreeMap<Minute, Part>, StoreError> {
    let mut written = BTreeMap::new();
    for (minute, happened) in &touched.minutes {
        minute::fold_in(app, &touched.room, *minute, happened, &mut written, now).await?;
    }
    moments::listen(app, touched, now).await?;
    let tallies = written.iter().map(|(minute, part)| (*minute, part.tally)).collect();
    totals::bring_up_to_date(app, &AnalyticsScope::Room(touched.room.clone()), &tallies, now).await?;
    Ok(written)
}
