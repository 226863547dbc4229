//! What a caller of the Invoke API gets.

use http::StatusCode;
use serde_json::{Value, json};

use crate::fixture::Served;

const EVENT: (&str, &str) = ("X-Amz-Invocation-Type", "Event");

#[tokio::test]
async fn a_function_is_known_by_its_name_its_logical_id_and_its_arns() {
    let served = Served::start().await;
    for name in [
        "worker-of-mine",
        "Worker",
        "worker-of-mine:live",
        "000000000000:function:worker-of-mine",
        "arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Aworker-of-mine%3A%24LATEST",
    ] {
        let (status, headers, body) = served.invoke(name, &[], r#"{"a":1}"#).await;
        assert_eq!((status, &*body), (StatusCode::OK, &br#"{"got":{"a":1}}"#[..]), "{name}");
        assert_eq!(headers["x-amz-executed-version"], "$LATEST");
        assert!(headers.contains_key("x-amzn-requestid") && !headers.contains_key("x-amz-function-error"));
    }
    let (status, headers, body) = served.invoke("nobody", &[], "{}").await;
    assert_eq!(
        (status, &headers["x-amzn-errortype"]),
        (StatusCode::NOT_FOUND, &"ResourceNotFoundException".parse().unwrap())
    );
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body, json!({ "Type": "User", "Message": "Function not found: nobody" }));
}

#[tokio::test]
async fn a_function_that_fails_is_status_200_with_the_error_header() {
    let served = Served::start().await;
    let (status, headers, body) = served.invoke("Worker", &[], r#"{"do":"fail"}"#).await;
    assert_eq!((status, &headers["x-amz-function-error"]), (StatusCode::OK, &"Unhandled".parse().unwrap()));
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body, json!({ "errorType": "Lost", "errorMessage": "no way" }));
}

#[tokio::test]
async fn a_call_that_is_throttled_is_429_and_says_why() {
    let served = Served::start().await;
    let (status, headers, _) = served.invoke("Worker", &[], r#"{"do":"throttle"}"#).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(headers["x-amzn-errortype"], "TooManyRequestsException");
    assert!(headers.contains_key("retry-after") && headers.contains_key("reason"));
}

#[tokio::test]
async fn a_body_must_be_json_of_at_most_6_mb_and_none_is_an_empty_object() {
    let served = Served::start().await;
    let (status, headers, body) = served.invoke("Worker", &[], "{").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(headers["x-amzn-errortype"], "InvalidRequestContentException");
    assert!(String::from_utf8_lossy(&body).contains("Could not parse request body into json"));
    let large = |bytes: usize| format!("\"{}\"", "x".repeat(bytes));
    let (status, headers, _) = served.invoke("Worker", &[], large(6 * 1024 * 1024)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(headers["x-amzn-errortype"], "RequestTooLargeException");
    assert_eq!(served.invoke("Worker", &[EVENT], large(1024 * 1024)).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    served.expect_runs(0).await;
    assert_eq!(&*served.invoke("Worker", &[], "").await.2, br#"{"got":{}}"#);
}

#[tokio::test]
async fn an_event_is_accepted_at_once_and_retried_twice() {
    let served = Served::start().await;
    let (status, _, body) = served.invoke("Worker", &[EVENT], r#"{"do":"fail"}"#).await;
    assert_eq!((status, &*body), (StatusCode::ACCEPTED, &b""[..]));
    served.expect_runs(3).await;
    // Shutting down waits for what still runs: there is nothing left to run it a fourth time.
    let runs = served.runs.clone();
    served.emulator.shutdown(std::time::Duration::from_secs(5)).await;
    assert_eq!(runs.load(std::sync::atomic::Ordering::SeqCst), 3);
}

#[tokio::test]
async fn an_event_is_not_retried_once_it_succeeded() {
    let served = Served::start().await;
    served.invoke("Worker", &[EVENT], r#"{"do":"fail twice"}"#).await;
    served.expect_runs(3).await;
    served.invoke("Worker", &[EVENT], "{}").await;
    served.expect_runs(4).await;
}

#[tokio::test]
async fn a_dry_run_runs_nothing() {
    let served = Served::start().await;
    let dry = [("X-Amz-Invocation-Type", "DryRun")];
    assert_eq!(served.invoke("Worker", &dry, "{}").await.0, StatusCode::NO_CONTENT);
    assert_eq!(served.invoke("nobody", &dry, "{}").await.0, StatusCode::NOT_FOUND);
    let other = [("X-Amz-Invocation-Type", "Whatever")];
    assert_eq!(served.invoke("Worker", &other, "{}").await.0, StatusCode::BAD_REQUEST);
    served.expect_runs(0).await;
}

#[tokio::test]
async fn no_web_page_can_invoke_a_function() {
    let served = Served::start().await;
    let (status, ..) = served.invoke("Worker", &[("Origin", "https://page.example")], "{}").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    served.expect_runs(0).await;
}
