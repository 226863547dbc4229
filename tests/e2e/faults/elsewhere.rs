//! Faults of a database that is not the embedded one: another engine's port plays it.

use emulator::dynamodb::Engine;
use emulator::faults::{DynamoDbFault, DynamoDbRule, FaultPlan, Faults};
use local::{Environment, Hub};
use serde_json::json;
use tests::Stack;

use crate::world::options;

#[tokio::test]
async fn the_functions_meet_the_faults_of_a_database_elsewhere() {
    let engine = Engine::temporary().unwrap();
    let port = engine.open_port([127, 0, 0, 1].into(), 0).await.unwrap();
    let environment = Environment::default().with("DYNAMODB_ENDPOINT", &port.url());
    let refused = DynamoDbRule {
        operation: Some("PutItem".to_owned()),
        table: Some("hubbub-messages".to_owned()),
        ..DynamoDbRule::new(DynamoDbFault::Throttle)
    };
    let faults = Faults::new(FaultPlan { dynamodb: vec![refused], ..FaultPlan::default() }).unwrap();
    let hub = Hub::start_with(options(), environment, faults.clone()).await.unwrap();
    let mut alice = Stack::at(hub.address()).connect("alice").await;
    alice.send(&json!({"action": "sendMessage", "content": "too much", "nonce": "n"})).await;
    alice.expect_error("internal").await;

    faults.end();
    alice.say("afterwards").await;
}
