//! Validation of a route's messages: an expression selects a model, and the model's schema decides.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-request-validation.html>

use std::collections::HashMap;

use super::api::ApiError;
use super::route_selection::RouteSelection;
use super::schema::Schema;
use crate::template::RequestModels;

#[derive(Debug)]
pub(super) struct Models {
    selection: RouteSelection,
    by_key: HashMap<String, Schema>,
}

impl Models {
    /// `place` names the route, for errors.
    pub(super) fn new(spec: &RequestModels, place: &str) -> Result<Self, ApiError> {
        let selection = RouteSelection::parse(&spec.selection)
            .map_err(|source| ApiError::Selection { api: place.to_owned(), source })?;
        let mut by_key = HashMap::new();
        for (key, model) in &spec.by_key {
            let schema = Schema::new(model.schema.clone())
                .map_err(|source| ApiError::Model { model: model.name.clone(), source })?;
            by_key.insert(key.clone(), schema);
        }
        Ok(Self { selection, by_key })
    }

    /// Whether the message may go on. Without a model that is selected, and without `$default`, it may
    /// not.
    pub(super) fn accept(&self, body: &str) -> bool {
        let selected = self.selection.evaluate(body, false);
        let schema = selected.and_then(|key| self.by_key.get(&key)).or_else(|| self.by_key.get("$default"));
        let Some(schema) = schema else { return false };
        serde_json::from_str(body).is_ok_and(|body| schema.accepts(&body))
    }
}
