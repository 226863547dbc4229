//! `AWS::Serverless::WebSocketApi`: the SAM form of a WebSocket API.

use std::time::Duration;

use indexmap::IndexMap;

use super::section::Section;
use super::throttling::StageThrottling;
use super::{Authorizer, TemplateError, WebSocketApi, WebSocketRoute};
use super::{api_keys, models};

/// The stage that SAM makes unless the template names one.
pub(super) const DEFAULT_STAGE: &str = "default";

/// What the service gives an integration, at least and at most (milliseconds).
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>
pub(super) const INTEGRATION_TIMEOUT_MS: std::ops::RangeInclusive<i64> = 50..=29_000;

/// The longest wait for an integration, which is also the default.
pub(crate) const MAX_INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

pub(super) fn read(resource: &Section<'_>) -> Result<WebSocketApi, TemplateError> {
    let globals = Section::of_globals(resource.resolver, "WebSocketApi");
    let from = |name: &str| if resource.has(name) { resource } else { &globals };
    let mut routes = IndexMap::new();
    let Some(section) = resource.section("Routes")? else {
        return Err(resource.problem("Routes", "a WebSocket API needs a route; add one"));
    };
    let throttling = StageThrottling {
        others: StageThrottling::read(from("DefaultRouteSettings"))?.others,
        routes: StageThrottling::read(from("RouteSettings"))?.routes,
    };
    for key in section.keys() {
        let Some(route) = section.section(key)? else {
            return Err(section.problem(key, "a route needs a FunctionArn; add it"));
        };
        if !key.trim_start_matches('$').chars().all(char::is_alphanumeric) {
            resource
                .resolver
                .warn(format!("{}.Routes.{key}: SAM deploys only keys of letters and digits", resource.id()));
        }
        let throttling = throttling.of_route(key);
        routes.insert(key.clone(), WebSocketRoute { throttling, ..route_of(&route)? });
    }
    let stage = resource.text("StageName")?.unwrap_or_else(|| DEFAULT_STAGE.to_owned());
    check_stage(resource, &stage)?;
    Ok(WebSocketApi {
        api_id: resource.resolver.api_id(resource.id()),
        stage,
        route_selection_expression: from("RouteSelectionExpression")
            .required_text("RouteSelectionExpression")?,
        routes,
        authorizer: authorizer(resource)?,
        api_keys: api_keys::source(resource)?,
        callback_throttling: throttling.others,
        stage_variables: from("StageVariables").text_map("StageVariables")?,
    })
}

fn route_of(route: &Section<'_>) -> Result<WebSocketRoute, TemplateError> {
    let timeout = route.number("IntegrationTimeout", INTEGRATION_TIMEOUT_MS)?;
    Ok(WebSocketRoute {
        function: Some(route.function("FunctionArn")?),
        is_broken: false,
        api_key_required: route.flag("ApiKeyRequired")?.unwrap_or(false),
        response_selection: route.text("RouteResponseSelectionExpression")?.as_deref() == Some("$default"),
        // Only a RouteResponse resource completes it.
        route_response: false,
        throttling: None,
        models: models::of_route(route)?,
        timeout: timeout.map_or(MAX_INTEGRATION_TIMEOUT, |ms| Duration::from_millis(ms.unsigned_abs())),
    })
}

fn authorizer(resource: &Section<'_>) -> Result<Option<Authorizer>, TemplateError> {
    let Some(auth) = resource.section("Auth")? else { return Ok(None) };
    match auth.text("AuthType")?.as_deref() {
        None | Some("NONE") => Ok(None),
        Some("CUSTOM") => Ok(Some(Authorizer {
            function: auth.function("AuthArn")?,
            identity_sources: identity_sources(&auth)?,
        })),
        Some(other) => {
            let id = resource.id();
            resource.resolver.warn(format!("{id}.Auth: {other} is not emulated, so everybody may connect"));
            Ok(None)
        }
    }
}

/// A list, or one text with commas.
pub(super) fn identity_sources(section: &Section<'_>) -> Result<Vec<String>, TemplateError> {
    let texts = section.texts("IdentitySource")?;
    let sources = texts.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|s| !s.is_empty());
    Ok(sources.map(str::to_owned).collect())
}

pub(super) fn check_stage(section: &Section<'_>, stage: &str) -> Result<(), TemplateError> {
    let letters = stage.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if letters && (1..=128).contains(&stage.len()) {
        return Ok(());
    }
    Err(section.problem("StageName", "a stage is 1 to 128 letters, digits, `-` and `_`"))
}

/// The logical id that SAM gives a route's resource: the key without its `$`, capitalized as
/// Python's `str.capitalize` does it (`sendMessage` becomes `Sendmessage`).
pub(super) fn route_resource(api: &str, key: &str) -> String {
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    let (first, rest) = key.split_at(key.len().min(1));
    format!("{api}{}{}Route", first.to_uppercase(), rest.to_lowercase())
}
