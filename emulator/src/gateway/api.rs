//! A WebSocket API while it runs: its template with everything looked up once.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::value::RawValue;

use super::api_keys::KeyCheck;
use super::models::Models;
use super::route_selection::{BadExpression, RouteSelection};
use super::tasks::Tasks;
use super::throttle::Throttle;
use crate::connections::Connections;
use crate::doubts::Doubts;
use crate::faults::Faults;
use crate::functions::{Functions, Target};
use crate::limits::Limits;
use crate::template::{LogicalId, WebSocketApi};

#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) logical_id: LogicalId,
    pub(crate) api_id: String,
    pub(crate) stage: String,
    /// `arn:aws:execute-api:{region}:{account}:{api}/{stage}/$connect`.
    pub(crate) method_arn: String,
    pub(crate) selection: RouteSelection,
    pub(crate) routes: HashMap<String, Route>,
    pub(crate) authorizer: Option<AuthorizerTarget>,
    /// Where `$connect` wants an API key.
    pub(crate) keys: Option<KeyCheck>,
    /// For calls of `@connections`.
    pub(crate) callbacks: Option<Throttle>,
    pub(crate) stage_variables: indexmap::IndexMap<String, String>,
    /// The same as JSON, where there are any.
    pub(crate) stage_variables_json: Option<Box<RawValue>>,
    pub(crate) connections: Connections,
    pub(crate) limits: Limits,
    pub(crate) tasks: Tasks,
    pub(crate) faults: Faults,
    /// Hand an authorizer's numbers and booleans on as such instead of as strings.
    pub(crate) native_context: bool,
    pub(crate) doubts: Doubts,
    /// Believe messages that say when they happen.
    pub(crate) told_times: bool,
}

#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) key: String,
    /// `None` for a MOCK integration.
    pub(crate) target: Option<Target>,
    /// What is behind it cannot be served here.
    pub(crate) is_broken: bool,
    pub(crate) route_response: bool,
    pub(crate) timeout: Duration,
    pub(crate) throttle: Option<Throttle>,
    pub(super) models: Option<Models>,
}

impl Route {
    /// Whether one more request may use it now.
    pub(super) fn admits(&self) -> bool {
        self.throttle.as_ref().is_none_or(Throttle::admits)
    }
}

#[derive(Debug)]
pub(crate) struct AuthorizerTarget {
    pub(crate) target: Target,
    pub(crate) identity_sources: Vec<String>,
}

/// Why an API cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// A function of the template that has no code.
    #[error("the function {function} of {user} is not registered; register it with `function(..)`")]
    NoFunction {
        /// Its logical id.
        function: LogicalId,
        /// The route or authorizer that needs it.
        user: String,
    },
    /// A model whose schema cannot be used.
    #[error("the schema of the model {model} has a pattern that cannot be read")]
    Model {
        /// Its name.
        model: String,
        /// Why.
        source: regex::Error,
    },
    /// A route selection expression that cannot be evaluated.
    #[error("the route selection expression of {api} cannot be used")]
    Selection {
        /// The API's logical id.
        api: LogicalId,
        /// Why.
        source: BadExpression,
    },
}

/// What all APIs of an emulator share.
pub(crate) struct Surroundings<'a> {
    pub(crate) region: &'a str,
    pub(crate) account_id: &'a str,
    pub(crate) functions: &'a Functions,
    pub(crate) connections: &'a Connections,
    pub(crate) limits: &'a Limits,
    pub(crate) tasks: &'a Tasks,
    pub(crate) native_context: bool,
    pub(crate) doubts: &'a Doubts,
    pub(crate) told_times: bool,
}

impl Surroundings<'_> {
    pub(crate) fn target(&self, function: &str, user: impl FnOnce() -> String) -> Result<Target, ApiError> {
        let target = self.functions.get(function).cloned();
        target.ok_or_else(|| ApiError::NoFunction { function: function.to_owned(), user: user() })
    }
}

impl Api {
    pub(crate) fn new(id: &str, spec: &WebSocketApi, around: &Surroundings<'_>) -> Result<Self, ApiError> {
        let selection = RouteSelection::parse(&spec.route_selection_expression)
            .map_err(|source| ApiError::Selection { api: id.to_owned(), source })?;
        let mut routes = HashMap::new();
        for (key, route) in &spec.routes {
            let target = match &route.function {
                Some(function) => Some(around.target(function, || format!("the route {key} of {id}"))?),
                None => None,
            };
            let models = route.models.as_ref();
            let models =
                models.map(|spec| Models::new(spec, &format!("the models of {key} of {id}"))).transpose()?;
            let (key, route_response, timeout) = (key.clone(), route.route_response, route.timeout);
            let throttle = route.throttling.map(|t| Throttle::new(t.rate, t.burst));
            let is_broken = route.is_broken;
            let route = Route { key, target, is_broken, route_response, timeout, throttle, models };
            routes.insert(route.key.clone(), route);
        }
        let authorizer = match &spec.authorizer {
            Some(authorizer) => Some(AuthorizerTarget {
                target: around.target(&authorizer.function, || format!("the authorizer of {id}"))?,
                identity_sources: authorizer.identity_sources.clone(),
            }),
            None => None,
        };
        let (region, account, api_id, stage) = (around.region, around.account_id, &spec.api_id, &spec.stage);
        let variables = (!spec.stage_variables.is_empty()).then_some(&spec.stage_variables);
        Ok(Self {
            logical_id: id.to_owned(),
            api_id: api_id.clone(),
            stage: stage.clone(),
            method_arn: format!("arn:aws:execute-api:{region}:{account}:{api_id}/{stage}/$connect"),
            selection,
            routes,
            authorizer,
            keys: spec.api_keys.as_ref().map(KeyCheck::new),
            callbacks: spec.callback_throttling.map(|t| Throttle::new(t.rate, t.burst)),
            stage_variables: spec.stage_variables.clone(),
            stage_variables_json: variables.and_then(|v| serde_json::value::to_raw_value(v).ok()),
            connections: around.connections.clone(),
            limits: around.limits.clone(),
            tasks: around.tasks.clone(),
            faults: around.connections.faults().clone(),
            native_context: around.native_context,
            doubts: around.doubts.clone(),
            told_times: around.told_times,
        })
    }
}
