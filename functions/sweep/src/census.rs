//! Users who are counted as present, and rooms that are listed as having somebody in them.

use std::collections::BTreeSet;

use shared::App;
use shared::domain::Timestamp;
use shared::presence::{Touched, catch_up};
use shared::reply::Failure;
use shared::storage::{Listed, Scope, Store};

use crate::Swept;

/// Has everybody looked at who is counted, and every room that is listed, and the service.
pub(crate) async fn take(app: &App, now: Timestamp, swept: &mut Swept) -> Result<(), Failure> {
    let mut scopes = BTreeSet::from([Scope::Service]);
    for bucket in Store::buckets_active() {
        let mut from = None;
        loop {
            let page = app.store.listed(&bucket, from).await?;
            let mut users = Vec::new();
            for listed in page.listed {
                match listed {
                    Listed::Room(room) => {
                        scopes.insert(Scope::Room(room));
                    }
                    Listed::Member(key) => users.push(Touched {
                        records: vec![key.user_id.to_string()],
                        key,
                        connections: BTreeSet::new(),
                        profile: None,
                        former_profile: None,
                        at: now,
                    }),
                }
            }
            swept.counted += users.len();
            swept.failed += catch_up(app, &users).await.len();
            from = page.next;
            if from.is_none() {
                break;
            }
        }
    }
    for scope in scopes {
        app.store.attendance_take(&scope, now).await?;
    }
    Ok(())
}
