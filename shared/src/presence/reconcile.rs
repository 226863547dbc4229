//! A few users' rows and counts, written in one transaction on condition that nobody else wrote them
//! since they were read.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::try_join_all;

use super::{Notice, Touched};
use crate::App;
use crate::domain::{ConnectionId, Feed};
use crate::storage::{MemberUpdate, StoreError};

/// Members written in one transaction: with their counters they stay under its 100 actions.
pub(super) const CHUNK: usize = 25;

/// A user's connections looked at besides those of the batch, so that one that was missed once is
/// found: as many as one request reads.
const CONNECTIONS_READ: usize = 100;

/// Rounds against other consumers of the same members before the batch is given back to the stream.
pub(super) const ROUNDS: u32 = 8;
const FIRST_BACKOFF: Duration = Duration::from_millis(10);

/// Brings at most 25 users up to date; who joined their rooms by that has to be told.
pub async fn bring_up_to_date(app: &App, chunk: &[Touched]) -> Result<Vec<Notice>, StoreError> {
    let Some(now) = chunk.iter().map(|touched| touched.at).max() else { return Ok(Vec::new()) };
    for round in 0..ROUNDS {
        let looks = try_join_all(chunk.iter().map(|touched| look(app, touched))).await?;
        let updates: Vec<MemberUpdate> = looks.into_iter().flatten().collect();
        if updates.is_empty() || app.store.members_write(&updates, round, now).await? {
            return Ok(joins(chunk, &updates));
        }
        back_off(round).await;
    }
    Err(StoreError::Contended { operation: "members_write" })
}

pub(super) async fn back_off(round: u32) {
    tokio::time::sleep(FIRST_BACKOFF * 2_u32.pow(round)).await;
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
    let Some(change) = row.member.reconcile(&observed) else { return Ok(None) };
    let former = if change.joins { touched.former_profile.clone() } else { None };
    Ok(Some(MemberUpdate { row, change, profile: touched.profile.clone().or(former) }))
}

fn joins(chunk: &[Touched], updates: &[MemberUpdate]) -> Vec<Notice> {
    let is_told = |update: &&MemberUpdate| update.change.joins && update.row.key.feed == Feed::Chat;
    let joined = updates.iter().filter(is_told);
    let notice = |update: &MemberUpdate| {
        let at = chunk.iter().find(|touched| touched.key == update.row.key).map(|touched| touched.at);
        let name = update.profile.as_ref().map(|(name, _)| name).or(update.row.username.as_ref());
        Some(Notice::joined(&update.row.key, name?, at?))
    };
    joined.filter_map(notice).collect()
}
