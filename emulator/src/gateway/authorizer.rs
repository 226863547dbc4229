//! The Lambda `REQUEST` authorizer of `$connect`. Its answer holds for the life of the connection.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html>

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::api::{Api, AuthorizerTarget};
use super::connection::Facts;
use super::event::{self, Handshake, Moment, raw};
use super::policy::Decision;
use super::refusal::Refusal;
use crate::functions::InvokeError;

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>
const MAX_RESULT_BYTES: usize = 8 * 1024;

/// The message that makes an authorizer's failure a 401.
const UNAUTHORIZED: &str = "Unauthorized";

/// What an authorizer that lets a client in says of it.
pub(super) struct Authorized {
    /// `requestContext.authorizer`.
    pub(super) context: Box<RawValue>,
    /// `usageIdentifierKey`: an API key.
    pub(super) key: Option<String>,
}

/// Asks the authorizer; what it answers rides on every event of the connection.
pub(super) async fn authorize(
    api: &Api,
    authorizer: &AuthorizerTarget,
    facts: &Facts,
    moment: Moment,
    handshake: &Handshake,
) -> Result<Authorized, Refusal> {
    for source in &authorizer.identity_sources {
        if identity(source, api, facts, handshake).is_none_or(|value| value.is_empty()) {
            tracing::debug!(connection = %facts.connection_id, source, "an identity source is missing");
            return Err(Refusal::unauthorized());
        }
    }
    let payload = event::authorizer(api, facts, moment, handshake);
    let started = Instant::now();
    let patience = crate::template::MAX_INTEGRATION_TIMEOUT;
    let result = match authorizer.target.integrate(payload, patience).await {
        Ok(result) => result,
        Err(InvokeError::Function(error)) if error.error_message == UNAUTHORIZED => {
            return Err(Refusal::unauthorized());
        }
        Err(error) => {
            tracing::error!(connection = %facts.connection_id, request = %moment.request_id, %error, "the authorizer failed");
            return Err(Refusal::internal());
        }
    };
    let latency = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let unusable = |error: &dyn std::fmt::Display| {
        tracing::error!(connection = %facts.connection_id, request = %moment.request_id, %error, "the authorizer's result is unusable");
        Refusal::internal()
    };
    if result.len() > MAX_RESULT_BYTES {
        return Err(unusable(&"it is over 8 KB"));
    }
    // Without the parser's own message, which quotes values.
    let decision: Decision = serde_json::from_slice(&result)
        .map_err(|_| unusable(&"it is not an object with `principalId` and `policyDocument`"))?;
    if !decision.allows(&api.method_arn) {
        return Err(Refusal::forbidden());
    }
    let key = decision.usage_identifier_key.clone();
    let context = context(decision, latency, api.native_context);
    let context = context.ok_or_else(|| unusable(&"its context has an array or an object"))?;
    Ok(Authorized { context: raw(&context), key })
}

/// `requestContext.authorizer`: the context's keys, the principal and how long it took.
fn context(decision: Decision, latency: u64, native: bool) -> Option<Map<String, Value>> {
    let mut context = Map::new();
    context.insert("principalId".to_owned(), decision.principal_id.into());
    context.insert("integrationLatency".to_owned(), latency.into());
    for (key, value) in decision.context.unwrap_or_default() {
        let value = match value {
            Value::Array(_) | Value::Object(_) => return None,
            Value::Null => continue,
            text @ Value::String(_) => text,
            scalar if native => scalar,
            // AWS's documentation says strings; some captures show native values.
            scalar => Value::String(scalar.to_string()),
        };
        if key != "principalId" && key != "integrationLatency" {
            context.insert(key, value);
        }
    }
    Some(context)
}

/// The value that an identity source names.
fn identity<'a>(source: &str, api: &'a Api, facts: &'a Facts, handshake: &'a Handshake) -> Option<&'a str> {
    if let Some(name) = source.strip_prefix("route.request.header.") {
        return handshake.headers.exact(name).or_else(|| {
            let value = handshake.headers.any_case(name)?;
            tracing::warn!(source, "the header was sent in another casing, which AWS may take for missing");
            Some(value)
        });
    }
    if let Some(name) = source.strip_prefix("route.request.querystring.") {
        return handshake.query.as_ref()?.exact(name);
    }
    if let Some(name) = source.strip_prefix("stageVariables.") {
        return api.stage_variables.get(name).map(String::as_str);
    }
    match source.strip_prefix("context.") {
        Some("identity.sourceIp") => Some(&facts.source_ip),
        Some("identity.userAgent") => facts.user_agent.as_deref(),
        Some("domainName") => Some(&facts.domain_name),
        Some("stage") => Some(&api.stage),
        Some("apiId") => Some(&api.api_id),
        Some("connectionId") => Some(facts.connection_id.as_str()),
        _ => {
            tracing::warn!(source, "the identity source is not known, so it counts as missing");
            None
        }
    }
}
