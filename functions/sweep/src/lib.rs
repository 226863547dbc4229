//! Once an hour: what has been lost is found. TTL may be days late, `$disconnect` may never come, and a
//! stream's batch may be given up; so every connection that there is a row of is looked at, and every
//! user who is counted, whatever room they are in.
//!
//! Deleting a row is enough where the row is wrong: the stream tells everybody else. Where a member's
//! row is wrong, it is brought up to date as `presence` would have done it.

mod census;
mod ghosts;

use serde::Serialize;
use shared::App;
use shared::event::ScheduledEvent;
use shared::reply::Failure;

/// What a sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Swept {
    /// Rows of connections.
    connections: usize,
    /// Of them, those that were deleted because they had outlived every connection.
    expired: usize,
    /// Those that were deleted because the gateway has no such connection.
    gone: usize,
    /// Users who were counted as present, in rooms and at feeds.
    counted: usize,
    /// Users, and rooms, that could not be brought up to date.
    failed: usize,
}

/// Goes through the connections first, so that what it deletes there is counted out below at once.
pub async fn handle(app: &App, event: ScheduledEvent) -> Result<Swept, Failure> {
    let now = event.now()?;
    let mut swept = Swept::default();

    ghosts::lay(app, now, &mut swept).await?;
    census::take(app, now, &mut swept).await?;

    tracing::info!(?swept, "swept");
    Ok(swept)
}
