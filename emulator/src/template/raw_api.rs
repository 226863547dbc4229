//! The raw `AWS::ApiGatewayV2::*` resources: an API in parts that refer to each other, gathered
//! first and put together when all of them were seen.

use std::time::Duration;

use indexmap::IndexMap;

use super::api_keys;
use super::models::{self, Model};
use super::resolver::Resolver;
use super::section::Section;
use super::throttling::StageThrottling;
use super::web_socket_api::{INTEGRATION_TIMEOUT_MS, MAX_INTEGRATION_TIMEOUT, check_stage, identity_sources};
use super::{
    ApiKeys, Authorizer, HttpApi, HttpRoute, RequestModels, Template, TemplateError, WebSocketApi,
    WebSocketRoute, http_api,
};

/// The parts by logical id.
#[derive(Default)]
pub(super) struct RawApis {
    apis: IndexMap<String, Api>,
    routes: IndexMap<String, Route>,
    integrations: IndexMap<String, Integration>,
    authorizers: IndexMap<String, Authorizer>,
    stages: Vec<Stage>,
    responses: Vec<RouteResponse>,
    models: Vec<Model>,
}

/// What is behind a route without a target.
const NOTHING: Integration =
    Integration { function: None, is_broken: true, timeout: MAX_INTEGRATION_TIMEOUT };

enum Api {
    WebSocket { selection: String, api_keys: Option<ApiKeys> },
    Http(HttpApi),
}

struct Route {
    api_id: String,
    key: String,
    /// Nothing is behind a route without one.
    target: Option<String>,
    api_key_required: bool,
    authorizer: Option<String>,
    response_selection: bool,
    models: Option<RequestModels>,
}

struct Integration {
    /// `None` for MOCK, and for what is not emulated.
    function: Option<String>,
    is_broken: bool,
    timeout: Duration,
}

struct Stage {
    api_id: String,
    name: String,
    variables: IndexMap<String, String>,
    throttling: StageThrottling,
}

struct RouteResponse {
    id: String,
    route: String,
}

/// Whether the type is one of those that this file gathers.
pub(super) fn is_part(kind: &str) -> bool {
    matches!(
        kind.strip_prefix("AWS::ApiGatewayV2::"),
        Some("Api" | "Route" | "Integration" | "Authorizer" | "Stage" | "RouteResponse" | "Model")
    )
}

impl RawApis {
    pub(super) fn collect(&mut self, kind: &str, resource: &Section<'_>) -> Result<(), TemplateError> {
        let id = resource.id().to_owned();
        match kind.strip_prefix("AWS::ApiGatewayV2::") {
            Some("Api") => {
                self.apis.insert(id, api(resource)?);
            }
            Some("Route") => {
                self.routes.insert(id, route(resource)?);
            }
            Some("Integration") => {
                self.integrations.insert(id, integration(resource)?);
            }
            // Only REQUEST authorizers exist for WebSocket APIs; those of HTTP APIs are not emulated.
            Some("Authorizer") if resource.required_text("AuthorizerType")? == "REQUEST" => {
                let function = resource.function("AuthorizerUri")?;
                let identity_sources = identity_sources(resource)?;
                self.authorizers.insert(id, Authorizer { function, identity_sources });
            }
            Some("Stage") => self.stages.push(Stage {
                api_id: resource.required_text("ApiId")?,
                name: resource.required_text("StageName")?,
                variables: resource.text_map("StageVariables")?,
                throttling: StageThrottling::read(resource)?,
            }),
            Some("Model") => self.models.push(Model::read(resource)?),
            Some("RouteResponse") if resource.required_text("RouteResponseKey")? == "$default" => {
                self.responses.push(RouteResponse { id, route: resource.required_text("RouteId")? });
            }
            _ => {}
        }
        Ok(())
    }

    /// Puts the parts together, those of SAM's APIs included.
    pub(super) fn build(
        mut self,
        resolver: &Resolver<'_>,
        template: &mut Template,
    ) -> Result<(), TemplateError> {
        for (id, api) in std::mem::take(&mut self.apis) {
            match api {
                Api::WebSocket { selection, api_keys } => {
                    let api = self.web_socket_api(resolver, &id, selection, &mut template.warnings)?;
                    let api = WebSocketApi { api_keys, ..api };
                    template.web_socket_apis.insert(id, api);
                }
                Api::Http(mut api) => {
                    api.routes = self.http_routes(resolver, &id)?;
                    if let Some(stage) = self.stages.iter().find(|stage| stage.api_id == api.api_id) {
                        api.stage.clone_from(&stage.name);
                    }
                    template.http_apis.insert(id, api);
                }
            }
        }
        for response in &self.responses {
            let key = self.routes.get(&response.route).map(|route| (route.api_id.clone(), route.key.clone()));
            let mut routes = template.web_socket_apis.iter_mut().flat_map(|(api_id, api)| {
                let raw_id = api.api_id.clone();
                api.routes
                    .iter_mut()
                    .map(move |(route_key, route)| (api_id, raw_id.clone(), route_key, route))
            });
            let route = routes.find(|(api, raw_id, route_key, _)| match &key {
                Some((raw, raw_key)) => raw == raw_id && raw_key == *route_key,
                None => super::web_socket_api::route_resource(api, route_key) == response.route,
            });
            let Some((_, _, _, route)) = route else {
                let message = format!("`{}` is no route of this template", response.route);
                return Err(TemplateError::problem(format!("{}.RouteId", response.id), message));
            };
            // Two-way needs both: a route response and the route's selection expression.
            route.route_response = route.response_selection;
        }
        models::attach(resolver, &self.models, template)
    }

