//! The route selection expression: from a message's body to a route key.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html>

use serde_json::Value;
use serde_json_path::JsonPath;

use super::relaxed_json;

const BODY: &str = "request.body";

/// A parsed expression.
#[derive(Debug)]
pub(crate) enum RouteSelection {
    /// `$request.body.action`.
    Variable(Path),
    /// `${request.body.service}/${request.body.action}`.
    Composite(Vec<Part>),
    /// Every message goes to one key.
    Static(String),
}

#[derive(Debug)]
pub(crate) enum Part {
    Text(String),
    Variable(Path),
}

/// Where in the body a value is.
#[derive(Debug)]
pub(crate) enum Path {
    /// `.a.b`: the usual case.
    Names(Vec<String>),
    /// Everything else behind `request.body`.
    Json(Box<JsonPath>),
}

/// An expression that the emulator cannot evaluate.
#[derive(Debug, thiserror::Error)]
pub enum BadExpression {
    /// Only the body can be read.
    #[error("`{0}` is not `request.body` with a path; for WebSocket APIs nothing else can be selected by")]
    NotTheBody(String),
    /// The path is not JSONPath.
    #[error("`{path}` is no JSONPath")]
    Path {
        /// As written.
        path: String,
        /// Why.
        source: serde_json_path::ParseError,
    },
    /// A `${` without `}`.
    #[error("a `${{` is not closed")]
    Open,
}

impl RouteSelection {
    pub(crate) fn parse(expression: &str) -> Result<Self, BadExpression> {
        if !expression.contains("${") {
            return match expression.strip_prefix('$') {
                Some(variable) => Path::parse(variable).map(Self::Variable),
                None => Ok(Self::Static(unescaped(expression))),
            };
        }
        let mut parts = Vec::new();
        let mut rest = expression;
        while let Some((text, after)) = rest.split_once("${") {
            let (variable, after) = after.split_once('}').ok_or(BadExpression::Open)?;
            if !text.is_empty() {
                parts.push(Part::Text(unescaped(text)));
            }
            parts.push(Part::Variable(Path::parse(variable)?));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(unescaped(rest)));
        }
        // `${request.body.action}` alone means the same as without braces.
        if matches!(parts.as_slice(), [Part::Variable(_)])
            && let Some(Part::Variable(path)) = parts.pop()
        {
            return Ok(Self::Variable(path));
        }
        Ok(Self::Composite(parts))
    }

    /// The route key that the body selects; `None` if it selects none. A body that is JSON only for a
    /// relaxed parser selects if `lenient`.
    pub(crate) fn evaluate(&self, body: &str, lenient: bool) -> Option<String> {
        if let Self::Static(key) = self {
            return Some(key.clone());
        }
        if let Ok(body) = serde_json::from_str(body) {
            return self.of_value(&body);
        }
        let relaxed = self.of_value(&relaxed_json::read(body)?);
        if !lenient && relaxed.is_some() {
            tracing::warn!(
                "a message is JSON only for a relaxed parser, as AWS may have one: it goes to $default here; \
                 see --lenient-json"
            );
        }
        relaxed.filter(|_| lenient)
    }

    fn of_value(&self, body: &Value) -> Option<String> {
        match self {
            Self::Static(key) => Some(key.clone()),
            Self::Variable(path) => path.text(body),
            Self::Composite(parts) => {
                let texts = parts.iter().map(|part| match part {
                    Part::Text(text) => text.clone(),
                    // What does not resolve is the empty string inside a composite.
                    Part::Variable(path) => path.text(body).unwrap_or_default(),
                });
                Some(texts.collect())
            }
        }
    }
}

