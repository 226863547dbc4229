//! What an authorizer answers, and whether its policy lets a connection in.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>

use serde::Deserialize;
use serde_json::{Map, Value};

/// An authorizer's answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Decision {
    pub(super) principal_id: String,
    policy_document: Policy,
    #[serde(default)]
    pub(super) context: Option<Map<String, Value>>,
    #[serde(default)]
    pub(super) usage_identifier_key: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    statement: OneOrMany<Statement>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: Effect,
    action: OneOrMany<String>,
    resource: OneOrMany<String>,
    #[serde(default)]
    condition: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl Decision {
    /// Whether `Invoke` of the ARN is allowed: some statement allows it and none denies it.
    pub(super) fn allows(&self, method_arn: &str) -> bool {
        let matching = self.policy_document.statement.as_slice().iter().filter(|s| s.concerns(method_arn));
        let mut allowed = false;
        for statement in matching {
            if statement.condition.is_some() {
                tracing::warn!("a condition in an authorizer's policy is not evaluated");
            }
            if statement.effect == Effect::Deny {
                return false;
            }
            allowed = true;
        }
        allowed
    }
}

impl Statement {
    fn concerns(&self, method_arn: &str) -> bool {
        self.action.as_slice().iter().any(|action| matches(&action.to_lowercase(), "execute-api:invoke"))
            && self.resource.as_slice().iter().any(|resource| matches(resource, method_arn))
    }
}

/// Whether a pattern with `*` (anything) and `?` (one character) matches all of the text. Takes at
/// most pattern × text steps, whatever the pattern.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the last `*` was, and how much of the text it has eaten.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, eaten)) => {
                    star = Some((at, eaten + 1));
                    p = at + 1;
                    t = eaten + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:execute-api:eu-central-1:000000000000:w5l0c4lap1/dev/$connect";

    fn allows(statements: Value) -> bool {
        let decision = json!({ "principalId": "u", "policyDocument": { "Statement": statements } });
        serde_json::from_value::<Decision>(decision).unwrap().allows(ARN)
    }

    fn statement(effect: &str, action: &str, resource: &str) -> Value {
        json!({ "Effect": effect, "Action": action, "Resource": resource })
    }

    #[test]
    fn a_policy_is_evaluated_as_iam_does_it() {
        let allow = statement("Allow", "execute-api:Invoke", ARN);
        assert!(allows(json!([allow])));
        assert!(allows(allow.clone()));
        assert!(allows(json!([statement("Allow", "EXECUTE-API:invoke", "*")])));
        assert!(allows(json!([statement(
            "Allow",
            "execute-api:*",
            "arn:aws:execute-api:*:*:*/dev/?connect"
        )])));
        assert!(allows(json!([{ "Effect": "Allow", "Action": ["*"], "Resource": ["x", ARN] }])));
        assert!(!allows(json!([])));
        assert!(!allows(json!([statement("Allow", "s3:GetObject", ARN)])));
        assert!(!allows(json!([statement("Allow", "execute-api:Invoke", "arn:*/dev/$disconnect")])));
        // powertools-lambda-python#5800
        let rest = "arn:aws:execute-api:eu-central-1:000000000000:w5l0c4lap1/dev/*/*";
        assert!(!allows(json!([statement("Allow", "execute-api:Invoke", rest)])));
        assert!(!allows(json!([allow, statement("Deny", "execute-api:Invoke", "*")])));
        assert!(!allows(json!([statement("Deny", "*", "*"), allow])));
    }

    proptest! {
        #[test]
        fn a_pattern_matches_as_its_regular_expression(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            let regex = format!("^{}$", pattern.replace('*', ".*").replace('?', "."));
            prop_assert_eq!(matches(&pattern, &text), regex::Regex::new(&regex).unwrap().is_match(&text));
        }
    }
}
