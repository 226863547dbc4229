//! The stream of `connections`: keeps who is in which room, and how many.
//!
//! A record only says where to look. Records repeat, split and overtake each other, and two
//! connections of one user travel in different shards. So each batch names users, and for each of
//! them what is there now is read and written back, on condition that nobody else did so meanwhile.

mod batch;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::try_join_all;
use shared::App;
use shared::domain::ConnectionId;
use shared::event::{BatchFailures, StreamEvent};
use shared::logging::chain;
use shared::reply::Failure;
use shared::storage::{MemberUpdate, StoreError};

use batch::{Touched, touched};

/// Members written in one transaction: with their counters they stay under its 100 actions.
const CHUNK: usize = 25;

/// A user's connections looked at besides those of the batch, so that one that was missed once is
/// found: as many as one request reads.
const CONNECTIONS_READ: usize = 100;

/// Rounds against other consumers of the same members before the batch is given back to the stream.
const ROUNDS: u32 = 8;
const FIRST_BACKOFF: Duration = Duration::from_millis(10);

/// Names the records whose users could not be brought up to date.
pub async fn handle(app: &App, event: StreamEvent) -> Result<BatchFailures, Failure> {
    let mut failed = Vec::new();
    for chunk in touched(&event).chunks(CHUNK) {
        if let Err(error) = bring_up_to_date(app, chunk).await {
            tracing::error!(
                users = chunk.len(),
                error = chain(&error),
                "members were not brought up to date"
            );
            failed.extend(chunk.iter().flat_map(|touched| touched.records.clone()));
        }
    }

    Ok(failed.into_iter().collect())
}

async fn bring_up_to_date(app: &App, chunk: &[Touched]) -> Result<(), StoreError> {
    let Some(now) = chunk.iter().map(|touched| touched.at).max() else { return Ok(()) };
    for round in 0..ROUNDS {
        let looks = try_join_all(chunk.iter().map(|touched| look(app, touched))).await?;
        let updates: Vec<MemberUpdate> = looks.into_iter().flatten().collect();
        if updates.is_empty() || app.store.members_write(&updates, now).await? {
            return Ok(());
        }
        tokio::time::sleep(FIRST_BACKOFF * 2_u32.pow(round)).await;
    }
    Err(StoreError::Contended { operation: "members_write" })
}

/// The member's row first, the connections after it: whoever changes the row in between makes the
/// write fail.
async fn look(app: &App, touched: &Touched) -> Result<Option<MemberUpdate>, StoreError> {
    let row = app.store.member_get(&touched.key).await?;
    let mut ids: Vec<ConnectionId> = touched.connections.iter().cloned().collect();
    let counted = row.member.live.iter().filter(|id| !touched.connections.contains(id));
    ids.extend(counted.take(CONNECTIONS_READ.saturating_sub(ids.len())).cloned());

    let mut observed = BTreeMap::new();
    for ids in ids.chunks(CONNECTIONS_READ) {
        let present = app.store.connections_present(ids).await?;
        observed.extend(ids.iter().cloned().zip(present));
    }
    let change = row.member.reconcile(&observed);
    Ok(change.map(|change| MemberUpdate { row, change, profile: touched.profile.clone() }))
}
