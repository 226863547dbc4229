//! `Parameters`: defaults, overrides, and the checks that CloudFormation makes at deployment.

use indexmap::IndexMap;
use regex::Regex;
use serde_json::{Map, Value};

use super::TemplateError;
use super::resolver::text_of;

/// The value of every parameter: a string, or an array for the list types.
pub(super) fn evaluate(
    declared: &Map<String, Value>,
    given: &IndexMap<String, String>,
    warnings: &mut Vec<String>,
) -> Result<IndexMap<String, Value>, TemplateError> {
    if let Some(unknown) = given.keys().find(|name| !declared.contains_key(*name)) {
        let known: Vec<_> = declared.keys().map(String::as_str).collect();
        return Err(TemplateError::problem(
            unknown,
            format!("the template has no such parameter; it has: {}", known.join(", ")),
        ));
    }
    let mut values = IndexMap::new();
    for (name, declaration) in declared {
        let text = match (given.get(name), declaration.get("Default").and_then(text_of)) {
            (Some(text), _) => text.clone(),
            (None, Some(text)) => text,
            (None, None) => {
                return Err(TemplateError::problem(name, "the parameter has no default; give it a value"));
            }
        };
        let kind = declaration.get("Type").and_then(Value::as_str).unwrap_or("String");
        if kind.starts_with("AWS::SSM::Parameter") && !given.contains_key(name) {
            warnings
                .push(format!("{name}: Parameter Store is not emulated, the default is used as the value"));
        }
        let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
        let items: Vec<&str> = if is_list { text.split(',').map(str::trim).collect() } else { vec![&text] };
        for item in &items {
            check(declaration, kind, item, warnings).map_err(|message| {
                TemplateError::problem(name, format!("`{item}` is not a value of this parameter: {message}"))
            })?;
        }
        let value = if is_list { items.into() } else { Value::String(text) };
        values.insert(name.clone(), value);
    }
    Ok(values)
}

fn check(declaration: &Value, kind: &str, text: &str, warnings: &mut Vec<String>) -> Result<(), String> {
    if let Some(allowed) = declaration.get("AllowedValues").and_then(Value::as_array) {
        let allowed: Vec<String> = allowed.iter().filter_map(text_of).collect();
        if !allowed.iter().any(|value| value == text) {
            return Err(format!("allowed are {}", allowed.join(", ")));
        }
    }
    if matches!(kind, "Number" | "List<Number>") {
        let number: f64 = text.parse().map_err(|_| "it must be a number".to_owned())?;
        if let Some(minimum) = bound(declaration, "MinValue").filter(|minimum| number < *minimum) {
            return Err(format!("the least is {minimum}"));
        }
        if let Some(maximum) = bound(declaration, "MaxValue").filter(|maximum| number > *maximum) {
            return Err(format!("the most is {maximum}"));
        }
    }
    let length = text.chars().count() as f64;
    if let Some(minimum) = bound(declaration, "MinLength").filter(|minimum| length < *minimum) {
        return Err(format!("it must have {minimum} characters or more"));
    }
    if let Some(maximum) = bound(declaration, "MaxLength").filter(|maximum| length > *maximum) {
        return Err(format!("it must have {maximum} characters or fewer"));
    }
    if let Some(pattern) = declaration.get("AllowedPattern").and_then(Value::as_str) {
        // CloudFormation speaks Java's dialect and matches the whole value.
        match Regex::new(&format!("^(?:{pattern})$")) {
            Ok(regex) if !regex.is_match(text) => return Err(format!("it must match {pattern}")),
            Ok(_) => {}
            Err(_) => warnings.push(format!("the pattern {pattern} cannot be checked here")),
        }
    }
    Ok(())
}

fn bound(declaration: &Value, name: &str) -> Option<f64> {
    declaration.get(name).and_then(text_of)?.parse().ok()
}
