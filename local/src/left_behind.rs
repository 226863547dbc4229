//! Connections of an earlier process. Their sockets died with it, without a `$disconnect`; running
//! it now is what an emulator can do that AWS need not.

use std::collections::HashMap;

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use emulator::dynamodb::Clients;
use emulator::{Emulator, LeftConnection};
use serde_json::{Map, Value};

const PAGE: i32 = 500;

/// Runs `$disconnect`, with 1006 as for a lost network, for every row of the table, and returns how
/// many there were. Reads the whole table, once, before anybody connects.
pub(crate) async fn end(
    clients: &Clients,
    table: &str,
    api: &str,
    emulator: &Emulator,
) -> anyhow::Result<usize> {
    let mut ended = 0;
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
        for row in page.items() {
            match emulator.disconnect_left(api, connection(row)).await {
                Ok(()) => ended += 1,
                // Then it is no row of this gateway's, and not this gateway's to end.
                Err(error) => tracing::warn!(%error, "a connection of an earlier process cannot be ended"),
            }
        }
        from = page.last_evaluated_key;
        if from.is_none() {
            return Ok(ended);
        }
    }
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
