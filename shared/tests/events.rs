//! The sample events in `events/` have AWS's shape: each file parses as its type in
//! `aws_lambda_events`, tells one consistent story, and is listed in `events/README.md`. What the
//! functions answer to them is the functions' own test, not this one's.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use aws_lambda_events::apigw::{
    ApiGatewayCustomAuthorizerRequestTypeRequest, ApiGatewayV2httpRequest, ApiGatewayWebsocketProxyRequest,
};
use aws_lambda_events::dynamodb;
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::{date, format_description};

/// What a file holds, with what is worth knowing of it.
#[derive(Clone, Copy)]
enum Kind {
    /// A `REQUEST` authorizer's event.
    Authorizer,
    /// A WebSocket event of this route key.
    WebSocket(&'static str),
    /// A DynamoDB stream batch of these `eventName`s.
    Stream(&'static [&'static str]),
    /// A schedule's event.
    Schedule,
    /// An HTTP API event (payload 2.0) of this route key.
    Http(&'static str),
}

const HISTORY: &str = "GET /api/rooms/{room}/messages";

const EVENTS: &[(&str, Kind)] = &[
    ("analytics-deleted.json", Kind::Stream(&["INSERT", "MODIFY"])),
    ("analytics-said.json", Kind::Stream(&["INSERT", "INSERT"])),
    ("analytics-ttl.json", Kind::Stream(&["REMOVE"])),
    ("api-health.json", Kind::Http("GET /health")),
    ("api-description.json", Kind::Http("GET /api/openapi.json")),
    ("api-rooms.json", Kind::Http("GET /api/rooms")),
    ("api-members.json", Kind::Http("GET /api/rooms/{room}/members")),
    ("api-moderation.json", Kind::Http("GET /api/rooms/{room}/moderation")),
    ("api-room.json", Kind::Http("GET /api/rooms/{room}")),
    ("api-change-room.json", Kind::Http("PUT /api/rooms/{room}")),
    ("api-messages.json", Kind::Http(HISTORY)),
    ("api-messages-after.json", Kind::Http(HISTORY)),
    ("api-messages-bad-limit.json", Kind::Http(HISTORY)),
    ("api-messages-other-room.json", Kind::Http(HISTORY)),
    ("api-user-messages.json", Kind::Http("GET /api/users/{user}/messages")),
    ("authorizer-anonymous.json", Kind::Authorizer),
    ("authorizer-bad-room.json", Kind::Authorizer),
    ("authorizer-token.json", Kind::Authorizer),
    ("authorizer-token-expired.json", Kind::Authorizer),
    ("authorizer-token-other-room.json", Kind::Authorizer),
    ("authorizer-feed.json", Kind::Authorizer),
    ("connect.json", Kind::WebSocket("$connect")),
    ("connect-refused.json", Kind::WebSocket("$connect")),
    ("disconnect.json", Kind::WebSocket("$disconnect")),
    ("disconnect-idle.json", Kind::WebSocket("$disconnect")),
    ("leave-notices.json", Kind::Stream(&["REMOVE"])),
    ("moderate-announce.json", Kind::WebSocket("moderate")),
    ("moderate-ban.json", Kind::WebSocket("moderate")),
    ("moderate-delete.json", Kind::WebSocket("moderate")),
    ("moderate-forbidden.json", Kind::WebSocket("moderate")),
    ("moderate-slow-mode.json", Kind::WebSocket("moderate")),
    ("moderate-timeout.json", Kind::WebSocket("moderate")),
    ("moderate-unban.json", Kind::WebSocket("moderate")),
    ("ping.json", Kind::WebSocket("$default")),
    ("presence-insert.json", Kind::Stream(&["INSERT"])),
    ("presence-mixed.json", Kind::Stream(&["INSERT", "INSERT", "INSERT", "REMOVE", "REMOVE"])),
    ("presence-remove.json", Kind::Stream(&["REMOVE"])),
    ("presence-ttl.json", Kind::Stream(&["REMOVE"])),
    ("send-message.json", Kind::WebSocket("sendMessage")),
    ("send-message-blank.json", Kind::WebSocket("sendMessage")),
    ("send-message-default-route.json", Kind::WebSocket("$default")),
    ("send-message-nonce.json", Kind::WebSocket("sendMessage")),
    ("send-message-private.json", Kind::WebSocket("sendMessage")),
    ("send-message-reply.json", Kind::WebSocket("sendMessage")),
    ("sweep.json", Kind::Schedule),
];

/// Not an event: the variables for `sam local invoke --env-vars`.
const ENVIRONMENT: &str = "env.local.json";

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../events"))
}

