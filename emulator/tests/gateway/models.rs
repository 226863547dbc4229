//! Messages that have to look as a model says.

use serde_json::Value;

use crate::TEMPLATE;
use crate::harness::{Harness, ok};

fn template(route: &str) -> String {
    let with_models = TEMPLATE.replace(
        "        say: { FunctionArn: !GetAtt Handler.Arn }",
        &format!("        say: {{ FunctionArn: !GetAtt Handler.Arn, {route} }}"),
    );
    assert_ne!(with_models, TEMPLATE);
    format!(
        "{with_models}
  Words:
    Type: AWS::ApiGatewayV2::Model
    Properties:
      ApiId: !Ref Api
      Name: Words
      Schema: {{ type: object, required: [text], properties: {{ text: {{ type: string, minLength: 2 }} }} }}
  Anything:
    Type: AWS::ApiGatewayV2::Model
    Properties: {{ ApiId: !Ref Api, Name: Anything, Schema: '{{\"type\":\"object\"}}' }}
"
    )
}

#[tokio::test]
async fn a_message_that_its_model_refuses_is_answered_with_the_services_own_frame() {
    let template = template(
        "ModelSelectionExpression: $request.body.kind, RequestModels: { words: Words, any: !Ref Anything }",
    );
    let harness = Harness::start(&template, |_| ok()).await;
    let mut client = harness.connect("/dev").await;
    let id = harness.connection_id().await;
    for refused in [
        r#"{"action":"say","kind":"words"}"#,
        r#"{"action":"say","kind":"words","text":"a"}"#,
        r#"{"action":"say","kind":"words","text":12}"#,
        // No model is selected, and there is no default.
        r#"{"action":"say","kind":"other","text":"hello"}"#,
        r#"{"action":"say","text":"hello"}"#,
    ] {
        client.send(refused).await;
        let frame = client.text().await;
        let message_id =
            serde_json::from_str::<Value>(&frame).unwrap()["messageId"].as_str().unwrap().to_owned();
        let expected = format!(
            r#"{{"message": "Bad request body", "connectionId":"{id}", "messageId":"{message_id}"}}"#
        );
        assert_eq!(frame, expected, "{refused}");
    }
    assert!(harness.log.of_type("MESSAGE").is_empty(), "no function runs for them");
    client.send(r#"{"action":"say","kind":"words","text":"hello"}"#).await;
    client.send(r#"{"action":"say","kind":"any"}"#).await;
    // The socket stayed open, and other routes ask nobody.
    client.send(r#"{"action":"ask"}"#).await;
    assert_eq!(client.text().await, "");
    harness.log.first("MESSAGE").await;
}

#[tokio::test]
async fn the_default_model_takes_what_none_is_selected_for() {
    let template =
        template("ModelSelectionExpression: $request.body.kind, RequestModels: { $default: Words }");
    let harness = Harness::start(&template, |_| ok()).await;
    let mut client = harness.connect("/dev").await;
    client.send(r#"{"action":"say","kind":"other","text":"a"}"#).await;
    assert!(client.text().await.contains("Bad request body"));
    client.send(r#"{"action":"say","kind":"other","text":"hello"}"#).await;
    harness.log.first("MESSAGE").await;
}
