//! What the server says about who is there, and what it stored and counted.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::records::{Room, Said};
use crate::client::{HttpApi, HttpError};
use crate::replay::settle;

/// How long counts may take to become right.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks.
const EVERY: Duration = Duration::from_millis(500);
/// Requests of ours meet faults as well.
const ATTEMPTS: u32 = 10;

/// As many as `GET /api/rooms` gives at most.
pub(super) const MOST_ROOMS: u16 = 200;

#[derive(Debug, thiserror::Error)]
pub(super) enum CountError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("the server's answer has no `{0}`")]
    Missing(&'static str),
}

/// Connections of the service, and members and connections of each room that has any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Presence {
    pub(super) clients: u64,
    pub(super) rooms: BTreeMap<String, (u64, u64)>,
}

/// What does not agree; empty if everything does.
pub(super) type Differences = Vec<String>;

/// Sweeps until presence is as expected, or says what it was when time was up. A `$disconnect` that
/// never came is what a sweep is for.
pub(super) async fn presence(api: &HttpApi, expected: &Presence) -> Result<Differences, CountError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        patiently(async || api.post("/_emulator/schedule/SweepFunction").await).await?;
        let seen = seen(api).await?;
        if seen == *expected {
            return Ok(Vec::new());
        }
        if Instant::now() > deadline {
            return Ok(differences(expected, &seen));
        }
        sleep(EVERY).await;
    }
}

async fn seen(api: &HttpApi) -> Result<Presence, CountError> {
    let health = patiently(async || api.json("/health", None).await).await?;
    let mut seen = Presence { clients: number(&health, "clients")?, rooms: BTreeMap::new() };
    let rooms = patiently(async || api.json(&format!("/api/rooms?limit={MOST_ROOMS}"), None).await).await?;
    for room in rooms["rooms"].as_array().into_iter().flatten() {
        let name = room["roomId"].as_str().ok_or(CountError::Missing("roomId"))?;
        seen.rooms.insert(name.to_owned(), (number(room, "members")?, number(room, "connections")?));
    }
    Ok(seen)
}

fn number(value: &Value, name: &'static str) -> Result<u64, CountError> {
    value[name].as_u64().ok_or(CountError::Missing(name))
}

fn differences(expected: &Presence, seen: &Presence) -> Differences {
    let mut differences = Vec::new();
    if expected.clients != seen.clients {
        differences.push(format!("{} connections, and the server counts {}", expected.clients, seen.clients));
    }
    let rooms: BTreeSet<_> = expected.rooms.keys().chain(seen.rooms.keys()).collect();
    for room in rooms {
        let (members, connections) = expected.rooms.get(room).copied().unwrap_or_default();
        let (seen_members, seen_connections) = seen.rooms.get(room).copied().unwrap_or_default();
        if (members, connections) != (seen_members, seen_connections) {
            differences.push(format!(
                "{room}: {members} members with {connections} connections, and the server counts \
                 {seen_members} and {seen_connections}"
            ));
        }
    }
    differences
}

/// History has what was acknowledged, in its place, and nothing else.
pub(super) async fn history(api: &HttpApi, room: &str, told: &Room) -> Result<Differences, HttpError> {
    let stored = patiently(async || settle::history(api, room, None).await).await?;
    let mut differences = Vec::new();
    let mut missing = told.clone();
    for message in stored {
        let said = Said { user: message.user, content: message.content };
        if missing.remove(&message.sequence).as_ref() != Some(&said) {
            let told = told.iter().find(|(_, other)| **other == said).map(|(sequence, _)| *sequence);
            let told =
                told.map_or("was acknowledged nowhere".to_owned(), |at| format!("was acknowledged as {at}"));
            differences.push(format!("{room}: history has {said:?} as {}, which {told}", message.sequence));
        }
    }
    for (sequence, said) in missing {
        differences.push(format!("{room}: message {sequence} is not in history: {said:?}"));
    }
    Ok(differences)
}

/// The analytics count what was acknowledged.
pub(super) async fn analytics(api: &HttpApi, room: &str, told: &Room) -> Result<Differences, HttpError> {
    let deadline = Instant::now() + PATIENCE;
    let messages = told.len() as u64;
    let said = patiently(async || settle::analytics(api, room, messages, None, deadline).await).await?;
    let counted = said["total"]["messages"].as_u64();
    if counted == Some(messages) {
        return Ok(Vec::new());
    }
    Ok(vec![format!("{room}: {messages} messages, and the analytics count {counted:?}")])
}

/// Again, where the server failed: that is what was asked of it.
pub(super) async fn patiently<T>(mut ask: impl AsyncFnMut() -> Result<T, HttpError>) -> Result<T, HttpError> {
    let mut attempt = 1;
    loop {
        match ask().await {
            Err(HttpError::Status { status, .. }) if status.is_server_error() && attempt < ATTEMPTS => {
                attempt += 1;
                sleep(EVERY).await;
            }
            answered => return answered,
        }
    }
}
