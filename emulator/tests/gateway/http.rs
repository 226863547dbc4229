//! The HTTP API, and plain HTTP on the WebSocket API's port.

use emulator::Function;
use http::Response;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;

use crate::TEMPLATE;
use crate::connect::keys;
use crate::harness::{Answer, Harness, fails, ok, soon};
use crate::raw::{RawClient, handshake};

#[tokio::test]
async fn the_event_is_payload_format_2() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let headers = "Cookie: a=1; b=2\r\nX-List: 1\r\nx-list: 2\r\nUser-Agent: test/1\r\n";
    harness.http("GET", "/items/a%2Fb?q=1&q=2&r=x%20y", headers, "").await;
    let event = harness.log.all().remove(0);
    assert_eq!(
        keys(&event),
        [
            "version",
            "routeKey",
            "rawPath",
            "rawQueryString",
            "cookies",
            "headers",
            "queryStringParameters",
            "requestContext",
            "pathParameters",
            "isBase64Encoded"
        ]
    );
    assert_eq!((&event["version"], &event["routeKey"]), (&json!("2.0"), &json!("GET /items/{id}")));
    assert_eq!(
        (&event["rawPath"], &event["rawQueryString"]),
        (&json!("/items/a/b"), &json!("q=1&q=2&r=x%20y")),
        "the path is decoded, the query string is not"
    );
    assert_eq!(event["requestContext"]["http"]["path"], "/items/a/b");
    assert_eq!(event["queryStringParameters"], json!({ "q": "1,2", "r": "x y" }));
    assert_eq!(event["pathParameters"], json!({ "id": "a/b" }));
    assert_eq!((&event["cookies"], &event["headers"]["x-list"]), (&json!(["a=1", "b=2"]), &json!("1,2")));
    let context = &event["requestContext"];
    assert_eq!((&context["stage"], &context["http"]["method"]), (&json!("$default"), &json!("GET")));
    assert_eq!(
        (&context["http"]["sourceIp"], &context["http"]["userAgent"]),
        (&json!("127.0.0.1"), &json!("test/1"))
    );
    let parsed: aws_lambda_events::apigw::ApiGatewayV2httpRequest = serde_json::from_value(event).unwrap();
    assert_eq!(parsed.path_parameters["id"], "a/b");
}

#[tokio::test]
async fn text_arrives_as_it_is_and_other_bodies_as_base64() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    for (kind, body, encoded) in [
        ("application/json; charset=utf-8", "{}", false),
        ("text/plain", "{}", false),
        ("application/octet-stream", "e30=", true),
    ] {
        harness.http("POST", "/any/x", &format!("Content-Type: {kind}\r\n"), "{}").await;
        let event = harness.log.all().pop().unwrap();
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!(body), &json!(encoded)), "{kind}");
    }
}

