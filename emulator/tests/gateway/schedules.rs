//! Functions that run by the clock, and on demand.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Harness, fails, ok};

const TEMPLATE: &str = "
Resources:
  Handler:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Minute: { Type: Schedule, Properties: { Schedule: rate(1 minute) } }
        Off: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 minute), State: DISABLED } }
        Own: { Type: Schedule, Properties: { Schedule: 'cron(0 0 1 1 ? 2199)', Input: '{\"do\":\"own\"}' } }
";

const ONE: &str = "
Resources:
  Handler:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: sweeper
      Events: { Minute: { Type: Schedule, Properties: { Schedule: rate(1 minute), Enabled: false } } }
";

#[tokio::test(start_paused = true)]
async fn a_schedule_runs_by_itself_unless_it_is_disabled() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    // The hours are the test's and the clock of the events is the machine's, which stands still: the
    // second is due two minutes from then, the third three.
    tokio::time::sleep(Duration::from_secs(60 + 120 + 180 + 1)).await;
    let events = harness.log.all();
    assert_eq!(events.len(), 3, "{events:?}");
    let times: Vec<&str> = events.iter().map(|event| event["time"].as_str().unwrap()).collect();
    assert!(times.is_sorted() && times[0] != times[2], "{times:?}");
    for event in &events {
        assert_eq!((&event["source"], &event["detail"]), (&json!("aws.events"), &json!({})));
        assert_eq!(
            event["resources"],
            json!(["arn:aws:events:us-east-1:000000000000:rule/local-HandlerMinute"])
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_run_that_fails_is_retried_twice() {
    let harness = Harness::start(TEMPLATE, |_| fails("not today")).await;
    tokio::time::sleep(Duration::from_secs(90)).await;
    let events = harness.log.all();
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|event| *event == events[0]), "{events:?}");
}

#[tokio::test]
async fn a_schedule_runs_on_demand_and_its_result_is_the_answer() {
    let harness = Harness::start(TEMPLATE, |event| match event["source"].as_str() {
        Some("aws.scheduler") => fails("not today"),
        _ => Ok(json!({ "got": event })),
    })
    .await;
    let post = async |path: &str| {
        let (status, head, body) = harness.http("POST", path, "", "").await;
        (status, head, serde_json::from_str::<Value>(&body).unwrap())
    };
    let (status, head, body) = post("/_emulator/schedule/Handler/Minute").await;
    assert_eq!((status, &body["got"]["detail-type"]), (200, &json!("Scheduled Event")));
    assert!(!head.contains("x-amz-function-error"), "{head}");
    assert_eq!(post("/_emulator/schedule/Handler/Own").await.2, json!({ "got": { "do": "own" } }));

    // On demand a disabled one runs too. That it fails is a result.
    let (status, head, body) = post("/_emulator/schedule/Handler/Off").await;
    assert_eq!((status, &body["errorMessage"]), (200, &json!("not today")));
    assert!(head.contains("x-amz-function-error: unhandled"), "{head}");

    let (status, _, body) = post("/_emulator/schedule/Handler").await;
    assert_eq!(
        (status, &body["message"]),
        (400, &json!("Handler has several schedules; name one of Minute, Off, Own"))
    );
    assert_eq!(post("/_emulator/schedule/Nobody").await.0, 404);
    assert_eq!(post("/_emulator/schedule/Handler/Never").await.0, 404);
    assert_eq!(harness.http("GET", "/_emulator/schedule/Handler", "", "").await.0, 405);
    assert_eq!(harness.log.all().len(), 3);
}

#[tokio::test]
async fn a_functions_only_schedule_needs_no_name() {
    let harness = Harness::start(ONE, |_| ok()).await;
    for function in ["Handler", "sweeper"] {
        assert_eq!(harness.http("POST", &format!("/_emulator/schedule/{function}"), "", "").await.0, 200);
    }
    let result = harness.emulator.run_schedule("Handler", None).await.unwrap();
    assert_eq!(&*result, br#"{"statusCode":200}"#);
    assert_eq!(harness.log.all().len(), 3);
}

#[tokio::test]
async fn no_web_page_can_run_a_schedule() {
    let harness = Harness::start(ONE, |_| ok()).await;
    let path = "/_emulator/schedule/Handler";
    let own = format!("Origin: http://{}\r\n", harness.address);
    for page in ["Origin: https://page.example\r\n", "Origin: null\r\n", &own] {
        assert_eq!(harness.http("POST", path, page, "").await.0, 403, "{page}");
    }
    // A site whose name was made to lead here.
    let rebound = "POST /_emulator/schedule/Handler HTTP/1.1\r\nHost: page.example\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    assert!(harness.exchange(rebound).await.starts_with("HTTP/1.1 403 "));
    assert!(harness.log.all().is_empty());
}
