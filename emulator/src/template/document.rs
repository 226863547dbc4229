//! The text of a template as one JSON-like value in which YAML's short tags (`!Ref`) have become
//! CloudFormation's long forms (`{"Ref": …}`). Resolves nothing.

use serde_json::{Map, Value, json};
use serde_norway::Value as Yaml;

use super::TemplateError;

/// The sections of a template that the emulator reads.
pub(super) struct Document {
    pub(super) parameters: Map<String, Value>,
    pub(super) mappings: Map<String, Value>,
    pub(super) conditions: Map<String, Value>,
    pub(super) globals: Map<String, Value>,
    pub(super) resources: Map<String, Value>,
}

impl Document {
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        // JSON has escapes and tabs that YAML does not, so it goes to its own parser.
        let root = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|e| TemplateError::Malformed(e.into()))?
        } else {
            let mut yaml: Yaml =
                serde_norway::from_str(text).map_err(|e| TemplateError::Malformed(e.into()))?;
            yaml.apply_merge().map_err(|e| TemplateError::Malformed(e.into()))?;
            long_form(yaml)
        };
        let Value::Object(mut root) = root else {
            return Err(TemplateError::problem("Resources", "a template is a mapping with `Resources`"));
        };
        let mut section = |name: &str| match root.remove(name) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(section)) => Ok(section),
            Some(_) => Err(TemplateError::problem(name, "this section must be a mapping")),
        };
        let document = Self {
            parameters: section("Parameters")?,
            mappings: section("Mappings")?,
            conditions: section("Conditions")?,
            globals: section("Globals")?,
            resources: section("Resources")?,
        };
        for (id, resource) in &document.resources {
            if !resource.get("Type").is_some_and(Value::is_string) {
                return Err(TemplateError::problem(id, "a resource needs a `Type`"));
            }
        }
        Ok(document)
    }
}

fn long_form(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(flag) => Value::Bool(flag),
        Yaml::Number(number) => number_of(&number),
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(long_form).collect()),
        Yaml::Mapping(entries) => {
            Value::Object(entries.into_iter().map(|(key, value)| (key_of(key), long_form(value))).collect())
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            intrinsic(tag.trim_start_matches('!'), long_form(tagged.value))
        }
    }
}

fn intrinsic(tag: &str, argument: Value) -> Value {
    match tag {
        "Ref" | "Condition" => json!({ tag: argument }),
        // The short form takes `Resource.Attribute` as one string.
        "GetAtt" => match argument.as_str().and_then(|text| text.split_once('.')) {
            Some((resource, attribute)) => json!({ "Fn::GetAtt": [resource, attribute] }),
            None => json!({ "Fn::GetAtt": argument }),
        },
        _ => json!({ (format!("Fn::{tag}")): argument }),
    }
}

fn number_of(number: &serde_norway::Number) -> Value {
    if let Some(integer) = number.as_i64() {
        integer.into()
    } else if let Some(integer) = number.as_u64() {
        integer.into()
    } else {
        number.as_f64().and_then(serde_json::Number::from_f64).map_or(Value::Null, Value::Number)
    }
}

/// Mappings may have keys such as `200` or `true`; CloudFormation knows strings only.
fn key_of(key: Yaml) -> String {
    match long_form(key) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