    fn web_socket_api(
        &self,
        resolver: &Resolver<'_>,
        id: &str,
        selection: String,
        warnings: &mut Vec<String>,
    ) -> Result<WebSocketApi, TemplateError> {
        let api_id = resolver.api_id(id);
        let mut stages = self.stages.iter().filter(|stage| stage.api_id == api_id);
        let Some(stage) = stages.next() else {
            return Err(TemplateError::problem(id, "the API has no stage; add an AWS::ApiGatewayV2::Stage"));
        };
        if let Some(other) = stages.next() {
            warnings.push(format!("{id}: only the stage {} is served, not {}", stage.name, other.name));
        }
        check_stage(&Section::of_resource(resolver, id), &stage.name)?;
        let mut routes = IndexMap::new();
        let mut authorizer = None;
        for (route_id, route) in self.routes.iter().filter(|(_, route)| route.api_id == api_id) {
            let integration = self.integration_of(route_id, route)?;
            if let Some(name) = &route.authorizer {
                authorizer = Some(self.authorizers.get(name).cloned().ok_or_else(|| {
                    let message = format!("`{name}` is no REQUEST authorizer of this template");
                    TemplateError::problem(format!("{route_id}.AuthorizerId"), message)
                })?);
            }
            routes.insert(
                route.key.clone(),
                WebSocketRoute {
                    function: integration.function.clone(),
                    is_broken: integration.is_broken,
                    api_key_required: route.api_key_required,
                    response_selection: route.response_selection,
                    route_response: false,
                    timeout: integration.timeout,
                    throttling: stage.throttling.of_route(&route.key),
                    models: route.models.clone(),
                },
            );
        }
        Ok(WebSocketApi {
            api_id,
            stage: stage.name.clone(),
            route_selection_expression: selection,
            routes,
            authorizer,
            api_keys: None,
            callback_throttling: stage.throttling.others,
            stage_variables: stage.variables.clone(),
        })
    }

    fn http_routes(&self, resolver: &Resolver<'_>, id: &str) -> Result<Vec<HttpRoute>, TemplateError> {
        let api_id = resolver.api_id(id);
        let mut routes = Vec::new();
        for (route_id, route) in self.routes.iter().filter(|(_, route)| route.api_id == api_id) {
            let (method, path) = route.key.split_once(' ').unwrap_or(("ANY", &route.key));
            let Some(function) = self.integration_of(route_id, route)?.function.clone() else { continue };
            routes.push(HttpRoute { method: method.to_owned(), path: path.to_owned(), function });
        }
        Ok(routes)
    }

    fn integration_of(&self, route_id: &str, route: &Route) -> Result<&Integration, TemplateError> {
        let Some(target) = &route.target else { return Ok(&NOTHING) };
        let name = target.rsplit('/').next().unwrap_or_default();
        self.integrations.get(name).ok_or_else(|| {
            let message = format!("`{target}` is no integration; use !Sub integrations/${{Integration}}");
            TemplateError::problem(format!("{route_id}.Target"), message)
        })
    }
}

fn api(resource: &Section<'_>) -> Result<Api, TemplateError> {
    match resource.required_text("ProtocolType")?.as_str() {
        "WEBSOCKET" => Ok(Api::WebSocket {
            selection: resource.required_text("RouteSelectionExpression")?,
            api_keys: api_keys::source(resource)?,
        }),
        "HTTP" => Ok(Api::Http(http_api::read(resource)?)),
        _ => Err(resource.problem("ProtocolType", "WEBSOCKET or HTTP is wanted")),
    }
}

fn route(resource: &Section<'_>) -> Result<Route, TemplateError> {
    let authorization = resource.text("AuthorizationType")?;
    let is_custom = authorization.as_deref() == Some("CUSTOM");
    if let Some(other) = authorization.filter(|kind| kind != "CUSTOM" && kind != "NONE") {
        resource.resolver.warn(format!("{}: {other} is not emulated, so the route is open", resource.id()));
    }
    let target = resource.text("Target")?;
    if target.is_none() {
        resource
            .resolver
            .warn(format!("{}: a route without Target fails whenever it is used", resource.id()));
    }
    Ok(Route {
        api_id: resource.required_text("ApiId")?,
        key: resource.required_text("RouteKey")?,
        target,
        api_key_required: resource.flag("ApiKeyRequired")?.unwrap_or(false),
        authorizer: if is_custom { Some(resource.required_text("AuthorizerId")?) } else { None },
        response_selection: resource.text("RouteResponseSelectionExpression")?.as_deref() == Some("$default"),
        models: models::of_route(resource)?,
    })
}

fn integration(resource: &Section<'_>) -> Result<Integration, TemplateError> {
    let resolver = resource.resolver;
    let function = match resource.required_text("IntegrationType")?.as_str() {
        "AWS_PROXY" => {
            let uri = resource.required_text("IntegrationUri")?;
            let function = resolver.function_of(&uri);
            if function.is_none() {
                resolver.warn(format!(
                    "{}.IntegrationUri: `{uri}` is no function of this template, so its routes fail",
                    resource.id()
                ));
            }
            function.map(Some)
        }
        "MOCK" => Some(None),
        other => {
            let id = resource.id();
            resolver.warn(format!(
                "{id}.IntegrationType: `{other}` is not emulated, so its routes fail; AWS_PROXY and MOCK are"
            ));
            None
        }
    };
    let timeout = resource.number("TimeoutInMillis", INTEGRATION_TIMEOUT_MS)?;
    let timeout = timeout.map_or(MAX_INTEGRATION_TIMEOUT, |ms| Duration::from_millis(ms.unsigned_abs()));
    Ok(Integration { is_broken: function.is_none(), function: function.flatten(), timeout })
}
