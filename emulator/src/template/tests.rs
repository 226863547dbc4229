//! Templates, read: what is resolved, what is warned of, and which errors name what.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use super::*;

fn read(text: &str) -> Template {
    Template::read(text, &Options::default()).unwrap_or_else(|e| panic!("{e}"))
}

fn problem(text: &str) -> String {
    Template::read(text, &Options::default()).unwrap_err().to_string()
}

const FUNCTION: &str = "
  Handler:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: code }
";

#[test]
fn the_projects_own_template_is_read_whole() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");
    let options = Options { stack_name: "hubbub".to_owned(), ..Options::default() };
    let template = Template::read_file(path, &options).unwrap_or_else(|e| panic!("{e}"));

    let api = &template.web_socket_apis["ChatApi"];
    assert_eq!(api.stage, "ws");
    assert_eq!(api.route_selection_expression, "$request.body.action");
    assert_eq!(api.authorizer.as_ref().unwrap().function, "AuthorizerFunction");
    assert_eq!(api.routes["$connect"].function.as_deref(), Some("ConnectFunction"));
    assert!(!api.routes["$connect"].route_response);
    assert!(api.routes["sendMessage"].route_response && api.routes["$default"].route_response);

    let http = &template.http_apis["HttpApi"];
    assert!(http.routes.iter().any(|route| route.path == "/api/rooms/{room}/messages"));
    assert_eq!(http.cors.as_ref().unwrap().allow_origins, ["*"]);

    let send = &template.functions["SendMessageFunction"];
    assert_eq!(send.environment["CONNECTIONS_TABLE"], "hubbub-connections");
    assert_eq!(send.environment["RATE_LIMIT_PER_SEC"], "5");
    assert_eq!((send.timeout, send.memory_mb), (Duration::from_secs(10), 256));
    assert_eq!(send.code_path(), Some("functions/send-message"));

    let stream = &template.functions["PresenceFunction"].stream_events["Connections"];
    assert_eq!(stream.table, "ConnectionsTable");
    assert_eq!(stream.maximum_retry_attempts, Some(20));
    assert!(stream.report_batch_item_failures && stream.bisect_on_function_error);
    assert_eq!(
        stream.on_failure.as_deref(),
        Some("arn:aws:sqs:us-east-1:000000000000:hubbub-StreamFailuresQueue")
    );

    let connections = &template.tables["ConnectionsTable"];
    assert_eq!(connections.global_indexes[0].key.sort.as_deref(), Some("memberKey"));
    assert_eq!(connections.stream_view_type.as_deref(), Some("NEW_AND_OLD_IMAGES"));
    assert_eq!(connections.ttl_attribute.as_deref(), Some("expiresAt"));
    assert_eq!(template.warnings, ["StreamFailuresQueue: AWS::SQS::Queue is not emulated"]);
}

#[test]
fn intrinsic_functions_resolve_in_short_and_long_form() {
    let template = read(
        "
Parameters: { Stage: { Type: String, Default: dev }, Zones: { Type: CommaDelimitedList, Default: 'a, b' } }
Mappings: { Sizes: { dev: { small: 1 } } }
Conditions:
  IsDev: !Equals [!Ref Stage, dev]
  IsOther: { 'Fn::Not': [{ Condition: IsDev }] }
  Both: !And [!Condition IsDev, !Or [!Condition IsOther, !Condition IsDev]]
Resources:
  Table: { Type: AWS::Serverless::SimpleTable }
  Handler:
    Type: AWS::Serverless::Function
    Properties:
      Environment:
        Variables:
          REF: !Ref Table
          LONG_REF: { Ref: Table }
          ARN: !GetAtt Table.Arn
          LONG_ARN: { 'Fn::GetAtt': [Table, Arn] }
          SUB: !Sub '${Stage}-${Table.Arn}-${!Literal}-${AWS::Region}'
          SUB_VARIABLES: !Sub ['${One}/${Stage}', { One: !Select [1, !Ref Zones] }]
          JOIN: !Join ['+', !Split [',', 'x,y']]
          IF: !If [Both, 1, 2]
          MAP: !FindInMap [Sizes, !Ref Stage, small]
          NOTHING: !If [IsOther, x, !Ref AWS::NoValue]
          IMPORT: !ImportValue other
",
    );
    let variables = &template.functions["Handler"].environment;
    let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/local-Table";
    assert_eq!(variables["REF"], "local-Table");
    assert_eq!(variables["LONG_REF"], "local-Table");
    assert_eq!(variables["ARN"], arn);
    assert_eq!(variables["LONG_ARN"], arn);
    assert_eq!(variables["SUB"], format!("dev-{arn}-${{Literal}}-us-east-1"));
    assert_eq!(variables["SUB_VARIABLES"], "b/dev");
    assert_eq!(variables["JOIN"], "x+y");
    assert_eq!(variables["IF"], "1");
    assert_eq!(variables["MAP"], "1");
    assert_eq!(variables["IMPORT"], "other");
    assert!(!variables.contains_key("NOTHING"));
    assert_eq!(template.warnings.len(), 1);
}

