//! `FilterCriteria`: EventBridge patterns over a stream record.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>

use serde_json::{Map, Value};

/// A pattern that cannot be read.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("filter pattern {pattern}: {problem}")]
pub struct FilterError {
    /// The pattern as written.
    pub pattern: String,
    /// What is wrong with it.
    pub problem: String,
}

/// The patterns of one mapping; a record passes if one of them matches, or if there is none.
#[derive(Clone, Debug, Default)]
pub(super) struct Filters(Vec<Fields>);

impl Filters {
    pub(super) fn parse(patterns: &[String]) -> Result<Self, FilterError> {
        let parse = |text: &String| {
            let failed = |problem: String| FilterError { pattern: text.clone(), problem };
            let pattern: Value = serde_json::from_str(text).map_err(|e| failed(e.to_string()))?;
            let Value::Object(fields) = pattern else { return Err(failed("not an object".to_owned())) };
            Fields::parse(&fields).map_err(failed)
        };
        patterns.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn pass(&self, record: &Value) -> bool {
        self.0.is_empty() || self.0.iter().any(|pattern| pattern.matches(Some(record)))
    }
}

/// Fields that all have to match, and `$or`: a list of such sets of which one has to.
#[derive(Clone, Debug)]
struct Fields {
    fields: Vec<(String, Node)>,
    alternatives: Vec<Fields>,
}

#[derive(Clone, Debug)]
enum Node {
    Fields(Fields),
    /// One of them has to match.
    Leaf(Vec<Matcher>),
}

#[derive(Clone, Debug)]
enum Matcher {
    /// Text, number, boolean or null.
    Equals(Value),
    EqualsIgnoreCase(String),
    Prefix(String),
    Suffix(String),
    AnythingBut(Vec<Matcher>),
    Numeric(Vec<(Comparison, f64)>),
    Exists(bool),
}

#[derive(Clone, Copy, Debug)]
enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

impl Fields {
    fn parse(object: &Map<String, Value>) -> Result<Self, String> {
        let mut parsed = Self { fields: Vec::new(), alternatives: Vec::new() };
        for (name, value) in object {
            match value {
                Value::Array(alternatives) if name == "$or" => {
                    for alternative in alternatives {
                        let fields = alternative.as_object().ok_or("$or wants a list of objects")?;
                        parsed.alternatives.push(Self::parse(fields)?);
                    }
                }
                Value::Object(fields) => {
                    parsed.fields.push((name.clone(), Node::Fields(Self::parse(fields)?)));
                }
                Value::Array(matchers) if !matchers.is_empty() => {
                    let matchers = matchers.iter().map(Matcher::parse).collect::<Result<_, _>>()?;
                    parsed.fields.push((name.clone(), Node::Leaf(matchers)));
                }
                _ => return Err(format!("{name} wants an object, or a list that is not empty")),
            }
        }
        if parsed.fields.is_empty() && parsed.alternatives.is_empty() {
            return Err("an object in a pattern must not be empty".to_owned());
        }
        Ok(parsed)
    }

    fn matches(&self, value: Option<&Value>) -> bool {
        let field = |name: &str| value.and_then(|value| value.get(name));
        let all = self.fields.iter().all(|(name, node)| match node {
            Node::Fields(fields) => fields.matches(field(name)),
            Node::Leaf(matchers) => matchers.iter().any(|matcher| matcher.matches(field(name))),
        });
        all && (self.alternatives.is_empty() || self.alternatives.iter().any(|other| other.matches(value)))
    }
}

impl Matcher {
    fn parse(value: &Value) -> Result<Self, String> {
        let Value::Object(object) = value else {
            return match value {
                Value::Array(_) => Err("a list inside of a list".to_owned()),
                scalar => Ok(Self::Equals(scalar.clone())),
            };
        };
        let mut operators = object.iter();
        let (Some((operator, operand)), None) = (operators.next(), operators.next()) else {
            return Err("a matcher has exactly one operator".to_owned());
        };
        let text = || operand.as_str().map(str::to_owned).ok_or(format!("{operator} wants a text"));
        Ok(match operator.as_str() {
            "prefix" => Self::Prefix(text()?),
            "suffix" => Self::Suffix(text()?),
            "equals-ignore-case" => Self::EqualsIgnoreCase(text()?.to_lowercase()),
            "exists" => Self::Exists(operand.as_bool().ok_or("exists wants true or false")?),
            "numeric" => Self::Numeric(comparisons(operand)?),
            "anything-but" => Self::AnythingBut(match operand {
                Value::Array(all) if !all.is_empty() => {
                    all.iter().map(Self::parse).collect::<Result<_, _>>()?
                }
                Value::Array(_) => return Err("anything-but wants something".to_owned()),
                one => vec![Self::parse(one)?],
            }),
            _ => return Err(format!("there is no operator {operator}")),
        })
    }

