//! `@connections`, over a socket, through an SDK client of this process, and called directly.

use aws_sdk_apigatewaymanagement::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_sdk_apigatewaymanagement::{Client as Sdk, Config};
use emulator::{EncodedFrame, Limits, PostError};
use serde_json::Value;

use crate::TEMPLATE;
use crate::harness::{Harness, ok, soon};
use crate::raw::RawClient;

/// Well-formed, and nobody's.
const UNKNOWN: &str = "H111mc0HywMCEEf=";

fn sdk(
    configure: impl FnOnce(
        aws_sdk_apigatewaymanagement::config::Builder,
    ) -> aws_sdk_apigatewaymanagement::config::Builder,
) -> Sdk {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"));
    Sdk::from_conf(configure(config).build())
}

#[tokio::test]
async fn a_post_reaches_its_client_and_nobody_else() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let mut client = harness.connect("/dev").await;
    let id = harness.connection_id().await;
    for path in [
        format!("/dev/@connections/{}", id.replace('=', "%3D")),
        format!("/dev/%40connections/{id}"),
        format!("/@connections/{id}"),
    ] {
        let (status, head, body) = harness.http("POST", &path, "", &path).await;
        assert_eq!((status, body.as_str()), (200, ""), "{path}");
        assert!(head.contains("x-amzn-requestid: ") && head.contains("x-amz-apigw-id: "), "{head}");
        assert_eq!(client.text().await, path);
    }
}

#[tokio::test]
async fn every_refusal_has_its_status_its_header_and_its_body() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let _client = harness.connect("/dev").await;
    let id = harness.connection_id().await;
    let big = "a".repeat(128 * 1024 + 1);
    for (method, path, body, status, kind, answer) in [
        ("POST", format!("/dev/@connections/{UNKNOWN}"), "x", 410, "goneexception", ""),
        ("GET", format!("/dev/@connections/{UNKNOWN}"), "", 410, "goneexception", ""),
        ("DELETE", format!("/dev/@connections/{UNKNOWN}"), "", 410, "goneexception", ""),
        (
            "POST",
            "/dev/@connections/abc".to_owned(),
            "x",
            400,
            "badrequestexception",
            r#"{"message":"Invalid connectionId: abc"}"#,
        ),
        // Decoded once only.
        (
            "POST",
            format!("/dev/@connections/{}", id.replace('=', "%253D")),
            "x",
            400,
            "badrequestexception",
            "",
        ),
        (
            "POST",
            format!("/other/@connections/{id}"),
            "x",
            403,
            "forbiddenexception",
            r#"{"message":"Forbidden"}"#,
        ),
        (
            "PUT",
            format!("/dev/@connections/{id}"),
            "x",
            403,
            "forbiddenexception",
            r#"{"message":"Forbidden"}"#,
        ),
        (
            "POST",
            format!("/dev/@connections/{id}"),
            &big,
            413,
            "payloadtoolargeexception",
            r#"{"message":"Message too long"}"#,
        ),
    ] {
        let (got, head, text) = harness.http(method, &path, "", body).await;
        assert_eq!(got, status, "{method} {path}: {text}");
        assert!(head.contains(&format!("x-amzn-errortype: {kind}")), "{head}");
        if status == 410 {
            assert!(head.contains("content-length: 0"), "{head}");
            assert_eq!(text, "");
        } else if !answer.is_empty() {
            assert_eq!(text, answer);
        }
    }
}

#[tokio::test]
async fn a_post_of_128_kb_arrives_in_frames_of_32_kb() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let mut client = RawClient::connect(harness.address, "/dev").await;
    let id = harness.connection_id().await;
    let text = "a".repeat(128 * 1024);
    let (status, ..) = harness.http("POST", &format!("/dev/@connections/{id}"), "", &text).await;
    assert_eq!(status, 200);
    for first in [0x01, 0x00, 0x00, 0x80] {
        let (got, payload) = client.next().await.unwrap();
        assert_eq!((got, payload.len()), (first, 32 * 1024));
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let _client = harness.connect("/dev").await;
    let id = harness.connection_id().await;
    assert_eq!(harness.emulator.connections().post(&id, b"\xFF"), Err(PostError::NotText));
}

#[tokio::test]
async fn a_connection_is_described_and_deleted() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let mut client = harness.connect("/dev").await;
    let path = format!("/dev/@connections/{}", harness.connection_id().await);
    let (status, _, body) = harness.http("GET", &path, "", "").await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (status, &body["identity"]["sourceIp"], &body["identity"]["userAgent"]),
        (200, &"127.0.0.1".into(), &"".into())
    );
    let connected_at = harness.log.first("CONNECT").await["requestContext"]["connectedAt"].as_i64().unwrap();
    let text = body["connectedAt"].as_str().unwrap();
    let parsed =
        aws_smithy_types::DateTime::from_str(text, aws_smithy_types::date_time::Format::DateTime).unwrap();
    assert_eq!(parsed.to_millis().unwrap(), connected_at, "{text}");

    let (status, _, body) = harness.http("DELETE", &path, "", "").await;
    assert_eq!((status, body.as_str()), (204, ""));
    assert_eq!(harness.http("GET", &path, "", "").await.0, 410);
    assert_eq!(client.closed().await.0, 1000);
    drop(client);
    let event = harness.log.first("DISCONNECT").await;
    assert_eq!(event["requestContext"]["disconnectStatusCode"], 1000);
}