#[tokio::test]
async fn the_result_is_the_response_and_a_failure_a_500() {
    let next: Arc<Mutex<Answer>> = Arc::new(Mutex::new(ok()));
    let answer = Arc::clone(&next);
    let harness = Harness::start(TEMPLATE, move |_| answer.lock().clone()).await;
    *next.lock() = Ok(json!({ "statusCode": 201, "headers": { "X-A": "b" }, "body": "made" }));
    let (status, head, body) = harness.http("GET", "/items/1", "", "").await;
    assert_eq!((status, body.as_str()), (201, "made"));
    assert!(head.contains("x-a: b"), "{head}");
    for broken in [fails("secret"), Ok(json!({ "statusCode": "x" }))] {
        *next.lock() = broken;
        let (status, _, body) = harness.http("GET", "/items/1", "", "").await;
        assert_eq!((status, body.as_str()), (500, r#"{"message":"Internal Server Error"}"#));
    }
}

#[tokio::test]
async fn each_path_has_its_owner() {
    let page = |request: &http::Request<bytes::Bytes>| {
        (request.uri().path() == "/").then(|| Response::new(bytes::Bytes::from_static(b"page")))
    };
    let harness = Harness::start_with(TEMPLATE, |_| ok(), |b| b.fallback(page)).await;
    for (method, path, status, body) in [
        ("GET", "/items/1", 200, ""),
        ("GET", "/", 200, "page"),
        ("GET", "/nothing", 404, r#"{"message":"Not Found"}"#),
        ("POST", "/items/1", 404, r#"{"message":"Not Found"}"#),
        ("GET", "/dev", 426, r#"{"message":"Upgrade Required"}"#),
        ("GET", "/dev/more", 426, r#"{"message":"Upgrade Required"}"#),
        ("POST", "/dev", 403, r#"{"message":"Forbidden"}"#),
    ] {
        let (got, _, text) = harness.http(method, path, "", "").await;
        assert_eq!((got, text.as_str()), (status, body), "{method} {path}");
    }
    harness.connect("/dev").await;
}

#[tokio::test]
async fn without_an_http_api_every_get_is_told_to_upgrade() {
    let harness = Harness::start(crate::AUTHORIZED, |_| ok()).await;
    for path in ["/", "/dev", "/nothing"] {
        assert_eq!(harness.http("GET", path, "", "").await.0, 426, "{path}");
    }
    assert_eq!(harness.http("POST", "/", "", "").await.0, 403);
}

#[tokio::test]
async fn cross_origin_headers_are_the_templates() {
    let chosen = json!({ "statusCode": 200, "headers": { "Access-Control-Allow-Origin": "*" } });
    let harness = Harness::start(TEMPLATE, move |_| Ok(chosen.clone())).await;
    let origin = "Origin: https://page.example\r\n";
    let (_, head, _) = harness.http("GET", "/items/1", origin, "").await;
    assert!(head.contains("access-control-allow-origin: https://page.example"), "{head}");
    let (_, head, _) = harness.http("GET", "/items/1", "Origin: https://other.example\r\n", "").await;
    assert!(!head.contains("access-control"), "the function's own headers do not count: {head}");

    let asks = format!("{origin}Access-Control-Request-Method: GET\r\n");
    let (status, head, body) = harness.http("OPTIONS", "/items/1", &asks, "").await;
    assert_eq!((status, body.as_str()), (204, ""));
    for header in
        ["allow-origin: https://page.example", "allow-methods: get", "allow-headers: x-a", "max-age: 60"]
    {
        assert!(head.contains(&format!("access-control-{header}")), "{head}");
    }
    let (_, head, _) = harness.http("OPTIONS", "/items/1", &asks.replace("GET", "PUT"), "").await;
    assert!(!head.contains("access-control"), "{head}");
}

#[tokio::test]
async fn foreign_pages_are_refused_before_any_function_runs() {
    let origins = Some(vec!["https://chat.example".to_owned()]);
    let harness = Harness::start_with(TEMPLATE, |_| ok(), |b| b.allowed_origins(origins)).await;
    let own = format!("Origin: http://{}\r\n", harness.address);
    for (origin, passes) in [
        ("", true),
        (own.as_str(), true),
        ("Origin: https://chat.example\r\n", true),
        ("Origin: https://evil.example\r\n", false),
    ] {
        let before = harness.log.of_type("CONNECT").len();
        let status = harness.http("GET", "/items/1", origin, "").await.0;
        let request = handshake(harness.address, "/dev", origin);
        let client = RawClient::connect_with(harness.address, &request).await;
        let (http, websocket) = if passes { (200, "HTTP/1.1 101 ") } else { (403, "HTTP/1.1 403 ") };
        assert_eq!(status, http, "{origin}");
        assert!(client.answer.starts_with(websocket), "{origin}: {}", client.answer);
        assert_eq!(harness.log.of_type("CONNECT").len() > before, passes, "{origin}");
    }
}

#[tokio::test]
async fn a_socket_serves_many_requests_and_then_a_websocket() {
    let harness = Harness::start(TEMPLATE, |_| Ok(json!({ "statusCode": 200, "body": "answer" }))).await;
    let mut stream = tokio::net::TcpStream::connect(harness.address).await.unwrap();
    let request = format!("GET /items/1 HTTP/1.1\r\nHost: {}\r\n\r\n", harness.address);
    let late = handshake(harness.address, "/dev", "");
    let ask = crate::raw::frame(0x81, br#"{"action":"ask"}"#);
    // All at once, the first frame included: nothing may be lost in between.
    let wire = [format!("{request}{request}{late}").as_bytes(), &ask].concat();
    stream.write_all(&wire).await.unwrap();
    let mut answers = Vec::new();
    while !answers.ends_with(b"\x81\x06answer") {
        answers.push(soon(stream.read_u8()).await.unwrap());
    }
    let answers = String::from_utf8_lossy(&answers).to_lowercase();
    assert_eq!(answers.matches("http/1.1 200 ok").count(), 2, "{answers}");
    assert!(answers.contains("http/1.1 101 switching protocols"), "{answers}");
    assert!(
        answers.contains(&format!("sec-websocket-accept: {}", crate::raw::ACCEPT.to_lowercase())),
        "{answers}"
    );
    let event = harness.log.first("CONNECT").await;
    assert_eq!(event["headers"]["Sec-WebSocket-Key"], crate::raw::KEY);
    drop(stream);
    assert_eq!(harness.log.first("DISCONNECT").await["requestContext"]["disconnectStatusCode"], 1006);
}

#[tokio::test]
async fn a_late_handshake_can_be_refused_like_an_early_one() {
    let harness = Harness::start(TEMPLATE, |event| match event["version"].as_str() {
        Some(_) => ok(),
        None => Ok(json!({ "statusCode": 418, "body": "short and stout" })),
    })
    .await;
    let mut stream = tokio::net::TcpStream::connect(harness.address).await.unwrap();
    let request = format!("GET /items/1 HTTP/1.1\r\nHost: {}\r\n\r\n", harness.address);
    let late = handshake(harness.address, "/dev", "");
    stream.write_all(format!("{request}{late}").as_bytes()).await.unwrap();
    let mut answers = Vec::new();
    while !answers.ends_with(b"short and stout") {
        answers.push(soon(stream.read_u8()).await.unwrap());
    }
    assert!(String::from_utf8_lossy(&answers).contains("HTTP/1.1 418 "));
    assert!(harness.emulator.connections().is_empty());
}

#[tokio::test]
async fn a_function_runs_to_its_end_though_its_client_left() {
    let (entered, proceed, finished) =
        (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let inside = (Arc::clone(&entered), Arc::clone(&proceed), Arc::clone(&finished));
    let handler = Function::new(move |_| {
        let (entered, proceed, finished) = inside.clone();
        async move {
            entered.notify_one();
            proceed.notified().await;
            finished.notify_one();
            Ok(bytes::Bytes::from_static(b"{}"))
        }
    });
    let harness = Harness::start_with(TEMPLATE, |_| ok(), |b| b.function("Handler", handler)).await;
    let mut stream = tokio::net::TcpStream::connect(harness.address).await.unwrap();
    stream.write_all(b"GET /items/1 HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    soon(entered.notified()).await;
    drop(stream);
    // Once the server has noticed, it serves nobody.
    let left = harness.emulator.shutdown(crate::harness::DEADLINE);
    assert_eq!(soon(left).await.unfinished, 0);
    proceed.notify_one();
    soon(finished.notified()).await;
}

#[tokio::test]
async fn a_body_far_over_the_limit_is_refused_unread() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let answer = harness
        .exchange(&format!(
            "POST /any/x HTTP/1.1\r\nHost: {}\r\nContent-Length: 12000000\r\n\r\n",
            harness.address
        ))
        .await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
    assert!(harness.log.all().is_empty());
}

#[tokio::test]
async fn invoke_runs_a_function_of_the_template() {
    let harness = Harness::start(TEMPLATE, |event| Ok(json!({ "got": event["x"] }))).await;
    let result = harness.emulator.invoke("Handler", r#"{"x":1}"#).await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&result).unwrap(), json!({ "got": 1 }));
    assert!(harness.emulator.invoke("Other", "{}").await.is_err());
}