#[test]
fn raw_resources_make_the_same_api_as_sams_own() {
    let template = read(&format!(
        "
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {{ ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action }}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {{ ApiId: !Ref Api, StageName: dev, StageVariables: {{ color: blue }} }}
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      TimeoutInMillis: 1500
      IntegrationUri: !Sub arn:aws:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{Handler.Arn}}/invocations
  Nothing:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {{ ApiId: !Ref Api, IntegrationType: MOCK }}
  Authorizer:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      AuthorizerType: REQUEST
      AuthorizerUri: !Sub arn:aws:apigateway:x:lambda:path/2015-03-31/functions/${{Handler.Arn}}/invocations
      IdentitySource: [route.request.header.Auth, route.request.querystring.token]
  Connect:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: $connect
      AuthorizationType: CUSTOM
      AuthorizerId: !Ref Authorizer
      Target: !Join [/, [integrations, !Ref Nothing]]
  Say:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: say
      RouteResponseSelectionExpression: $default
      Target: !Sub integrations/${{Integration}}
  SayResponse:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {{ ApiId: !Ref Api, RouteId: !Ref Say, RouteResponseKey: $default }}
{FUNCTION}"
    ));
    let api = &template.web_socket_apis["Api"];
    assert_eq!((api.stage.as_str(), api.stage_variables["color"].as_str()), ("dev", "blue"));
    assert_eq!(api.routes["$connect"].function, None);
    assert_eq!(api.routes["say"].function.as_deref(), Some("Handler"));
    assert!(api.routes["say"].route_response);
    assert_eq!(api.routes["say"].timeout, Duration::from_millis(1500));
    assert_eq!(api.authorizer.as_ref().unwrap().identity_sources.len(), 2);
}

#[test]
fn an_http_event_without_an_api_gets_sams_implicit_one() {
    let template = read(
        "
Globals: { HttpApi: { CorsConfiguration: { AllowOrigins: ['https://a.example'] } } }
Resources:
  Handler:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        All: { Type: HttpApi }
        Item: { Type: HttpApi, Properties: { Path: '/items/{id}', Method: get } }
",
    );
    let api = &template.http_apis["ServerlessHttpApi"];
    assert_eq!(api.routes[0].path, "$default");
    assert_eq!((api.routes[1].method.as_str(), api.routes[1].path.as_str()), ("GET", "/items/{id}"));
    assert_eq!(api.cors.as_ref().unwrap().allow_origins, ["https://a.example"]);
}

