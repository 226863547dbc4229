//! `GET /_emulator` and `GET /_emulator/connections`: what runs here, and how far it is. No variable of a
//! function's environment and no stage variable is shown, because some are secrets.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::functions::Target;
use crate::gateway::Gateway;
use crate::template::{HttpApi, Throttling, WebSocketApi, WebSocketRoute};

/// A list of more connections would be of no use to anybody.
const MOST_CONNECTIONS: usize = 1_000;

pub(super) fn of(gateway: &Gateway) -> Value {
    let template = &gateway.template;
    let tables = template
        .tables
        .iter()
        .map(|(id, table)| json!({ "logicalId": id, "name": table.name, "stream": table.stream_view_type }));
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "startedAt": gateway.started.iso_8601(),
        "stackName": template.stack_name,
        "region": template.region,
        "connections": gateway.connections.len(),
        "webSocketApis": template.web_socket_apis.iter().map(web_socket_api).collect::<Vec<_>>(),
        "httpApis": template.http_apis.iter().map(http_api).collect::<Vec<_>>(),
        "functions": gateway.functions.iter().map(|target| function(gateway, target)).collect::<Vec<_>>(),
        "tables": tables.collect::<Vec<_>>(),
        "mappings": gateway.mappings.get().map(|view| view.to_json(SystemTime::now())).unwrap_or_default(),
        "schedules": schedules(gateway),
        "limits": limits(gateway),
        "faults": gateway.connections.faults().to_json(),
        "warnings": template.warnings,
    })
}

pub(super) fn connections(gateway: &Gateway) -> Value {
    let list = gateway.connections.some(MOST_CONNECTIONS);
    let list = list.iter().map(|connection| {
        json!({
            "connectionId": connection.id().as_str(),
            "stage": connection.api.stage,
            "connectedAt": connection.facts.connected_at.iso_8601(),
            "lastActiveAt": connection.last_active_at().iso_8601(),
            "sourceIp": connection.facts.source_ip,
        })
    });
    json!({ "total": gateway.connections.len(), "connections": list.collect::<Vec<_>>() })
}

fn web_socket_api((id, api): (&String, &WebSocketApi)) -> Value {
    let authorizer = api.authorizer.as_ref().map(|authorizer| {
        json!({ "function": authorizer.function, "identitySources": authorizer.identity_sources })
    });
    json!({
        "logicalId": id,
        "apiId": api.api_id,
        "stage": api.stage,
        "routeSelectionExpression": api.route_selection_expression,
        "authorizer": authorizer,
        "routes": api.routes.iter().map(route).collect::<Vec<_>>(),
    })
}

fn route((key, route): (&String, &WebSocketRoute)) -> Value {
    json!({
        "routeKey": key,
        "integration": if route.function.is_some() { "AWS_PROXY" } else { "MOCK" },
        "function": route.function,
        "routeResponse": route.route_response,
        "timeoutMs": milliseconds(route.timeout),
        "throttling": route.throttling.map(|Throttling { rate, burst }| json!({ "rate": rate, "burst": burst })),
    })
}

fn http_api((id, api): (&String, &HttpApi)) -> Value {
    let routes = api
        .routes
        .iter()
        .map(|route| json!({ "method": route.method, "path": route.path, "function": route.function }));
    json!({ "logicalId": id, "apiId": api.api_id, "stage": api.stage, "routes": routes.collect::<Vec<_>>() })
}

fn function(gateway: &Gateway, target: &Target) -> Value {
    let counts = target.function.counts();
    let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
    json!({
        "logicalId": target.name,
        "name": target.function_name,
        "runs": target.function.place(),
        "timeoutMs": milliseconds(target.timeout),
        "memoryMb": gateway.template.functions.get(&target.name).map(|spec| spec.memory_mb),
        "invocations": {
            "running": count(&counts.running),
            "succeeded": count(&counts.succeeded),
            "failed": count(&counts.failed),
            "refused": count(&counts.refused),
        },
    })
}

fn schedules(gateway: &Gateway) -> Vec<Value> {
    let now = Timestamp::now();
    let schedules = gateway.schedules.iter().map(|schedule| {
        // A rate counts from the start, which only its own task knows to the millisecond.
        json!({
            "function": schedule.target.name,
            "event": schedule.key,
            "name": schedule.event.name,
            "expression": schedule.event.expression.as_str(),
            "enabled": schedule.event.enabled,
            "nextByClock": schedule.event.expression.by_clock(now).map(Timestamp::iso_8601_seconds),
        })
    });
    schedules.collect()
}

fn limits(gateway: &Gateway) -> Value {
    let limits = &gateway.limits;
    json!({
        "idleMs": milliseconds(limits.idle),
        "lifetimeMs": milliseconds(limits.lifetime),
        "pingsKeepAlive": limits.pings_keep_alive,
        "connectsPerSecond": limits.connects_per_second,
        "outboundBytes": limits.outbound_bytes,
        "messagesInFlight": limits.messages_in_flight,
        "requireSignature": gateway.require_signature,
        "invokeApi": gateway.invoke_api.is_some(),
    })
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
