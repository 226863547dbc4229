//! Who is in which room, brought up to date with the connections' rows: what `presence` does when
//! told by the stream, and whoever else finds a user whose row may be behind.
//!
//! A record only says where to look. Records repeat, split and overtake each other, and two
//! connections of one user travel in different shards. So each batch names users, and for each of
//! them what is there now is read and written back, on condition that nobody else did so meanwhile.

mod banned;
mod batch;
mod notices;
mod reconcile;

use std::collections::BTreeMap;

use futures_util::StreamExt;
use futures_util::stream;

pub use batch::{Touched, touched};
pub use notices::{Notice, tell};
pub use reconcile::{CHUNK, bring_up_to_date};

use crate::App;
use crate::domain::{Counts, RoomId, Timestamp};
use crate::logging::chain;
use crate::storage::Scope;

/// Summaries written at once.
const AT_ONCE: usize = 16;

/// Writes members and counts, closes connections of banned users, writes the summaries, then tells the rooms who joined. Returns the
/// records of users of whom something could not be written; telling is best effort.
pub async fn catch_up(app: &App, users: &[Touched]) -> Vec<String> {
    let mut failed = Vec::new();
    let (mut written, mut joins) = (Vec::new(), Vec::new());
    for chunk in users.chunks(CHUNK) {
        match bring_up_to_date(app, chunk).await {
            Ok(joined) => {
                joins.extend(joined);
                written.extend(chunk);
            }
            Err(error) => {
                let users = chunk.len();
                tracing::error!(users, error = chain(&error), "members were not brought up to date");
                failed.extend(chunk.iter().flat_map(|touched| touched.records.clone()));
            }
        }
        if let Err(error) = banned::close(app, chunk).await {
            tracing::error!(users = chunk.len(), error = chain(&error), "bans were not looked for");
            failed.extend(chunk.iter().flat_map(|touched| touched.records.clone()));
        }
    }

    let mut counts = BTreeMap::new();
    let mut summaries = stream::iter(scopes(&written))
        .map(async |(scope, at)| {
            let taken = app.store.attendance_take(&scope, at).await;
            (scope, taken)
        })
        .buffer_unordered(AT_ONCE);
    while let Some((scope, taken)) = summaries.next().await {
        match (scope, taken) {
            (Scope::Room(room), Ok(attendance)) => {
                counts.insert(room, attendance.now);
            }
            (Scope::Service, Ok(_)) => {}
            (scope, Err(error)) => {
                tracing::error!(error = chain(&error), "a summary was not brought up to date");
                let of_scope = written.iter().filter(|touched| match &scope {
                    Scope::Room(room) => touched.key.room_id == *room,
                    Scope::Service => true,
                });
                failed.extend(of_scope.flat_map(|touched| touched.records.clone()));
            }
        }
    }

    tell(app, &joins, &counts).await;
    failed
}

/// What the users' changes are counted in, with the time of the newest of them.
fn scopes(users: &[&Touched]) -> BTreeMap<Scope, Timestamp> {
    let mut scopes = BTreeMap::<Scope, Timestamp>::new();
    for touched in users {
        for scope in [Scope::Room(touched.key.room_id.clone()), Scope::Service] {
            let at = scopes.entry(scope).or_insert(touched.at);
            *at = touched.at.max(*at);
        }
    }
    scopes
}

/// By room; a room that is missing could not be counted.
pub type RoomCounts = BTreeMap<RoomId, Counts>;
