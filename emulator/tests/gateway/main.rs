//! The gateway over real sockets, one file for each part of its behaviour.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api_keys;
mod authorizer;
mod compression;
mod connect;
mod control;
mod crowd;
mod disconnect;
mod doubts;
mod faults;
mod harness;
mod http;
mod management;
mod messages;
mod models;
mod raw;
mod schedules;
mod start;
mod throttling;
mod tls;
mod told_times;
mod whole_path;
mod wire;

/// A WebSocket API whose every route is `Handler`'s, and an HTTP API beside it.
pub(crate) const TEMPLATE: &str = "
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: dev
      RouteSelectionExpression: $request.body.action
      Routes:
        $connect: { FunctionArn: !GetAtt Handler.Arn }
        $disconnect: { FunctionArn: !GetAtt Handler.Arn }
        $default: { FunctionArn: !GetAtt Handler.Arn }
        say: { FunctionArn: !GetAtt Handler.Arn }
        ask: { FunctionArn: !GetAtt Handler.Arn, RouteResponseSelectionExpression: $default }
  AskResponse:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: { ApiId: !Ref Api, RouteId: !Ref ApiAskRoute, RouteResponseKey: $default }
  Http:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration: { AllowOrigins: ['https://page.example'], AllowMethods: [GET], AllowHeaders: [x-a], MaxAge: 60 }
  Handler:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Item: { Type: HttpApi, Properties: { ApiId: !Ref Http, Path: '/items/{id}', Method: GET } }
        Any: { Type: HttpApi, Properties: { ApiId: !Ref Http, Path: '/any/{rest+}', Method: ANY } }
";

/// The same WebSocket API behind an authorizer.
pub(crate) const AUTHORIZED: &str = "
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: dev
      RouteSelectionExpression: $request.body.action
      Auth: { AuthType: CUSTOM, AuthArn: !GetAtt Handler.Arn, IdentitySource: [route.request.querystring.token] }
      Routes:
        $connect: { FunctionArn: !GetAtt Handler.Arn }
        $disconnect: { FunctionArn: !GetAtt Handler.Arn }
        $default: { FunctionArn: !GetAtt Handler.Arn }
  Handler: { Type: AWS::Serverless::Function }
";