    fn matches(&self, value: Option<&Value>) -> bool {
        let Some(value) = value else { return matches!(self, Self::Exists(false)) };
        match (self, value) {
            // A list matches if one of its elements does; only leaves exist, an object does not.
            (Self::Exists(wanted), _) => *wanted != value.is_object(),
            (Self::AnythingBut(none_of), Value::Array(elements)) => {
                elements.iter().any(|element| !none_of.iter().any(|matcher| matcher.matches(Some(element))))
            }
            (_, Value::Array(elements)) => elements.iter().any(|element| self.matches(Some(element))),
            (_, Value::Object(_)) => false,
            (Self::AnythingBut(none_of), _) => !none_of.iter().any(|matcher| matcher.matches(Some(value))),
            // 1 and 1.0 are one number.
            (Self::Equals(Value::Number(wanted)), Value::Number(number)) => {
                wanted.as_f64() == number.as_f64()
            }
            (Self::Equals(wanted), _) => wanted == value,
            (Self::Prefix(prefix), Value::String(text)) => text.starts_with(prefix),
            (Self::Suffix(suffix), Value::String(text)) => text.ends_with(suffix),
            (Self::EqualsIgnoreCase(wanted), Value::String(text)) => text.to_lowercase() == *wanted,
            // DynamoDB's numbers are texts ({"N": "5"}), so none of them ever matches `numeric`.
            (Self::Numeric(comparisons), Value::Number(number)) => number.as_f64().is_some_and(|number| {
                comparisons.iter().all(|(comparison, bound)| comparison.holds(number, *bound))
            }),
            _ => false,
        }
    }
}

impl Comparison {
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Less => number < bound,
            Self::LessOrEqual => number <= bound,
            Self::Equal => number == bound,
            Self::GreaterOrEqual => number >= bound,
            Self::Greater => number > bound,
        }
    }
}