fn text(file: &str) -> String {
    fs::read_to_string(folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn json(file: &str) -> Value {
    serde_json::from_str(&text(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The `requestContext` of every event that has one.
fn contexts() -> impl Iterator<Item = (&'static str, Kind, Value)> {
    EVENTS
        .iter()
        .filter(|(_, kind)| !matches!(kind, Kind::Stream(_) | Kind::Schedule))
        .map(|&(file, kind)| (file, kind, json(file)["requestContext"].take()))
}

/// Every record of a table's stream.
fn records_of(table: &str) -> impl Iterator<Item = (&'static str, Value)> {
    let stream = format!(":table/hubbub-{table}/stream/");
    records().filter(move |(_, record)| record["eventSourceARN"].as_str().unwrap().contains(&stream))
}

/// Every record of every stream event.
fn records() -> impl Iterator<Item = (&'static str, Value)> {
    EVENTS.iter().filter(|(_, kind)| matches!(kind, Kind::Stream(_))).flat_map(|&(file, _)| {
        let records = json(file)["Records"].take();
        records.as_array().unwrap().iter().map(|record| (file, record.clone())).collect::<Vec<_>>()
    })
}

/// 11 bytes in padded URL-safe base64: 15 characters and `=`.
fn is_gateway_id(id: &Value) -> bool {
    let Some(digits) = id.as_str().and_then(|id| id.strip_suffix('=')) else { return false };
    digits.len() == 15 && digits.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[test]
fn every_file_is_a_known_event_and_every_known_event_has_a_file() {
    let files: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md" && name != ENVIRONMENT)
        .collect();
    let known: BTreeSet<String> = EVENTS.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(files, known);
}

#[test]
fn every_event_parses_as_its_type() {
    for &(file, kind) in EVENTS {
        let text = text(file);
        let fail = |error: serde_json::Error| -> ! { panic!("{file}: {error}") };
        match kind {
            Kind::Authorizer => {
                let event: ApiGatewayCustomAuthorizerRequestTypeRequest =
                    serde_json::from_str(&text).unwrap_or_else(|error| fail(error));
                assert_eq!(event.type_.as_deref(), Some("REQUEST"), "{file}");
                assert!(event.method_arn.unwrap().ends_with("/ws/$connect"), "{file}");
            }
            Kind::WebSocket(route_key) => {
                let event: ApiGatewayWebsocketProxyRequest =
                    serde_json::from_str(&text).unwrap_or_else(|error| fail(error));
                assert_eq!(event.request_context.route_key.as_deref(), Some(route_key), "{file}");
                assert!(event.request_context.request_time_epoch > event.request_context.connected_at);
            }
            Kind::Schedule => {
                let event: shared::event::ScheduledEvent =
                    serde_json::from_str(&text).unwrap_or_else(|error| fail(error));
                assert_eq!(event.now().unwrap().to_string(), "2026-11-24T09:00:00.000Z", "{file}");
            }
            Kind::Stream(names) => {
                let event: dynamodb::Event = serde_json::from_str(&text).unwrap_or_else(|error| fail(error));
                let found: Vec<&str> = event.records.iter().map(|record| &*record.event_name).collect();
                assert_eq!(found, names, "{file}");
            }
            Kind::Http(route_key) => {
                let event: ApiGatewayV2httpRequest =
                    serde_json::from_str(&text).unwrap_or_else(|error| fail(error));
                assert_eq!(event.version.as_deref(), Some("2.0"), "{file}");
                assert_eq!(event.route_key.as_deref(), Some(route_key), "{file}");
            }
        }
    }
}

#[test]
fn ids_have_the_form_that_api_gateway_gives_them() {
    for (file, kind, context) in contexts() {
        assert!(is_gateway_id(&context["requestId"]), "{file}");
        if matches!(kind, Kind::Http(_)) {
            continue;
        }
        assert!(is_gateway_id(&context["connectionId"]), "{file}");
        assert_eq!(context["requestId"], context["extendedRequestId"], "{file}: one id, printed twice");
        let message = context["eventType"] == "MESSAGE";
        assert_eq!(is_gateway_id(&context["messageId"]), message, "{file}: only messages have a messageId");
    }
    for (file, record) in records_of("connections") {
        assert!(is_gateway_id(&record["dynamodb"]["Keys"]["connectionId"]["S"]), "{file}");
    }
}

#[test]
fn the_two_spellings_of_the_time_agree() {
    let common_log = format_description!(
        "[day]/[month repr:short]/[year]:[hour]:[minute]:[second] [offset_hour sign:mandatory][offset_minute]"
    );
    for (file, kind, context) in contexts() {
        let (text, epoch) = match kind {
            Kind::Http(_) => ("time", "timeEpoch"),
            _ => ("requestTime", "requestTimeEpoch"),
        };
        let written = OffsetDateTime::parse(context[text].as_str().unwrap(), &common_log).unwrap();
        assert_eq!(written.unix_timestamp(), context[epoch].as_i64().unwrap() / 1000, "{file}");
        assert_eq!(written.date(), date!(2026 - 11 - 24), "{file}");
    }
}

#[test]
fn who_is_speaking_rides_on_every_event_after_the_handshake() {
    for (file, kind, context) in contexts().filter(|(_, kind, _)| matches!(kind, Kind::WebSocket(_))) {
        let Kind::WebSocket(route_key) = kind else { unreachable!() };
        let authorizer = context["authorizer"].as_object().unwrap();
        assert!(authorizer["integrationLatency"].is_number(), "{file}");
        let refused = authorizer.contains_key("refuse");
        assert_eq!(refused, file == "connect-refused.json", "{file}");
        for name in ["userId", "username", "role", "room", "feed"] {
            assert_eq!(authorizer.get(name).is_some_and(Value::is_string), !refused, "{file}: {name}");
        }
        assert!(authorizer["principalId"].is_string(), "{file}");
        assert_eq!(context["disconnectReason"].is_string(), route_key == "$disconnect", "{file}");
    }
}

#[test]
fn handshake_headers_are_on_connect_and_only_four_on_disconnect() {
    for &(file, kind) in EVENTS {
        let event = json(file);
        let names: Option<BTreeSet<&str>> =
            event["headers"].as_object().map(|headers| headers.keys().map(String::as_str).collect());
        let single = event["multiValueHeaders"].as_object().map(|headers| headers.len());
        match kind {
            // The gateway shows these two to the authorizer and hides them from the route.
            Kind::Authorizer => assert!(names.unwrap().is_superset(&["Connection", "Upgrade"].into())),
            Kind::WebSocket("$connect") => {
                assert_eq!(single, names.as_ref().map(BTreeSet::len), "{file}");
                let names = names.unwrap();
                assert!(names.contains("Sec-WebSocket-Key") && !names.contains("Upgrade"), "{file}");
            }
            Kind::WebSocket("$disconnect") => {
                assert_eq!(names, Some(["Host", "x-api-key", "X-Forwarded-For", "x-restapi"].into()));
            }
            Kind::WebSocket(_) | Kind::Stream(_) | Kind::Schedule => assert_eq!(names, None, "{file}"),
            Kind::Http(_) => assert!(names.unwrap().iter().all(|name| *name == name.to_lowercase())),
        }
    }
}

#[test]
fn a_stream_record_holds_a_whole_row_of_the_connections_table() {
    for (file, record) in records_of("connections") {
        let change = &record["dynamodb"];
        let (image, other) = match record["eventName"].as_str().unwrap() {
            "INSERT" => ("NewImage", "OldImage"),
            "REMOVE" => ("OldImage", "NewImage"),
            name => panic!("{file}: rows are written once and deleted once, not {name}"),
        };
        assert!(change[other].is_null(), "{file}");
        let row = &change[image];
        for name in ["connectionId", "roomId", "roomShard", "memberKey", "userId", "username", "role"] {
            assert!(row[name]["S"].is_string(), "{file}: {name}");
        }
        let text = |name: &str| row[name]["S"].as_str().unwrap();
        let number = |name: &str| row[name]["N"].as_str().unwrap().parse::<i64>().unwrap();
        assert_eq!(change["Keys"]["connectionId"], row["connectionId"], "{file}");
        assert_eq!(text("memberKey"), format!("{}#{}", text("userId"), text("connectionId")), "{file}");
        assert_eq!(text("roomShard"), format!("{}#0", text("roomId")), "{file}");
        // 2 h, the longest that a connection lives, and 10 min to spare.
        assert_eq!(number("expiresAt"), number("connectedAt") / 1000 + 7_800, "{file}");

        let expired = change["ApproximateCreationDateTime"].as_i64().unwrap() > number("expiresAt");
        let service = record["userIdentity"]["principalId"] == "dynamodb.amazonaws.com";
        assert_eq!(
            service, expired,
            "{file}: TTL removes what has expired, and nothing else is by the service"
        );
    }
}

#[test]
fn a_stream_record_holds_a_whole_row_of_the_messages_table() {
    for (file, record) in records_of("messages") {
        let change = &record["dynamodb"];
        let name = record["eventName"].as_str().unwrap();
        assert_eq!(change["OldImage"].is_null(), name == "INSERT", "{file}");
        assert_eq!(change["NewImage"].is_null(), name == "REMOVE", "{file}");
        for row in [&change["OldImage"], &change["NewImage"]].into_iter().filter(|row| !row.is_null()) {
            for name in ["roomId", "messageId", "userId", "username", "role"] {
                assert!(row[name]["S"].is_string(), "{file}: {name}");
            }
            let number = |name: &str| row[name]["N"].as_str().unwrap().parse::<i64>().unwrap();
            assert_eq!(row["sequence"], change["Keys"]["sequence"], "{file}");
            // A deleted message keeps its row and loses its content.
            assert_ne!(row["content"].is_null(), row["deletedAt"].is_null(), "{file}");
            let written = change["ApproximateCreationDateTime"].as_i64().unwrap();
            let service = record["userIdentity"]["principalId"] == "dynamodb.amazonaws.com";
            assert_eq!(service, written > number("expiresAt"), "{file}: TTL removes what has expired");
        }
    }
}

#[test]
fn the_table_in_the_readme_names_every_event() {
    let listed: Vec<String> = text("README.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once(".json`"))
        .map(|(name, _)| format!("{name}.json"))
        .collect();
    let known: Vec<&str> = EVENTS.iter().map(|(file, _)| *file).collect();
    let unique: BTreeSet<&str> = listed.iter().map(String::as_str).collect();
    assert_eq!(listed.len(), unique.len(), "a file is listed twice");
    assert_eq!(unique, known.into_iter().collect());
}

#[test]
fn the_local_environment_names_the_two_services_and_the_tables_and_never_all_services() {
    let environment = json(ENVIRONMENT);
    let names: BTreeSet<&str> =
        environment["Parameters"].as_object().unwrap().keys().map(String::as_str).collect();
    let services = ["AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", "AWS_ENDPOINT_URL_DYNAMODB"];
    let tables = ["CONNECTIONS_TABLE", "ROOMS_TABLE", "MESSAGES_TABLE", "ANALYTICS_TABLE"];
    // `AWS_ENDPOINT_URL` would send every other service there too.
    assert_eq!(names, services.into_iter().chain(tables).collect());
}
