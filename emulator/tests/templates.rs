//! Templates of the shapes that people have: hand-written from parts, CDK's, the Serverless Framework's.
//! All in `fixtures/templates`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use emulator::Template;
use emulator::template::{Options, StartingPosition};

fn read(name: &str) -> Template {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/templates").join(name);
    Template::read_file(file, &Options::default()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn a_template_from_parts_is_read_and_what_is_not_emulated_is_one_warning() {
    let template = read("raw-parts.yaml");
    let api = &template.web_socket_apis["Whiteboard"];
    assert_eq!(api.stage, "Prod");
    assert_eq!(api.routes["$connect"].function.as_deref(), Some("Enter"));
    assert_eq!((&api.routes["$disconnect"].function, api.routes["$disconnect"].is_broken), (&None, false));
    let draw = &api.routes["draw"];
    assert_eq!((draw.function.as_deref(), draw.route_response), (Some("Draw"), true));
    assert!(api.routes["later"].is_broken);
    let [warning] = &*template.warnings else { panic!("{:?}", template.warnings) };
    assert!(warning.starts_with("QueueIntegration.IntegrationType: `AWS` is not emulated"), "{warning}");
    assert_eq!(template.tables["PeopleTable"].name, "whiteboard_people");
    let callback = format!("https://{}.execute-api.us-east-1.amazonaws.com/Prod", api.api_id);
    assert_eq!(template.functions["Draw"].environment["CALLBACK"], callback);
}

#[test]
fn a_template_of_cdk_is_read_whole() {
    let template = read("cdk.template.json");
    // Nothing uses it.
    let unused = "BootstrapVersion: Parameter Store is not emulated, the default is used as the value";
    assert_eq!(template.warnings, [unused]);
    let api = &template.web_socket_apis["ApiF70053CD"];
    assert_eq!(api.routes["$connect"].function.as_deref(), Some("Handler2C3D"));
    let authorizer = api.authorizer.as_ref().unwrap();
    assert_eq!(authorizer.identity_sources, ["route.request.querystring.token"]);
    let handler = &template.functions["Handler2C3D"];
    assert_eq!(handler.code_path(), Some("asset.0f"));
    assert_eq!(handler.environment["TABLE"], template.tables["People9A1B"].name);
    let mapping = &handler.stream_events["HandlerSource77"];
    assert_eq!((mapping.table.as_str(), mapping.batch_size), ("People9A1B", 10));
    assert_eq!(mapping.starting_position, StartingPosition::TrimHorizon);
    assert!(mapping.report_batch_item_failures);
}

#[test]
fn a_template_of_the_serverless_framework_is_read() {
    let template = read("serverless.json");
    let api = &template.web_socket_apis["WebsocketsApi"];
    assert_eq!(api.stage, "dev");
    assert!(api.routes["$default"].route_response);
    assert_eq!(template.functions["ConnectLambdaFunction"].name, "board-dev-connect");
    assert_eq!(template.warnings, ["ServerlessDeploymentBucket: AWS::S3::Bucket is not emulated"]);
}

#[test]
fn keys_are_those_of_a_usage_plan_for_the_stage() {
    let template = read("api-keys.yaml");
    let keys = &template.web_socket_apis["Feed"].api_keys.as_ref().unwrap().keys;
    let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(names, ["PartnerKey", "MadeKey"], "neither the disabled one nor the one without a plan");
    assert_eq!(keys[0].value, "partners-key-of-twenty-characters");
    assert_eq!(keys[1].value.len(), 40, "one is made up, the same at every start");
    assert!(keys.iter().all(|key| key.throttling.is_some_and(|t| t.burst == 2.0)));
}