/// `[">", 0, "<=", 5]`
fn comparisons(operand: &Value) -> Result<Vec<(Comparison, f64)>, String> {
    let list = operand.as_array().filter(|list| !list.is_empty() && list.len() % 2 == 0);
    let pairs = list.ok_or("numeric wants pairs of an operator and a number")?.chunks(2);
    pairs
        .map(|pair| {
            let comparison = match pair[0].as_str() {
                Some("<") => Comparison::Less,
                Some("<=") => Comparison::LessOrEqual,
                Some("=") => Comparison::Equal,
                Some(">=") => Comparison::GreaterOrEqual,
                Some(">") => Comparison::Greater,
                _ => return Err(format!("numeric has no operator {}", pair[0])),
            };
            Ok((comparison, pair[1].as_f64().ok_or("numeric compares with numbers")?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::json;

    fn passes(pattern: Value) -> bool {
        let record = json!({
            "eventName": "INSERT",
            "dynamodb": {
                "NewImage": {
                    "kind": { "S": "Stroke" }, "n": { "N": "5" }, "tags": { "SS": ["a", "b"] },
                    "empty": { "S": "" }, "nothing": { "NULL": true }
                },
                "SizeBytes": 61, "none": null
            }
        });
        Filters::parse(&[pattern.to_string()]).unwrap().pass(&record)
    }

    fn kind(matchers: Value) -> Value {
        json!({ "dynamodb": { "NewImage": { "kind": { "S": matchers } } } })
    }

    #[test]
    fn a_list_is_an_or_and_fields_are_an_and() {
        assert!(passes(kind(json!(["Line", "Stroke"]))));
        assert!(!passes(kind(json!(["Line"]))));
        assert!(passes(json!({ "eventName": ["INSERT"], "dynamodb": { "SizeBytes": [61] } })));
        assert!(!passes(json!({ "eventName": ["REMOVE"], "dynamodb": { "SizeBytes": [61] } })));
    }

    #[test]
    fn text_operators() {
        assert!(passes(kind(json!([{ "prefix": "Str" }]))));
        assert!(!passes(kind(json!([{ "prefix": "str" }]))));
        assert!(passes(kind(json!([{ "suffix": "oke" }]))));
        assert!(!passes(kind(json!([{ "suffix": "Str" }]))));
        assert!(passes(kind(json!([{ "equals-ignore-case": "sTROKE" }]))));
        assert!(!passes(kind(json!([{ "equals-ignore-case": "line" }]))));
    }

    #[test]
    fn anything_but_wants_a_value_that_is_another() {
        assert!(passes(kind(json!([{ "anything-but": ["Line"] }]))));
        assert!(passes(kind(json!([{ "anything-but": "Line" }]))));
        assert!(!passes(kind(json!([{ "anything-but": ["Line", "Stroke"] }]))));
        assert!(!passes(kind(json!([{ "anything-but": { "prefix": "St" } }]))));
        assert!(!passes(json!({ "missing": [{ "anything-but": ["x"] }] })));
    }

    #[test]
    fn exists_is_about_leaves() {
        assert!(passes(kind(json!([{ "exists": true }]))));
        assert!(!passes(kind(json!([{ "exists": false }]))));
        assert!(passes(json!({ "dynamodb": { "OldImage": { "kind": { "S": [{ "exists": false }] } } } })));
        assert!(!passes(json!({ "dynamodb": { "NewImage": [{ "exists": true }] } })));
    }

    #[test]
    fn numeric_sees_numbers_and_never_dynamodbs_texts() {
        assert!(passes(json!({ "dynamodb": { "SizeBytes": [{ "numeric": [">", 60, "<=", 61] }] } })));
        assert!(!passes(json!({ "dynamodb": { "SizeBytes": [{ "numeric": ["<", 61] }] } })));
        assert!(!passes(json!({ "dynamodb": { "NewImage": { "n": { "N": [{ "numeric": ["=", 5] }] } } } })));
        assert!(passes(json!({ "dynamodb": { "NewImage": { "n": { "N": ["5"] } } } })));
    }

    #[test]
    fn null_empty_text_and_lists() {
        assert!(passes(json!({ "dynamodb": { "none": [null] } })));
        assert!(!passes(json!({ "dynamodb": { "SizeBytes": [null] } })));
        assert!(passes(json!({ "dynamodb": { "NewImage": { "empty": { "S": [""] } } } })));
        assert!(passes(json!({ "dynamodb": { "NewImage": { "nothing": { "NULL": [true] } } } })));
        assert!(passes(json!({ "dynamodb": { "NewImage": { "tags": { "SS": ["b"] } } } })));
    }

    #[test]
    fn or_joins_different_fields() {
        let or =
            |first: &str| json!({ "$or": [{ "eventName": [first] }, { "dynamodb": { "SizeBytes": [1] } }] });
        assert!(passes(or("INSERT")));
        assert!(!passes(or("REMOVE")));
    }

    #[test]
    fn no_pattern_lets_everything_pass_and_of_many_one_is_enough() {
        assert!(Filters::default().pass(&json!({})));
        let patterns = [r#"{"a":["x"]}"#.to_owned(), r#"{"b":["y"]}"#.to_owned()];
        let filters = Filters::parse(&patterns).unwrap();
        assert!(filters.pass(&json!({ "b": "y" })));
        assert!(!filters.pass(&json!({ "b": "x" })));
    }

    #[test]
    fn a_pattern_that_cannot_work_is_refused() {
        let bad = [
            "{",
            "[]",
            "{}",
            r#"{"a":"x"}"#,
            r#"{"a":[]}"#,
            r#"{"a":[{"wildcard":"x*"}]}"#,
            r#"{"a":[{"prefix":"x","suffix":"y"}]}"#,
            r#"{"a":[{"numeric":[">"]}]}"#,
        ];
        for pattern in bad {
            assert!(Filters::parse(&[pattern.to_owned()]).is_err(), "{pattern}");
        }
    }
}
