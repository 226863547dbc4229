//! API keys of `$connect`: `AWS::ApiGateway::ApiKey`, and the usage plans that let them into a stage.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html>

use super::resolver::Resolver;
use super::section::Section;
use super::throttling;
use super::{ApiKey, ApiKeySource, ApiKeys, Template, TemplateError, Throttling};

/// The parts, until all of them were seen.
#[derive(Default)]
pub(super) struct Parts {
    keys: Vec<Key>,
    plans: Vec<Plan>,
    /// Key and plan, as a `Ref` of each yields it.
    members: Vec<(String, String)>,
}

struct Key {
    reference: String,
    key: ApiKey,
}

struct Plan {
    reference: String,
    /// Id of the API, and the stage.
    stages: Vec<(String, String)>,
    throttling: Option<Throttling>,
}

pub(super) fn is_part(kind: &str) -> bool {
    matches!(kind.strip_prefix("AWS::ApiGateway::"), Some("ApiKey" | "UsagePlan" | "UsagePlanKey"))
}

impl Parts {
    pub(super) fn collect(&mut self, kind: &str, resource: &Section<'_>) -> Result<(), TemplateError> {
        let (id, resolver) = (resource.id(), resource.resolver);
        let reference = resolver.resource_reference(id).map_err(|e| resource.problem("Name", e))?;
        match kind.strip_prefix("AWS::ApiGateway::") {
            Some("ApiKey") if resource.flag("Enabled")? == Some(false) => {}
            Some("ApiKey") => {
                let made = || (0..4).map(|part| resolver.api_id(&format!("{id}/{part}"))).collect();
                let value = resource.text("Value")?.unwrap_or_else(made);
                let key = ApiKey { name: id.to_owned(), id: resolver.api_id(id), value, throttling: None };
                self.keys.push(Key { reference, key });
            }
            Some("UsagePlan") => {
                if resource.has("Quota") {
                    resolver.warn(format!("{id}: the quota is not emulated, its throttle is"));
                }
                let mut stages = Vec::new();
                for stage in resource.sections("ApiStages")? {
                    stages.extend(stage.text("ApiId")?.zip(stage.text("Stage")?));
                }
                let throttling = resource.section("Throttle")?;
                let throttling = throttling.as_ref().map(throttling::of_plan).transpose()?.flatten();
                self.plans.push(Plan { reference, stages, throttling });
            }
            Some("UsagePlanKey") => {
                self.members.push((resource.required_text("KeyId")?, resource.required_text("UsagePlanId")?));
            }
            _ => {}
        }
        Ok(())
    }

    /// Gives every API whose `$connect` wants a key those that may enter its stage.
    pub(super) fn attach(self, resolver: &Resolver<'_>, template: &mut Template) {
        for (id, api) in &mut template.web_socket_apis {
            for key in api.routes.iter().filter(|(key, route)| route.api_key_required && *key != "$connect") {
                resolver.warn(format!("{id}: only $connect can want an API key, not {}", key.0));
            }
            if !api.routes.get("$connect").is_some_and(|route| route.api_key_required) {
                api.api_keys = None;
                continue;
            }
            let known = api
                .api_keys
                .get_or_insert_with(|| ApiKeys { source: ApiKeySource::Header, keys: Vec::new() });
            let stage = (api.api_id.clone(), api.stage.clone());
            for plan in self.plans.iter().filter(|plan| plan.stages.contains(&stage)) {
                let members = self.members.iter().filter(|(_, of)| *of == plan.reference);
                for (member, _) in members {
                    let found = self.keys.iter().find(|key| key.reference == *member);
                    let key = found.map(|found| ApiKey { throttling: plan.throttling, ..found.key.clone() });
                    known.keys.extend(key);
                }
            }
            if known.keys.is_empty() {
                resolver.warn(format!(
                    "{id}: $connect wants an API key, and no key of the template is in a usage plan for its \
                     stage; name one with --api-key"
                ));
            }
        }
    }
}

/// `ApiKeySelectionExpression` of an API.
pub(super) fn source(api: &Section<'_>) -> Result<Option<ApiKeys>, TemplateError> {
    let source = match api.text("ApiKeySelectionExpression")?.as_deref() {
        None | Some("$request.header.x-api-key") => ApiKeySource::Header,
        Some("$context.authorizer.usageIdentifierKey") => ApiKeySource::Authorizer,
        Some(_) => {
            let message = "`$request.header.x-api-key` or `$context.authorizer.usageIdentifierKey` is wanted";
            return Err(api.problem("ApiKeySelectionExpression", message));
        }
    };
    Ok(Some(ApiKeys { source, keys: Vec::new() }))
}
