//! Intrinsic functions: from a value of the document to a plain one. What a reference to a resource
//! yields is in `references`.

use std::cell::{Cell, RefCell};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::document::Document;
use super::{Options, TemplateError, parameters};

/// Deeper than any real template; a reference that leads back to itself gets here quickly.
const MAX_DEPTH: u32 = 64;

/// Why a value could not be resolved; the caller knows the place.
pub(super) type Unresolved = String;

/// The document with its parameters evaluated.
pub(super) struct Resolver<'a> {
    pub(super) document: &'a Document,
    pub(super) options: &'a Options,
    parameters: IndexMap<String, Value>,
    warnings: RefCell<Vec<String>>,
    depth: Cell<u32>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(document: &'a Document, options: &'a Options) -> Result<Self, TemplateError> {
        let mut warnings = Vec::new();
        let parameters = parameters::evaluate(&document.parameters, &options.parameters, &mut warnings)?;
        let warnings = RefCell::new(warnings);
        Ok(Self { document, options, parameters, warnings, depth: Cell::new(0) })
    }

    pub(super) fn into_warnings(self) -> Vec<String> {
        self.warnings.into_inner()
    }

    /// The `Type` of a resource of the document.
    pub(super) fn kind(&self, id: &str) -> &str {
        self.document
            .resources
            .get(id)
            .and_then(|r| r.get("Type"))
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Whether the resource's `Condition` holds.
    pub(super) fn exists(&self, id: &str) -> Result<bool, TemplateError> {
        match self.document.resources.get(id).and_then(|r| r.get("Condition")).and_then(Value::as_str) {
            None => Ok(true),
            Some(name) => {
                self.condition(name).map_err(|e| TemplateError::problem(format!("{id}.Condition"), e))
            }
        }
    }

    /// The value without intrinsic functions; `None` for `AWS::NoValue`.
    pub(super) fn resolve(&self, value: &Value) -> Result<Option<Value>, Unresolved> {
        if self.depth.get() >= MAX_DEPTH {
            return Err("the value refers to itself".to_owned());
        }
        self.depth.set(self.depth.get() + 1);
        let result = self.resolve_any(value);
        self.depth.set(self.depth.get() - 1);
        result
    }

    fn resolve_any(&self, value: &Value) -> Result<Option<Value>, Unresolved> {
        match value {
            Value::Array(items) => {
                let mut resolved = Vec::with_capacity(items.len());
                for item in items {
                    resolved.extend(self.resolve(item)?);
                }
                Ok(Some(Value::Array(resolved)))
            }
            Value::Object(map) => {
                if let Some((function, argument)) = intrinsic(map) {
                    return self.call(function, argument);
                }
                let mut resolved = Map::new();
                for (key, value) in map {
                    if let Some(value) = self.resolve(value)? {
                        resolved.insert(key.clone(), value);
                    }
                }
                Ok(Some(Value::Object(resolved)))
            }
            plain => Ok(Some(plain.clone())),
        }
    }

    fn call(&self, function: &str, argument: &Value) -> Result<Option<Value>, Unresolved> {
        let text = |text: String| Ok(Some(Value::String(text)));
        match function {
            "Ref" => self.reference(argument.as_str().ok_or("`Ref` takes a name")?),
            "Fn::GetAtt" => text(self.get_att(argument)?),
            "Fn::Sub" => text(self.sub(argument)?),
            "Fn::If" => {
                let [condition, yes, no] = arguments::<3>(function, argument)?;
                let condition = condition.as_str().ok_or("`Fn::If` takes a condition's name first")?;
                self.resolve(if self.condition(condition)? { yes } else { no })
            }
            "Fn::Join" => {
                let [separator, list] = arguments::<2>(function, argument)?;
                let items: Vec<String> = self.list(list)?.iter().filter_map(text_of).collect();
                text(items.join(&self.text(separator)?))
            }
            "Fn::Split" => {
                let [separator, source] = arguments::<2>(function, argument)?;
                let (separator, source) = (self.text(separator)?, self.text(source)?);
                Ok(Some(source.split(separator.as_str()).map(str::to_owned).collect()))
            }
            "Fn::Select" => {
                let [index, list] = arguments::<2>(function, argument)?;
                let index: usize =
                    self.text(index)?.parse().map_err(|_| "`Fn::Select` takes a number first")?;
                let list = self.list(list)?;
                let item = list.get(index).cloned();
                item.map(Some).ok_or(format!("`Fn::Select` wants item {index} of {}", list.len()))
            }
            "Fn::FindInMap" => {
                let [map, first, second] = arguments::<3>(function, argument)?;
                let (map, first, second) = (self.text(map)?, self.text(first)?, self.text(second)?);
                let found =
                    self.document.mappings.get(&map).and_then(|m| m.get(&first)?.get(&second)).cloned();
                found.map(Some).ok_or(format!("the mapping {map} has no {first}.{second}"))
            }
            "Fn::ImportValue" => {
                let name = self.text(argument)?;
                self.warn(format!(
                    "the export {name} belongs to another stack; its name stands for its value"
                ));
                text(name)
            }
            "Fn::Base64" => {
                use base64::Engine as _;
                text(base64::prelude::BASE64_STANDARD.encode(self.text(argument)?))
            }
            "Fn::GetAZs" => {
                let zones = ["a", "b", "c"].map(|zone| format!("{}{zone}", self.options.region));
                Ok(Some(zones.into_iter().collect()))
            }
            other => Err(format!("`{other}` is not emulated")),
        }
    }

    /// Whether a condition of the template holds.
    pub(super) fn condition(&self, name: &str) -> Result<bool, Unresolved> {
        let condition =
            self.document.conditions.get(name).ok_or_else(|| format!("there is no condition {name}"))?;
        if self.depth.get() >= MAX_DEPTH {
            return Err(format!("the condition {name} refers to itself"));
        }
        self.depth.set(self.depth.get() + 1);
        let holds = self.holds(condition);
        self.depth.set(self.depth.get() - 1);
        holds
    }

    fn holds(&self, condition: &Value) -> Result<bool, Unresolved> {
        let Some((function, argument)) = condition.as_object().and_then(intrinsic) else {
            return Err("a condition is one of Fn::Equals, Fn::And, Fn::Or, Fn::Not, Condition".to_owned());
        };
        let all = || argument.as_array().ok_or_else(|| format!("`{function}` takes a list"));
        match function {
            "Fn::Equals" => {
                let [left, right] = arguments::<2>(function, argument)?;
                let text =
                    |value: &Value| Ok::<_, Unresolved>(self.resolve(value)?.as_ref().and_then(text_of));
                Ok(text(left)? == text(right)?)
            }
            "Fn::And" => all()?.iter().try_fold(true, |so_far, part| Ok(so_far && self.holds(part)?)),
            "Fn::Or" => all()?.iter().try_fold(false, |so_far, part| Ok(so_far || self.holds(part)?)),
            "Fn::Not" => {
                let [part] = arguments::<1>(function, argument)?;
                Ok(!self.holds(part)?)
            }
            "Condition" => self.condition(argument.as_str().ok_or("`Condition` takes a name")?),
            other => Err(format!("`{other}` is no condition")),
        }
    }

    /// `Ref`: a parameter, a pseudo-parameter or a resource.
    fn reference(&self, name: &str) -> Result<Option<Value>, Unresolved> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(value.clone()));
        }
        match self.pseudo_parameter(name) {
            Some(value) => Ok(Some(Value::String(value))),
            None => self.resource_reference(name).map(|value| Some(Value::String(value))),
        }
    }

    fn pseudo_parameter(&self, name: &str) -> Option<String> {
        let Options { stack_name, region, account_id, .. } = self.options;
        Some(match name {
            "AWS::Region" => region.clone(),
            "AWS::AccountId" => account_id.clone(),
            "AWS::StackName" => stack_name.clone(),
            "AWS::StackId" => {
                format!("arn:aws:cloudformation:{region}:{account_id}:stack/{stack_name}/local")
            }
            "AWS::Partition" => "aws".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            _ => return None,
        })
    }

    fn get_att(&self, argument: &Value) -> Result<String, Unresolved> {
        match argument {
            Value::String(text) => {
                let (id, attribute) =
                    text.split_once('.').ok_or("`Fn::GetAtt` takes `Resource.Attribute`")?;
                self.attribute(id, attribute)
            }
            list => {
                let [id, attribute] = arguments::<2>("Fn::GetAtt", list)?;
                self.attribute(&self.text(id)?, &self.text(attribute)?)
            }
        }
    }

    /// `Fn::Sub`: `${Name}`, `${Resource.Attribute}`, `${!Literal}`, with or without own variables.
    fn sub(&self, argument: &Value) -> Result<String, Unresolved> {
        let nothing = Map::new();
        let (pattern, variables) = match argument {
            Value::String(pattern) => (pattern.as_str(), &nothing),
            list => {
                let [pattern, variables] = arguments::<2>("Fn::Sub", list)?;
                let pattern = pattern.as_str().ok_or("`Fn::Sub` takes a text first")?;
                (pattern, variables.as_object().ok_or("`Fn::Sub` takes a mapping second")?)
            }
        };
        let mut result = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or("a `${` is not closed")?;
            result.push_str(before);
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                result.push_str(&format!("${{{literal}}}"));
            } else if let Some(value) = variables.get(name) {
                result.push_str(&self.text(value)?);
            } else if let Some((id, attribute)) = name.split_once('.') {
                result.push_str(&self.attribute(id, attribute)?);
            } else {
                let value = self.reference(name)?;
                let value = value.as_ref().and_then(text_of);
                result.push_str(&value.ok_or_else(|| format!("`${{{name}}}` is not a text"))?);
            }
        }
        result.push_str(rest);
        Ok(result)
    }

    fn text(&self, value: &Value) -> Result<String, Unresolved> {
        let resolved = self.resolve(value)?;
        resolved.as_ref().and_then(text_of).ok_or_else(|| format!("a text is wanted, not {value}"))
    }

    fn list(&self, value: &Value) -> Result<Vec<Value>, Unresolved> {
        match self.resolve(value)? {
            Some(Value::Array(items)) => Ok(items),
            _ => Err(format!("a list is wanted, not {value}")),
        }
    }

    pub(super) fn warn(&self, warning: String) {
        let mut warnings = self.warnings.borrow_mut();
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
}

/// A scalar as CloudFormation prints it.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The function and its argument, if the mapping is an intrinsic function.
fn intrinsic(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = map.iter().next().filter(|_| map.len() == 1)?;
    (name == "Ref" || name == "Condition" || name.starts_with("Fn::")).then_some((name, argument))
}

fn arguments<'v, const N: usize>(function: &str, argument: &'v Value) -> Result<&'v [Value; N], Unresolved> {
    let items: Option<&[Value; N]> = match argument {
        Value::Array(items) => items.as_slice().try_into().ok(),
        single => std::slice::from_ref(single).try_into().ok(),
    };
    items.ok_or_else(|| format!("`{function}` takes {N} arguments"))
}
