//! Everybody at once.

use std::sync::Arc;

use anyhow::Context;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::person::Person;
use super::records::Records;
use crate::client::Connection;

/// Everybody lives until `until`; the first who fails ends it for all.
pub(super) async fn live(
    people: Vec<Person>,
    until: Instant,
    pause: f64,
    records: &Arc<Records>,
) -> anyhow::Result<Vec<Person>> {
    let mut living = JoinSet::new();
    for mut person in people {
        let records = Arc::clone(records);
        living.spawn(async move {
            person.live(until, pause, &records).await?;
            Ok::<_, anyhow::Error>(person)
        });
    }
    let mut people = Vec::with_capacity(living.len());
    while let Some(lived) = living.join_next().await {
        people.push(lived.context("a person's task failed")??);
    }
    Ok(people)
}

/// Everybody comes, and stays as long as what this returns is kept.
pub(super) async fn gather(people: Vec<Person>, records: &Arc<Records>) -> anyhow::Result<Vec<Connection>> {
    let mut coming = JoinSet::new();
    for person in people {
        let records = Arc::clone(records);
        coming.spawn(async move { person.come(&records).await });
    }
    let mut here = Vec::with_capacity(coming.len());
    while let Some(came) = coming.join_next().await {
        here.push(came.context("a person's task failed")??);
    }
    Ok(here)
}
