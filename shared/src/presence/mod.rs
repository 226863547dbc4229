//! Who is in which room, brought up to date with the connections' rows: what `presence` does when
//! told by the stream, and whoever else finds a user whose row may be behind.
//!
//! A record only says where to look. Records repeat, split and overtake each other, and two
//! connections of one user travel in different shards. So each batch names users, and for each of
//! them what is there now is read and written back, on condition that nobody else did so meanwhile.

mod banned;
mod batch;
mod leaves;
mod notices;
mod reconcile;
mod summaries;

use std::collections::BTreeMap;

pub use batch::{Touched, touched};
pub use leaves::{age_of_youngest, see_off};
pub use notices::{Notice, tell};
pub use reconcile::bring_up_to_date;
pub use summaries::RoomCounts;

use crate::App;
use crate::domain::Timestamp;
use crate::logging::chain;
use crate::storage::Scope;
use reconcile::CHUNK;

/// Writes members and counts, closes connections of banned users, writes the summaries, then tells the
/// rooms who joined. Returns the records of users of whom something could not be written; telling is
/// best effort.
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

    let (counts, behind) = summaries::take(app, scopes(&written)).await;
    let is_behind = |touched: &&&Touched| touched.key.scopes().iter().any(|scope| behind.contains(scope));
    failed.extend(written.iter().filter(is_behind).flat_map(|touched| touched.records.clone()));

    tell(app, &joins, &counts).await;
    failed
}

/// What the users' changes are counted in, with the time of the newest of them.
fn scopes(users: &[&Touched]) -> BTreeMap<Scope, Timestamp> {
    let mut scopes = BTreeMap::<Scope, Timestamp>::new();
    for touched in users {
        for scope in touched.key.scopes() {
            let at = scopes.entry(scope).or_insert(touched.at);
            *at = touched.at.max(*at);
        }
    }
    scopes
}
