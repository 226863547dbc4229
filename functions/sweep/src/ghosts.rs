//! Rows of connections that are none any more.

use std::time::Duration;

use futures_util::future::join_all;
use shared::App;
use shared::domain::Timestamp;
use shared::logging::chain;
use shared::management::Connections;
use shared::presence::{Touched, catch_up};
use shared::reply::Failure;
use shared::storage::KnownConnection;

use crate::Swept;

/// Connections asked about at once: a small part of what an account may ask in a second.
const AT_ONCE: usize = 32;

/// A row is written before the gateway knows the connection, and counted a moment later.
const YOUNG: Duration = Duration::from_secs(60);

/// Deletes them, and has those counted that are there and were missed.
pub(crate) async fn lay(app: &App, now: Timestamp, swept: &mut Swept) -> Result<(), Failure> {
    let gateway = app.management.of_deployment();
    if gateway.is_none() {
        tracing::error!("nobody is asked which connections are open: CALLBACK_URL is not set");
    }
    let mut from = None;
    loop {
        let page = app.store.connections_known(now, from).await?;
        swept.connections += page.connections.len();
        for known in page.connections.chunks(AT_ONCE) {
            let fates = join_all(known.iter().map(|known| fate(gateway.as_ref(), known, now))).await;
            let found = known.iter().zip(fates);
            let (mut lost, mut there) = (Vec::new(), Vec::new());
            for (known, fate) in found {
                match fate {
                    Fate::Expired => swept.expired += 1,
                    Fate::Gone => swept.gone += 1,
                    Fate::There => there.push(touched(known, now)),
                    Fate::Unknown => {}
                }
                if matches!(fate, Fate::Expired | Fate::Gone) {
                    lost.push(&known.connection_id);
                }
            }
            for deleted in join_all(lost.into_iter().map(|id| app.store.connection_delete(id))).await {
                deleted?;
            }
            swept.failed += catch_up(app, &there).await.len();
        }
        from = page.next;
        if from.is_none() {
            return Ok(());
        }
    }
}

enum Fate {
    Expired,
    Gone,
    There,
    /// Too young to tell, or nobody could.
    Unknown,
}

async fn fate(gateway: Option<&Connections>, known: &KnownConnection, now: Timestamp) -> Fate {
    if known.expired {
        return Fate::Expired;
    }
    let Some(gateway) = gateway.filter(|_| now.since(known.connected_at) > YOUNG) else {
        return Fate::Unknown;
    };
    match gateway.is_open(&known.connection_id).await {
        Ok(true) => Fate::There,
        Ok(false) => Fate::Gone,
        Err(error) => {
            let connection_id = known.connection_id.as_str();
            tracing::warn!(connection_id, error = chain(&error), "whether it is open could not be found out");
            Fate::Unknown
        }
    }
}

/// As a record of the stream would name them. The record's number stands for the user in failures.
fn touched(known: &KnownConnection, now: Timestamp) -> Touched {
    Touched {
        key: known.key.clone(),
        connections: [known.connection_id.clone()].into(),
        profile: Some(known.profile.clone()),
        former_profile: None,
        at: now,
        records: vec![known.connection_id.to_string()],
    }
}
