//! What rooms and the service add up to, after their counters changed.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use crate::App;
use crate::domain::{Counts, RoomId, Timestamp};
use crate::logging::chain;
use crate::storage::Scope;

/// Summaries written at once.
const AT_ONCE: usize = 16;

/// How many are in each room; one that is missing could not be counted.
pub type RoomCounts = BTreeMap<RoomId, Counts>;

/// Brings the summaries up to date after changes of these times. Also returns what could not be.
pub(super) async fn take(app: &App, scopes: BTreeMap<Scope, Timestamp>) -> (RoomCounts, Vec<Scope>) {
    let scopes: Vec<_> = scopes.into_iter().collect();
    let (mut counts, mut failed) = (RoomCounts::new(), Vec::new());
    for scopes in scopes.chunks(AT_ONCE) {
        let taken = join_all(scopes.iter().map(|(scope, at)| app.store.attendance_take(scope, *at))).await;
        for ((scope, _), taken) in scopes.iter().zip(taken) {
            match (scope, taken) {
                (Scope::Room(room), Ok(attendance)) => {
                    counts.insert(room.clone(), attendance.now);
                }
                (Scope::Service, Ok(_)) => {}
                (scope, Err(error)) => {
                    tracing::error!(error = chain(&error), "a summary was not brought up to date");
                    failed.push(scope.clone());
                }
            }
        }
    }
    (counts, failed)
}
