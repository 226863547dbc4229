//! Functions that another program runs.

use std::time::Duration;

use bytes::Bytes;
use emulator::invoke::at_endpoint;
use emulator::{Function, FunctionError, Invocation};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::fixture::{Served, template};

fn function(endpoint: &str) -> Function {
    at_endpoint(&template(), endpoint).unwrap()["Worker"].clone()
}

/// The same with a timeout that passes at once.
fn hasty(endpoint: &str) -> Function {
    let mut template = template();
    template.functions["Worker"].timeout = Duration::ZERO;
    at_endpoint(&template, endpoint).unwrap()["Worker"].clone()
}

async fn invoke(function: &Function, event: serde_json::Value) -> Result<Bytes, FunctionError> {
    let invocation = Invocation::new(event.to_string(), "r");
    function.invoke(invocation, Duration::from_secs(5)).await
}

/// Something that answers every request alike, but for the paths that do not contain `name`.
async fn endpoint(name: &'static str, status: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap();
            let head = String::from_utf8_lossy(&request[..read]).into_owned();
            let path = head.split(' ').nth(1).unwrap_or_default();
            let (status, body) = if path.contains(name) { (status, body) } else { ("404 Not Found", "") };
            let length = body.len();
            let answer =
                format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    url
}

#[tokio::test]
async fn results_errors_and_refusals_come_through() {
    let served = Served::start().await;
    let function = function(&format!("http://{}", served.address));
    assert_eq!(invoke(&function, json!({"a": 1})).await.unwrap(), r#"{"got":{"a":1}}"#);
    let failed = invoke(&function, json!({"do": "fail"})).await.unwrap_err();
    assert_eq!((&*failed.error_type, failed.is_refusal()), ("Lost", false));
    let refused = invoke(&function, json!({"do": "throttle"})).await.unwrap_err();
    assert_eq!((&*refused.error_type, refused.is_refusal()), ("TooManyRequestsException", true));
}

#[tokio::test]
async fn the_error_status_of_cargo_lambda_watch_is_a_function_error() {
    let body = r#"{"errorType":"Lost","errorMessage":"no way"}"#;
    let function = function(&endpoint("/worker/", "500 Internal Server Error", body).await);
    let failed = invoke(&function, json!({})).await.unwrap_err();
    assert_eq!((&*failed.error_type, &*failed.error_message, failed.is_refusal()), ("Lost", "no way", false));
}

#[tokio::test]
async fn an_error_of_sam_local_start_lambda_without_its_header_is_a_function_error() {
    // As Python's runtime makes it: of more than three keys.
    let body = r#"{"errorMessage": "no way", "errorType": "KeyError", "requestId": "1-2", "stackTrace": ["  File"]}"#;
    let failed = invoke(&function(&endpoint("/worker", "200 OK", body).await), json!({})).await.unwrap_err();
    assert_eq!(
        (&*failed.error_type, &*failed.error_message, failed.is_refusal()),
        ("KeyError", "no way", false)
    );
    let result = r#"{"statusCode": 200, "errorMessage": "no way", "errorType": "KeyError"}"#;
    let function = function(&endpoint("/worker", "200 OK", result).await);
    assert_eq!(invoke(&function, json!({})).await.unwrap(), result, "what has more than that is a result");
}

#[tokio::test]
async fn a_timeout_of_sam_local_start_lambda_is_a_function_error() {
    // Containers that stay warm say so; others are gone.
    for body in ["Task timed out after 5.00 seconds", ""] {
        let failed = invoke(&hasty(&endpoint("/worker", "200 OK", body).await), json!({})).await.unwrap_err();
        assert_eq!((&*failed.error_type, failed.is_refusal()), ("Sandbox.Timedout", false), "{body:?}");
    }
    // .NET's `void` before the timeout.
    let function = function(&endpoint("/worker", "200 OK", "").await);
    assert_eq!(invoke(&function, json!({})).await.unwrap(), "");
}

#[tokio::test]
async fn a_timeout_of_cargo_lambda_watch_is_a_function_error() {
    let function = function(&endpoint("/worker", "408 Request Timeout", "").await);
    let failed = invoke(&function, json!({})).await.unwrap_err();
    assert_eq!((&*failed.error_type, failed.is_refusal()), ("Sandbox.Timedout", false));
}

#[tokio::test]
async fn an_answer_that_never_comes_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let function = function(&format!("http://{}", listener.local_addr().unwrap()));
    let waiting = tokio::spawn(async move { invoke(&function, json!({})).await });
    let (_silent, _) = listener.accept().await.unwrap();
    tokio::time::pause();
    // 3 s are the function's, five minutes its start's.
    tokio::time::advance(Duration::from_secs(302)).await;
    assert!(!waiting.is_finished());
    tokio::time::advance(Duration::from_secs(2)).await;
    let failed = waiting.await.unwrap().unwrap_err();
    assert_eq!((&*failed.error_type, failed.is_refusal()), ("Sandbox.Timedout", false));
}

#[tokio::test]
async fn a_function_is_called_by_the_name_that_the_endpoint_knows() {
    // By its name, as AWS does; by its logical id, as SAM; by its binary or folder, as cargo-lambda, or as
    // the only one.
    for name in ["/worker-of-mine/", "/Worker/", "/worker-binary/", "/worker/", "/_/"] {
        let function = function(&endpoint(name, "200 OK", "\"here\"").await);
        for _ in 0..2 {
            assert_eq!(invoke(&function, json!({})).await.unwrap(), "\"here\"", "{name}");
        }
    }
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_or_not_as_lambda_is_a_refusal() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for url in [format!("http://{closed}"), endpoint("/worker", "500 Oops", "<html>").await] {
        let refused = invoke(&function(&url), json!({})).await.unwrap_err();
        assert_eq!((&*refused.error_type, refused.is_refusal()), ("ServiceException", true), "{refused}");
    }
}
