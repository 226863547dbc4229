//! Connections of an earlier process. Their sockets died with it, without a `$disconnect`; running
//! it now is what an emulator can do that AWS need not.

use std::collections::HashMap;

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use emulator::dynamodb::Clients;
use emulator::{Emulator, LeftConnection};
use serde_json::{Map, Value};

const PAGE: i32 = 500;

/// The connections that the table has rows of. Reads it whole, once, and before anybody can connect:
/// a row that is written later belongs to somebody who is here.
pub(crate) async fn find(clients: &Clients, table: &str) -> anyhow::Result<Vec<LeftConnection>> {
    let mut found = Vec::new();
    let mut from = None;
    loop {
        let page = clients
            .dynamodb
            .scan()
            .table_name(table)
            .consistent_read(true)
            .limit(PAGE)
            .set_exclusive_start_key(from)
            .send()
            .await
            .context("the connections of an earlier process cannot be read")?;
        found.extend(page.items().iter().map(connection));
        from = page.last_evaluated_key;
        if from.is_none() {
            return Ok(found);
        }
    }
}

/// Runs `$disconnect` for each, with 1006 as for a lost network, and returns how many there were.
pub(crate) async fn end(left: Vec<LeftConnection>, api: &str, emulator: &Emulator) -> usize {
    let mut ended = 0;
    for connection in left {
        match emulator.disconnect_left(api, connection).await {
            Ok(()) => ended += 1,
            // Then it is no row of this gateway's, and not this gateway's to end.
            Err(error) => tracing::warn!(%error, "a connection of an earlier process cannot be ended"),
        }
    }
    ended
}

/// What `$disconnect` would have carried.
fn connection(row: &HashMap<String, AttributeValue>) -> LeftConnection {
    let text = |name: &str| row.get(name)?.as_s().ok().cloned();
    let context = [
        ("principalId", "userId"),
        ("userId", "userId"),
        ("username", "username"),
        ("role", "role"),
        ("room", "roomId"),
    ];
    let context = context
        .iter()
        .filter_map(|(key, attribute)| Some(((*key).to_owned(), Value::from(text(attribute)?))));
    LeftConnection {
        connection_id: text("connectionId").unwrap_or_default(),
        connected_at: row.get("connectedAt").and_then(|value| value.as_n().ok()?.parse().ok()),
        authorizer: Some(context.collect::<Map<_, _>>()),
    }
}
