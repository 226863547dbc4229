//! `AWS::ApiGatewayV2::Model`, and the routes that validate with it.

use indexmap::IndexMap;
use serde_json::Value;

use super::resolver::Resolver;
use super::section::Section;
use super::{RequestModel, RequestModels, Template, TemplateError};

/// A model of the template.
pub(super) struct Model {
    api_id: String,
    /// Its name, and what a `Ref` of it yields.
    names: [String; 2],
    schema: Value,
}

impl Model {
    pub(super) fn read(resource: &Section<'_>) -> Result<Self, TemplateError> {
        let schema = match resource.value("Schema")? {
            Some(Value::String(text)) => serde_json::from_str(&text)
                .map_err(|error| resource.problem("Schema", format!("JSON is wanted: {error}")))?,
            Some(schema) => schema,
            None => return Err(resource.problem("Schema", "the property is missing; add it")),
        };
        let id = resource.id();
        let reference = resource.resolver.resource_reference(id).map_err(|e| resource.problem("Name", e))?;
        let name = resource.required_text("Name")?;
        Ok(Self { api_id: resource.required_text("ApiId")?, names: [name, reference], schema })
    }
}

/// A route's `ModelSelectionExpression` and `RequestModels`; the schemas are `attach`ed when all models
/// were read.
pub(super) fn of_route(route: &Section<'_>) -> Result<Option<RequestModels>, TemplateError> {
    let names = route.text_map("RequestModels")?;
    let selection = route.text("ModelSelectionExpression")?;
    let Some(selection) = selection.filter(|_| !names.is_empty()) else { return Ok(None) };
    let unread = |name: String| RequestModel { name, schema: Value::Null };
    let by_key: IndexMap<String, RequestModel> =
        names.into_iter().map(|(key, name)| (key, unread(name))).collect();
    Ok(Some(RequestModels { selection, by_key }))
}

/// Gives every route the schemas of its models.
pub(super) fn attach(
    resolver: &Resolver<'_>,
    models: &[Model],
    template: &mut Template,
) -> Result<(), TemplateError> {
    for (id, api) in &mut template.web_socket_apis {
        let api_id = resolver.api_id(id);
        for (key, route) in &mut api.routes {
            for model in route.models.iter_mut().flat_map(|models| models.by_key.values_mut()) {
                let known = models.iter().find(|m| m.api_id == api_id && m.names.contains(&model.name));
                let Some(known) = known else {
                    let message = format!("`{}` is no AWS::ApiGatewayV2::Model of this API", model.name);
                    return Err(TemplateError::problem(format!("{id}.Routes.{key}.RequestModels"), message));
                };
                model.schema.clone_from(&known.schema);
            }
        }
    }
    Ok(())
}