#[test]
fn json_is_read_as_well() {
    let template = read(r#"{ "Resources": { "T": { "Type": "AWS::Serverless::SimpleTable" } } }"#);
    assert_eq!(template.tables["T"].key.partition, "id");
}

#[test]
fn parameters_are_checked() {
    let text = "
Parameters:
  Level: { Type: String, Default: info, AllowedValues: [info, debug] }
  Days: { Type: Number, Default: 3, MinValue: 0, MaxValue: 9 }
  Name: { Type: String, Default: abc, AllowedPattern: '[a-z]+', MaxLength: 5 }
Resources: {}
";
    let read = |name: &str, value: &str| {
        let parameters = [(name.to_owned(), value.to_owned())].into_iter().collect();
        Template::read(text, &Options { parameters, ..Options::default() }).map_err(|e| e.to_string())
    };
    assert!(read("Level", "debug").is_ok());
    assert_eq!(
        read("Level", "loud").unwrap_err(),
        "line 3: Level: `loud` is not a value of this parameter: allowed are info, debug"
    );
    assert!(read("Days", "-1").unwrap_err().contains("the least is 0"));
    assert!(read("Days", "ten").unwrap_err().contains("must be a number"));
    assert!(read("Name", "ABC").unwrap_err().contains("must match [a-z]+"));
    assert!(read("Name", "abcdef").unwrap_err().contains("5 characters or fewer"));
    assert!(read("Nam", "x").unwrap_err().contains("it has: Level, Days, Name"));
}

#[test]
fn an_error_names_the_resource_the_property_the_line_and_the_mend() {
    let text = "
Resources:
  ChatApi:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Routes:
        $connect:
          FunctionArn: !GetAtt Handler.Arn
        hello:
          FunctionArn: arn:aws:lambda:us-east-1:000000000000:function:Other
  Handler: { Type: AWS::Serverless::Function }
";
    assert_eq!(
        problem(text),
        "line 11: ChatApi.Routes.hello.FunctionArn: \
         `arn:aws:lambda:us-east-1:000000000000:function:Other` is no function of this template; \
         use !GetAtt Function.Arn"
    );
}

#[test]
fn a_reference_to_itself_ends() {
    let text = "
Resources:
  T: { Type: AWS::Serverless::SimpleTable, Properties: { TableName: !Sub 'x-${T}' } }
";
    assert!(problem(text).contains("refers to itself"));
}

#[test]
fn a_resource_whose_condition_does_not_hold_is_not_there() {
    let template = read(
        "
Conditions: { Never: !Equals [a, b] }
Resources:
  T: { Type: AWS::Serverless::SimpleTable, Condition: Never }
",
    );
    assert!(template.tables.is_empty());
}

#[test]
fn sam_names_a_routes_resource_as_python_capitalizes() {
    assert_eq!(web_socket_api::route_resource("ChatApi", "sendMessage"), "ChatApiSendmessageRoute");
    assert_eq!(web_socket_api::route_resource("ChatApi", "$default"), "ChatApiDefaultRoute");
}

#[test]
fn what_is_not_emulated_is_a_warning_and_the_rest_is_read() {
    let template = read(
        "
Globals: { WebSocketApi: { RouteSelectionExpression: $request.body.kind } }
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      Auth: { AuthType: AWS_IAM }
      Routes: { $connect: { FunctionArn: !GetAtt Handler.Arn }, say-it: { FunctionArn: !GetAtt Handler.Arn } }
  Bucket: { Type: AWS::S3::Bucket }
  Handler:
    Type: AWS::Serverless::Function
    Properties:
      Environment: { Variables: { STAGE: !Ref Api.Stage, BUCKET: !GetAtt Bucket.Arn } }
      Events:
        Upload: { Type: S3, Properties: { Bucket: !Ref Bucket, Events: 's3:ObjectCreated:*' } }
        Foreign:
          Type: DynamoDB
          Properties:
            Stream: arn:aws:dynamodb:us-east-1:000000000000:table/other/stream/x
            StartingPosition: LATEST
        Item: { Type: HttpApi, Properties: { Path: /, Method: GET, Auth: { Authorizer: Some } } }
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      StreamSpecification: { StreamViewType: NEW_IMAGE }
",
    );
    assert_eq!(template.web_socket_apis["Api"].route_selection_expression, "$request.body.kind");
    let variables = &template.functions["Handler"].environment;
    assert_eq!(
        (variables["STAGE"].as_str(), variables["BUCKET"].as_str()),
        ("default", "arn:aws:s3:us-east-1:000000000000:local-Bucket")
    );
    for place in [
        "Api.Auth: AWS_IAM",
        "Api.Routes.say-it",
        "Bucket: AWS::S3",
        "Events.Upload: S3",
        "table/other",
        "Item.Auth",
    ] {
        let mentions = template.warnings.iter().filter(|warning| warning.contains(place)).count();
        assert_eq!(mentions, 1, "{place}: {:#?}", template.warnings);
    }
}

#[test]
fn schedules_are_read_with_their_input_and_state() {
    let template = read(
        "
Resources:
  Sweep:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Minute: { Type: Schedule, Properties: { Schedule: rate(1 minute) } }
        Off: { Type: Schedule, Properties: { Schedule: 'cron(0 4 * * ? *)', Enabled: false, Name: nightly } }
        New:
          Type: ScheduleV2
          Properties:
            ScheduleExpression: rate(2 hours)
            ScheduleExpressionTimezone: Europe/Berlin
            StartDate: 2026-11-24T10:00:00Z
            GroupName: mine
            State: DISABLED
            Input: '{\"attempt\":<aws.scheduler.attempt-number>}'
",
    );
    let schedules = &template.functions["Sweep"].schedules;
    let minute = &schedules["Minute"];
    assert_eq!(
        (&*minute.name, minute.scheduler, minute.enabled),
        ("local-SweepMinute", Scheduler::Rule, true)
    );
    assert_eq!((minute.expression.as_str(), &minute.input), ("rate(1 minute)", &None));
    assert_eq!((&*schedules["Off"].name, schedules["Off"].enabled), ("nightly", false));
    let new = &schedules["New"];
    assert_eq!((&*new.name, &*new.group, new.scheduler), ("SweepNew", "mine", Scheduler::Scheduler));
    assert!(!new.enabled && new.input.is_some());
    assert_eq!(template.warnings, [""; 0]);
}

#[test]
fn a_schedule_that_aws_would_refuse_is_an_error_with_its_mend() {
    for (properties, expected) in [
        ("Schedule: rate(1 minutes)", "a rate is a whole number from 1 and a unit"),
        ("Schedule: 'cron(0 4 * * * *)'", "one of the two days is `?`"),
        ("Schedule: rate(1 minute), Input: hello", "JSON is wanted"),
        ("Schedule: rate(1 minute), State: off", "ENABLED or DISABLED is wanted"),
        ("Enabled: true", "the property is missing; add it"),
    ] {
        let problem = problem(&format!(
            "
Resources:
  Sweep:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Minute: {{ Type: Schedule, Properties: {{ {properties} }} }}
"
        ));
        assert!(problem.contains(expected), "{properties}: {problem}");
    }
}