#[tokio::test]
async fn what_was_posted_before_a_delete_still_arrives() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let mut client = harness.connect("/dev").await;
    let id = harness.connection_id().await;
    let sdk = sdk(|c| {
        c.endpoint_url("http://in.process/dev").http_client(harness.emulator.connections().http_client())
    });
    sdk.post_to_connection().connection_id(&id).data(Blob::new("last words")).send().await.unwrap();
    sdk.delete_connection().connection_id(&id).send().await.unwrap();
    assert_eq!(client.text().await, "last words");
    assert_eq!(client.closed().await.0, 1000);
}

#[tokio::test]
async fn an_unmodified_sdk_client_is_served_over_a_socket_and_in_process() {
    let harness = Harness::start_with(TEMPLATE, |_| ok(), |b| b.require_signature(true)).await;
    let mut client = harness.connect("/dev").await;
    let id = harness.connection_id().await;
    let over_a_socket = sdk(|c| {
        c.endpoint_url(format!("http://{}/dev", harness.address))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
    });
    let in_process = sdk(|c| {
        c.endpoint_url("http://in.process/dev").http_client(harness.emulator.connections().http_client())
    });
    for sdk in [over_a_socket, in_process] {
        sdk.post_to_connection().connection_id(&id).data(Blob::new("hello")).send().await.unwrap();
        assert_eq!(client.text().await, "hello");
        let description = sdk.get_connection().connection_id(&id).send().await.unwrap();
        assert_eq!(description.identity().unwrap().source_ip(), Some("127.0.0.1"));
        assert!(description.connected_at().is_some() && description.last_active_at().is_some());
        let gone =
            sdk.post_to_connection().connection_id(UNKNOWN).data(Blob::new("x")).send().await.unwrap_err();
        assert!(gone.into_service_error().is_gone_exception());
        let big = Blob::new(vec![b'a'; 128 * 1024 + 1]);
        let large = sdk.post_to_connection().connection_id(&id).data(big).send().await.unwrap_err();
        assert!(large.into_service_error().is_payload_too_large_exception());
    }
}

#[tokio::test]
async fn an_unsigned_call_is_refused_where_a_signature_is_wanted() {
    let harness = Harness::start_with(TEMPLATE, |_| ok(), |b| b.require_signature(true)).await;
    let path = format!("/dev/@connections/{UNKNOWN}");
    let scope = "Credential=AKIA/20250807/eu-central-1/execute-api/aws4_request";
    let signature = "0123456789abcdef".repeat(4);
    let good =
        format!("Authorization: AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature={signature}\r\n");
    assert_eq!(harness.http("POST", &path, &good, "x").await.0, 410);
    for bad in [
        String::new(),
        "Authorization: Bearer x\r\n".to_owned(),
        good.replace("execute-api", "s3"),
        good.replace(&signature, "abc"),
        good.replace("SignedHeaders=host", "SignedHeaders="),
    ] {
        let (status, head, body) = harness.http("POST", &path, &bad, "x").await;
        assert_eq!((status, body.as_str()), (403, r#"{"message":"Missing Authentication Token"}"#), "{bad}");
        assert!(head.contains("x-amzn-errortype: missingauthenticationtokenexception"), "{head}");
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_429_and_the_others_are_served() {
    let limits = Limits { outbound_bytes: 64 * 1024, ..Limits::default() };
    let harness = Harness::start_with(TEMPLATE, |_| ok(), |b| b.limits(limits)).await;
    let slow = RawClient::connect(harness.address, "/dev").await;
    let slow_id = harness.connection_id().await;
    let connections = harness.emulator.connections().clone();
    let frame = EncodedFrame::text(&[b'a'; 16 * 1024]);
    let refused = soon(async {
        loop {
            if let Err(error) = connections.post_frame(&slow_id, &frame) {
                return error;
            }
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(refused.await, PostError::LimitExceeded);
    let path = format!("/dev/@connections/{slow_id}");
    let (status, head, _) = harness.http("POST", &path, "", &"a".repeat(64 * 1024)).await;
    assert_eq!(status, 429);
    assert!(head.contains("x-amzn-errortype: limitexceededexception"), "{head}");

    let mut other = harness.connect("/dev").await;
    let id = harness.log.of_type("CONNECT")[1]["requestContext"]["connectionId"].as_str().unwrap().to_owned();
    connections.post(&id, b"hello").unwrap();
    assert_eq!(other.text().await, "hello");
    drop(slow);
}

#[tokio::test]
async fn frames_leave_in_the_order_of_the_posts() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let mut client = harness.connect("/dev").await;
    let id = harness.connection_id().await;
    for number in 0..1_000 {
        harness.emulator.connections().post(&id, number.to_string().as_bytes()).unwrap();
    }
    for number in 0..1_000 {
        assert_eq!(client.text().await, number.to_string());
    }
}