impl Path {
    fn parse(variable: &str) -> Result<Self, BadExpression> {
        let path = variable.trim().strip_prefix(BODY);
        let path = path.ok_or_else(|| BadExpression::NotTheBody(variable.to_owned()))?;
        let names = path.strip_prefix('.').map(|names| names.split('.'));
        let is_plain = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
        };
        if let Some(names) = names.filter(|names| names.clone().all(is_plain)) {
            return Ok(Self::Names(names.map(str::to_owned).collect()));
        }
        let json_path = JsonPath::parse(&format!("${path}"))
            .map_err(|source| BadExpression::Path { path: path.to_owned(), source })?;
        Ok(Self::Json(Box::new(json_path)))
    }

    fn text(&self, body: &Value) -> Option<String> {
        match self {
            Self::Names(names) => {
                let found = names.iter().try_fold(body, |value, name| value.as_object()?.get(name));
                found.and_then(stringified)
            }
            Self::Json(path) => match path.query(body).all().as_slice() {
                [] => None,
                [one] => stringified(one),
                many => Some(bracketed(many.iter().copied())),
            },
        }
    }
}

/// As the service prints a value: an array like `[item1, item2]`.
fn stringified(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => Some(bracketed(items.iter())),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => Some(value.to_string()),
    }
}

fn bracketed<'v>(items: impl Iterator<Item = &'v Value>) -> String {
    let texts: Vec<String> =
        items.map(|item| stringified(item).unwrap_or_else(|| "null".to_owned())).collect();
    format!("[{}]", texts.join(", "))
}

fn unescaped(text: &str) -> String {
    text.replace("\\$", "$")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn select(expression: &str, body: &str) -> Option<String> {
        RouteSelection::parse(expression).unwrap().evaluate(body, false)
    }

    #[test]
    fn every_form_of_expression_selects() {
        for (expression, body, key) in [
            ("$request.body.action", r#"{"action":"join"}"#, Some("join")),
            ("${request.body.action}", r#"{"action":"join"}"#, Some("join")),
            ("$request.body.a.b-c", r#"{"a":{"b-c":"x"}}"#, Some("x")),
            ("$request.body.a[0]", r#"{"a":["x","y"]}"#, Some("x")),
            ("$request.body['x y']", r#"{"x y":"z"}"#, Some("z")),
            ("$request.body.a", r#"{"a":["x",1]}"#, Some("[x, 1]")),
            ("$request.body.action", r#"{"action":1}"#, Some("1")),
            ("$request.body.action", r#"{"action":true}"#, Some("true")),
            ("$request.body.action", r#"{"action":null}"#, None),
            ("$request.body.action", r#"{"other":"join"}"#, None),
            ("$request.body.action", r#"{"action":"join""#, None),
            ("$request.body.action", r#""ping""#, None),
            ("$request.body.action", "[]", None),
            ("$request.body.action", "", None),
            ("${request.body.s}/${request.body.a}", r#"{"s":"chat","a":"join"}"#, Some("chat/join")),
            ("${request.body.a}-${request.body.s}", r#"{"a":"join"}"#, Some("join-")),
            ("${request.body.a}!", "not JSON", None),
            ("\\$default", "anything", Some("$default")),
            ("all", "anything", Some("all")),
        ] {
            assert_eq!(select(expression, body).as_deref(), key, "{expression} of {body}");
        }
    }

    #[test]
    fn a_relaxed_parser_selects_where_it_is_wanted() {
        let selection = RouteSelection::parse("$request.body.action").unwrap();
        let body = r#"{"action":"sendMessage", body:"hello"}"#;
        assert_eq!(selection.evaluate(body, true).as_deref(), Some("sendMessage"));
        assert_eq!(selection.evaluate(body, false), None);
    }

    #[test]
    fn an_expression_that_reads_anything_but_the_body_is_refused() {
        for expression in ["$request.header.x", "$context.routeKey", "${request.body.a", "$request.body[["] {
            assert!(RouteSelection::parse(expression).is_err(), "{expression}");
        }
    }

    proptest! {
        #[test]
        fn no_body_panics(body in "\\PC{0,60}") {
            for expression in ["$request.body.a", "$request.body.a[0]", "${request.body.a}/${request.body.b}"] {
                let _ = select(expression, &body);
            }
        }

        #[test]
        fn a_text_action_selects_itself(action in "[a-zA-Z0-9_-]{1,20}") {
            let body = serde_json::json!({ "action": action }).to_string();
            prop_assert_eq!(select("$request.body.action", &body), Some(action));
        }
    }
}
