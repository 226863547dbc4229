//! A model's JSON schema, draft 4, as far as messages are validated with it.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-request-validation.html>
//!
//! `$ref` reaches `#/definitions/…` of the same schema. Keywords that are not known (`format` among them)
//! say nothing here, as draft 4 wants it.

use std::collections::HashMap;

use regex::Regex;
use serde_json::{Map, Value};

/// A `$ref` that leads to itself ends here.
const MAX_DEPTH: u32 = 64;

#[derive(Debug)]
pub(super) struct Schema {
    root: Value,
    patterns: HashMap<String, Regex>,
}

impl Schema {
    pub(super) fn new(root: Value) -> Result<Self, regex::Error> {
        let mut patterns = HashMap::new();
        collect_patterns(&root, &mut patterns)?;
        Ok(Self { root, patterns })
    }

    pub(super) fn accepts(&self, value: &Value) -> bool {
        self.holds(&self.root, value, MAX_DEPTH)
    }

    fn holds(&self, schema: &Value, value: &Value, depth: u32) -> bool {
        // Draft 4 has no other schemas than objects.
        let Some(keywords) = schema.as_object() else { return true };
        let Some(depth) = depth.checked_sub(1) else { return false };
        if let Some(reference) = keywords.get("$ref").and_then(Value::as_str) {
            let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            return target.is_some_and(|target| self.holds(target, value, depth));
        }
        keywords.iter().all(|(keyword, wanted)| self.holds_one(keyword, wanted, keywords, value, depth))
    }

    fn holds_one(
        &self,
        keyword: &str,
        wanted: &Value,
        all: &Map<String, Value>,
        value: &Value,
        depth: u32,
    ) -> bool {
        let holds = |schema: &Value| self.holds(schema, value, depth);
        let schemas = || wanted.as_array().map(Vec::as_slice).unwrap_or_default();
        match keyword {
            "type" => match wanted {
                Value::Array(types) => types.iter().any(|wanted| is_of_type(value, wanted)),
                wanted => is_of_type(value, wanted),
            },
            "enum" => schemas().contains(value),
            "allOf" => schemas().iter().all(holds),
            "anyOf" => schemas().iter().any(holds),
            "oneOf" => schemas().iter().filter(|schema| holds(schema)).count() == 1,
            "not" => !holds(wanted),
            _ => match value {
                Value::Object(object) => self.object_holds(keyword, wanted, all, object, depth),
                Value::Array(items) => self.array_holds(keyword, wanted, all, items, depth),
                Value::String(text) => self.text_holds(keyword, wanted, text),
                Value::Number(number) => {
                    number.as_f64().is_none_or(|number| number_holds(keyword, wanted, all, number))
                }
                Value::Null | Value::Bool(_) => true,
            },
        }
    }

    fn object_holds(
        &self,
        keyword: &str,
        wanted: &Value,
        all: &Map<String, Value>,
        object: &Map<String, Value>,
        depth: u32,
    ) -> bool {
        let named = |name: &str| all.get("properties").and_then(|properties| properties.get(name)).is_some();
        match keyword {
            "properties" => wanted.as_object().is_none_or(|properties| {
                properties.iter().all(|(name, schema)| {
                    object.get(name).is_none_or(|value| self.holds(schema, value, depth))
                })
            }),
            "required" => wanted.as_array().is_none_or(|names| {
                names.iter().filter_map(Value::as_str).all(|name| object.contains_key(name))
            }),
            "additionalProperties" => {
                object.iter().filter(|(name, _)| !named(name)).all(|(_, value)| match wanted {
                    Value::Bool(allowed) => *allowed,
                    schema => self.holds(schema, value, depth),
                })
            }
            "minProperties" => wanted.as_u64().is_none_or(|least| object.len() as u64 >= least),
            "maxProperties" => wanted.as_u64().is_none_or(|most| object.len() as u64 <= most),
            _ => true,
        }
    }

    fn array_holds(
        &self,
        keyword: &str,
        wanted: &Value,
        all: &Map<String, Value>,
        items: &[Value],
        depth: u32,
    ) -> bool {
        match keyword {
            "items" => match wanted {
                Value::Array(schemas) => {
                    schemas.iter().zip(items).all(|(schema, item)| self.holds(schema, item, depth))
                }
                schema => items.iter().all(|item| self.holds(schema, item, depth)),
            },
            "additionalItems" if *wanted == Value::Bool(false) => {
                all.get("items").and_then(Value::as_array).is_none_or(|schemas| items.len() <= schemas.len())
            }
            "minItems" => wanted.as_u64().is_none_or(|least| items.len() as u64 >= least),
            "maxItems" => wanted.as_u64().is_none_or(|most| items.len() as u64 <= most),
            "uniqueItems" if *wanted == Value::Bool(true) => {
                items.iter().enumerate().all(|(index, item)| !items[..index].contains(item))
            }
            _ => true,
        }
    }

