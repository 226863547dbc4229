//! API keys on `$connect`.

use serde_json::json;

use crate::TEMPLATE;
use crate::harness::{Harness, ok};
use crate::raw::handshake;

const KEYS: &str = "
  Key: { Type: AWS::ApiGateway::ApiKey, Properties: { Enabled: true, Value: the-key-of-the-partner } }
  Plan:
    Type: AWS::ApiGateway::UsagePlan
    Properties:
      ApiStages: [{ ApiId: !Ref Api, Stage: dev }]
      Throttle: { RateLimit: 0.001, BurstLimit: 2 }
  InPlan:
    Type: AWS::ApiGateway::UsagePlanKey
    Properties: { KeyId: !Ref Key, KeyType: API_KEY, UsagePlanId: !Ref Plan }
";

fn with_keys(template: &str, more: &str) -> String {
    let route = "$connect: { FunctionArn: !GetAtt Handler.Arn }";
    assert!(template.contains(route));
    let keyed =
        template.replace(route, "$connect: { FunctionArn: !GetAtt Handler.Arn, ApiKeyRequired: true }");
    keyed.replace("      StageName: dev\n", &format!("      StageName: dev\n{more}")) + KEYS
}

/// The status of a handshake with these headers.
async fn status(harness: &Harness, path: &str, headers: &str) -> u16 {
    let request = handshake(harness.address, path, headers);
    let answer = crate::raw::RawClient::connect_with(harness.address, &request).await.answer;
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn without_a_valid_key_the_handshake_is_403_before_any_function_runs() {
    let harness = Harness::start(&with_keys(TEMPLATE, ""), |_| ok()).await;
    for headers in ["", "x-api-key: wrong\r\n", "x-api-key:\r\n"] {
        assert_eq!(status(&harness, "/dev", headers).await, 403, "{headers:?}");
    }
    assert!(harness.log.all().is_empty());
    assert_eq!(status(&harness, "/dev", "X-API-Key: the-key-of-the-partner\r\n").await, 101);
    let identity = harness.log.first("CONNECT").await["requestContext"]["identity"].clone();
    assert_eq!(identity["apiKey"], "the-key-of-the-partner");
    assert_eq!(identity["apiKeyId"].as_str().unwrap().len(), 10);
}

#[tokio::test]
async fn a_usage_plan_throttles_its_key() {
    let harness = Harness::start(&with_keys(TEMPLATE, ""), |_| ok()).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(status(&harness, "/dev", "x-api-key: the-key-of-the-partner\r\n").await);
    }
    assert_eq!(seen, [101, 101, 429]);
}

#[tokio::test]
async fn the_authorizer_may_name_the_key() {
    let from = "      ApiKeySelectionExpression: $context.authorizer.usageIdentifierKey\n";
    let template = with_keys(crate::AUTHORIZED, from);
    let answer = |event: &serde_json::Value| match event["type"].as_str() {
        Some("REQUEST") => Ok(json!({
            "principalId": "p",
            "usageIdentifierKey": event["queryStringParameters"]["token"],
            "policyDocument": { "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] },
        })),
        _ => ok(),
    };
    let harness = Harness::start(&template, answer).await;
    // What the client itself sends is of no consequence then.
    assert_eq!(status(&harness, "/dev?token=x", "x-api-key: the-key-of-the-partner\r\n").await, 403);
    assert_eq!(status(&harness, "/dev?token=the-key-of-the-partner", "").await, 101);
}
