//! What a template asks for, after every parameter and intrinsic function was resolved.

use std::time::Duration;

use indexmap::IndexMap;

use crate::schedules::ScheduleExpression;

/// A resource's key under `Resources`.
pub type LogicalId = String;

/// All that the emulator serves of one template.
#[derive(Clone, Debug, Default)]
pub struct Template {
    /// `AWS::Serverless::WebSocketApi`, or the raw `AWS::ApiGatewayV2::*` resources of one API.
    pub web_socket_apis: IndexMap<LogicalId, WebSocketApi>,
    /// `AWS::Serverless::HttpApi` with the routes of the functions' `HttpApi` events.
    pub http_apis: IndexMap<LogicalId, HttpApi>,
    /// `AWS::Serverless::Function`.
    pub functions: IndexMap<LogicalId, FunctionSpec>,
    /// `AWS::DynamoDB::Table` and `AWS::Serverless::SimpleTable`.
    pub tables: IndexMap<LogicalId, Table>,
    /// What was read and not understood: one sentence per resource.
    pub warnings: Vec<String>,
    /// `AWS::StackName`.
    pub stack_name: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`.
    pub account_id: String,
}

/// A WebSocket API and its one stage.
#[derive(Clone, Debug)]
pub struct WebSocketApi {
    /// The id in URLs and events.
    pub api_id: String,
    /// The first path segment of every URL of the API.
    pub stage: String,
    /// As written, for example `$request.body.action`.
    pub route_selection_expression: String,
    /// By route key.
    pub routes: IndexMap<String, WebSocketRoute>,
    /// The `REQUEST` authorizer of `$connect`.
    pub authorizer: Option<Authorizer>,
    /// The stage's limit for calls of `@connections`: that of routes without one of their own.
    pub callback_throttling: Option<Throttling>,
    /// The keys of which `$connect` wants one; `None` if it wants none.
    pub api_keys: Option<ApiKeys>,
    /// Handed to functions as `stageVariables`.
    pub stage_variables: IndexMap<String, String>,
}

/// One route of a WebSocket API.
#[derive(Clone, Debug)]
pub struct WebSocketRoute {
    /// The function behind it; `None` is a MOCK integration, which accepts everything.
    pub function: Option<LogicalId>,
    /// Whether its integration is one that cannot be served here: every use of the route fails.
    pub is_broken: bool,
    /// `ApiKeyRequired`; only `$connect` can.
    pub api_key_required: bool,
    /// Whether the route has the `RouteResponseSelectionExpression` `$default`.
    pub response_selection: bool,
    /// Whether the function's result is sent back as a frame: the route has both
    /// `response_selection` and a `RouteResponse` with the key `$default`.
    pub route_response: bool,
    /// 50 ms to 29 s; 29 s unless the template says less.
    pub timeout: Duration,
    /// The stage's limit for the route; beyond, clients get 429 or an error frame.
    pub throttling: Option<Throttling>,
    /// What messages have to look like.
    pub models: Option<RequestModels>,
}

/// The models of a route: one of them validates each message.
#[derive(Clone, Debug)]
pub struct RequestModels {
    /// `ModelSelectionExpression`.
    pub selection: String,
    /// By what the expression yields; `$default` where nothing else fits.
    pub by_key: IndexMap<String, RequestModel>,
}

/// A model.
#[derive(Clone, Debug)]
pub struct RequestModel {
    /// Its name.
    pub name: String,
    /// JSON schema, draft 4.
    pub schema: serde_json::Value,
}

/// The API keys of a stage.
#[derive(Clone, Debug)]
pub struct ApiKeys {
    /// Where a client's key is.
    pub source: ApiKeySource,
    /// The keys that are let in.
    pub keys: Vec<ApiKey>,
}

/// `ApiKeySelectionExpression`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiKeySource {
    /// The header `x-api-key`.
    Header,
    /// `usageIdentifierKey` of the authorizer's answer.
    Authorizer,
}

/// An API key.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// Its logical id.
    pub name: String,
    /// `identity.apiKeyId`.
    pub id: String,
    /// What clients send.
    pub value: String,
    /// That of its usage plan.
    pub throttling: Option<Throttling>,
}

/// How often a route may be used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttling {
    /// Requests in a second.
    pub rate: f64,
    /// Requests at once.
    pub burst: f64,
}

/// A Lambda `REQUEST` authorizer.
#[derive(Clone, Debug)]
pub struct Authorizer {
    /// The function behind it.
    pub function: LogicalId,
    /// For example `route.request.header.Auth`; with every one of them present and not empty the
    /// function is called, else the client gets 401.
    pub identity_sources: Vec<String>,
}

/// An HTTP API (payload format 2.0).
#[derive(Clone, Debug)]
pub struct HttpApi {
    /// The id in events.
    pub api_id: String,
    /// `$default` unless named.
    pub stage: String,
    /// In the template's order.
    pub routes: Vec<HttpRoute>,
    /// The template's `CorsConfiguration`, if any.
    pub cors: Option<Cors>,
}

/// One route of an HTTP API.
#[derive(Clone, Debug)]
pub struct HttpRoute {
    /// `GET`, … or `ANY`.
    pub method: String,
    /// For example `/api/rooms/{room}/messages` or `/{proxy+}`; `$default` is the catch-all.
    pub path: String,
    /// The function behind it.
    pub function: LogicalId,
}

/// `CorsConfiguration` of an HTTP API.
#[derive(Clone, Debug, Default)]
pub struct Cors {
    /// Origins, `*` for any.
    pub allow_origins: Vec<String>,
    /// Methods, `*` for any.
    pub allow_methods: Vec<String>,
    /// Request headers, `*` for any.
    pub allow_headers: Vec<String>,
    /// Response headers that scripts may read.
    pub expose_headers: Vec<String>,
    /// Seconds a preflight answer may be kept.
    pub max_age: Option<u32>,
    /// Whether cookies may be sent.
    pub allow_credentials: bool,
}

/// A Lambda function.
#[derive(Clone, Debug)]
pub struct FunctionSpec {
    /// Its name for the Invoke API; the logical id unless the template gives one.
    pub name: String,
    /// `Environment.Variables`, resolved, with those of `Globals`.
    pub environment: IndexMap<String, String>,
    /// 3 s unless the template says otherwise.
    pub timeout: Duration,
    /// 128 unless the template says otherwise.
    pub memory_mb: u32,
    /// Where its code is, if the template says so.
    pub code: Option<Code>,
    /// `Handler` as written.
    pub handler: Option<String>,
    /// The program that cargo-lambda builds for it: `Metadata.BuildProperties.Binary`.
    pub binary: Option<String>,
    /// `Runtime` as written, for example `nodejs22.x`.
    pub runtime: Option<String>,
    /// `Layers`, with those of `Globals`; the later one's files replace the earlier one's.
    pub layers: Vec<Layer>,
    /// Event source mappings of DynamoDB streams, by the event's name.
    pub stream_events: IndexMap<String, StreamEvent>,
    /// `Schedule` and `ScheduleV2` events, by the event's name.
    pub schedules: IndexMap<String, ScheduleEvent>,
}

impl FunctionSpec {
    /// The path of its code, as written, where it has one.
    pub fn code_path(&self) -> Option<&str> {
        match &self.code {
            Some(Code::Path(path)) => Some(path),
            _ => None,
        }
    }

    /// Whether it is run by a language's runtime, and no program by itself.
    pub fn is_of_managed_runtime(&self) -> bool {
        self.runtime.as_deref().is_some_and(|runtime| !runtime.starts_with("provided"))
    }
}

/// A layer of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layer {
    /// One that the template makes.
    Here {
        /// Its logical id.
        id: LogicalId,
        /// Where what it holds is; never [`Code::Inline`].
        content: Code,
    },
    /// Another one: its ARN, or why that is not known.
    Elsewhere(String),
}

/// Where a function's code is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// A folder, relative to the template: `CodeUri`, `Code`, or what CDK names in a resource's metadata.
    Path(String),
    /// The text of the one file that it is: `InlineCode`, `Code.ZipFile`.
    Inline(String),
    /// Not on this machine, as far as the template says: S3, or an image of a container.
    Elsewhere(String),
}

/// When a function runs by the clock.
#[derive(Clone, Debug)]
pub struct ScheduleEvent {
    /// The rule's or the schedule's name, in its ARN.
    pub name: String,
    /// `GroupName` of a `ScheduleV2`; `default` by default.
    pub group: String,
    /// When it runs.
    pub expression: ScheduleExpression,
    /// Which service runs it.
    pub scheduler: Scheduler,
    /// The event to send instead of the service's own: JSON text.
    pub input: Option<String>,
    /// Whether it runs by itself; on demand it always does.
    pub enabled: bool,
}

/// The services that run functions by the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduler {
    /// An EventBridge rule: `Schedule`.
    Rule,
    /// EventBridge Scheduler: `ScheduleV2`.
    Scheduler,
}

/// A DynamoDB stream event source mapping.
#[derive(Clone, Debug)]
pub struct StreamEvent {
    /// The table whose stream is read.
    pub table: LogicalId,
    /// Where a mapping without a checkpoint starts.
    pub starting_position: StartingPosition,
    /// 1 to 10,000 records in one event; 100 by default.
    pub batch_size: usize,
    /// 0 to 300 s; 0 by default.
    pub batching_window: Duration,
    /// 1 to 10 concurrent batches of one shard; 1 by default.
    pub parallelization_factor: usize,
    /// Retries of a failing batch; `None` until the record expires.
    pub maximum_retry_attempts: Option<u32>,
    /// Records older than this are given up; `None` never.
    pub maximum_record_age: Option<Duration>,
    /// Split a failing batch in two.
    pub bisect_on_function_error: bool,
    /// The function names the records that failed.
    pub report_batch_item_failures: bool,
    /// `FilterCriteria`: the JSON text of each `Pattern`; a record passes if one matches.
    pub filters: Vec<String>,
    /// `DestinationConfig.OnFailure.Destination`, as far as it could be resolved.
    pub on_failure: Option<String>,
    /// The length of tumbling windows, 1 to 900 s, with a parallelization factor of 1; `None` for no windows.
    pub tumbling_window: Option<Duration>,
}

/// Where a mapping without a checkpoint starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartingPosition {
    /// The oldest record that is still there.
    TrimHorizon,
    /// Only what is written from now on.
    Latest,
}

/// A DynamoDB table.
#[derive(Clone, Debug)]
pub struct Table {
    /// `TableName`, or `{stack}-{logical id}`.
    pub name: String,
    /// Name and type (`S`, `N`, `B`) of every key attribute.
    pub attributes: Vec<(String, String)>,
    /// The primary key.
    pub key: KeySchema,
    /// Global secondary indexes.
    pub global_indexes: Vec<GlobalIndex>,
    /// The TTL attribute.
    pub ttl_attribute: Option<String>,
    /// `StreamViewType`, if the table has a stream.
    pub stream_view_type: Option<String>,
}

/// Partition key and sort key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySchema {
    /// The `HASH` attribute.
    pub partition: String,
    /// The `RANGE` attribute.
    pub sort: Option<String>,
}

/// A global secondary index.
#[derive(Clone, Debug)]
pub struct GlobalIndex {
    /// `IndexName`.
    pub name: String,
    /// Its key.
    pub key: KeySchema,
    /// `ALL`, `KEYS_ONLY` or `INCLUDE`.
    pub projection_type: String,
    /// `NonKeyAttributes`, for `INCLUDE`.
    pub non_key_attributes: Vec<String>,
}