    fn text_holds(&self, keyword: &str, wanted: &Value, text: &str) -> bool {
        let length = || text.chars().count() as u64;
        match keyword {
            "minLength" => wanted.as_u64().is_none_or(|least| length() >= least),
            "maxLength" => wanted.as_u64().is_none_or(|most| length() <= most),
            "pattern" => wanted
                .as_str()
                .and_then(|pattern| self.patterns.get(pattern))
                .is_none_or(|pattern| pattern.is_match(text)),
            _ => true,
        }
    }
}

fn number_holds(keyword: &str, wanted: &Value, all: &Map<String, Value>, number: f64) -> bool {
    // In draft 4 these two only sharpen the bound beside them.
    let exclusive = |name: &str| all.get(name) == Some(&Value::Bool(true));
    let Some(bound) = wanted.as_f64() else { return true };
    match keyword {
        "minimum" => number > bound || (number >= bound && !exclusive("exclusiveMinimum")),
        "maximum" => number < bound || (number <= bound && !exclusive("exclusiveMaximum")),
        "multipleOf" => bound <= 0.0 || (number / bound).fract() == 0.0,
        _ => true,
    }
}

fn is_of_type(value: &Value, wanted: &Value) -> bool {
    match wanted.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => true,
    }
}

fn collect_patterns(schema: &Value, patterns: &mut HashMap<String, Regex>) -> Result<(), regex::Error> {
    match schema {
        Value::Object(keywords) => keywords.iter().try_for_each(|(keyword, value)| {
            if let ("pattern", Value::String(pattern)) = (keyword.as_str(), value) {
                patterns.insert(pattern.clone(), Regex::new(pattern)?);
            }
            collect_patterns(value, patterns)
        }),
        Value::Array(items) => items.iter().try_for_each(|item| collect_patterns(item, patterns)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_keyword_of_draft_4_accepts_and_refuses() {
        for (schema, good, bad) in [
            (json!({ "type": "object" }), json!({}), json!([])),
            (json!({ "type": ["string", "null"] }), json!(null), json!(1)),
            (json!({ "type": "integer" }), json!(3), json!(3.5)),
            (json!({ "enum": ["a", 1] }), json!(1), json!("b")),
            (json!({ "required": ["a"] }), json!({ "a": null }), json!({ "b": 1 })),
            (json!({ "properties": { "a": { "type": "string" } } }), json!({ "b": 1 }), json!({ "a": 1 })),
            (
                json!({ "properties": { "a": {} }, "additionalProperties": false }),
                json!({ "a": 1 }),
                json!({ "a": 1, "b": 1 }),
            ),
            (json!({ "additionalProperties": { "type": "number" } }), json!({ "a": 1 }), json!({ "a": "1" })),
            (json!({ "maxProperties": 1 }), json!({ "a": 1 }), json!({ "a": 1, "b": 1 })),
            (json!({ "items": { "type": "number" } }), json!([1, 2]), json!([1, "2"])),
            (json!({ "items": [{ "type": "number" }], "additionalItems": false }), json!([1]), json!([1, 2])),
            (json!({ "minItems": 1, "maxItems": 2 }), json!([1]), json!([])),
            (json!({ "uniqueItems": true }), json!([1, 2]), json!([1, 1])),
            (json!({ "minLength": 2, "maxLength": 3 }), json!("äö"), json!("ä")),
            (json!({ "pattern": "^a+$" }), json!("aa"), json!("ab")),
            (json!({ "minimum": 1, "maximum": 2 }), json!(1), json!(2.5)),
            (json!({ "minimum": 1, "exclusiveMinimum": true }), json!(2), json!(1)),
            (json!({ "multipleOf": 5 }), json!(10), json!(11)),
            (json!({ "allOf": [{ "minimum": 1 }, { "maximum": 2 }] }), json!(1), json!(3)),
            (json!({ "anyOf": [{ "type": "null" }, { "maximum": 2 }] }), json!(1), json!(3)),
            (json!({ "oneOf": [{ "minimum": 1 }, { "minimum": 5 }] }), json!(1), json!(6)),
            (json!({ "not": { "type": "string" } }), json!(1), json!("1")),
            (
                json!({ "definitions": { "id": { "type": "string" } }, "items": { "$ref": "#/definitions/id" } }),
                json!(["a"]),
                json!([1]),
            ),
        ] {
            let parsed = Schema::new(schema.clone()).unwrap();
            assert!(parsed.accepts(&good), "{schema} accepts {good}");
            assert!(!parsed.accepts(&bad), "{schema} refuses {bad}");
        }
    }

    #[test]
    fn a_schema_that_leads_to_itself_ends() {
        let schema = Schema::new(json!({ "$ref": "#" })).unwrap();
        assert!(!schema.accepts(&json!(1)));
        assert!(Schema::new(json!({ "pattern": "(" })).is_err());
    }

    proptest! {
        #[test]
        fn no_message_panics(body in "\\PC{0,60}") {
            let schema = Schema::new(json!({ "type": "object", "required": ["a"] })).unwrap();
            if let Ok(value) = serde_json::from_str(&body) {
                schema.accepts(&value);
            }
        }
    }
}
