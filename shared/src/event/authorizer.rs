//! The `REQUEST` authorizer of `$connect`.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html>

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Admission;

/// Somebody wants in.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizerEvent {
    /// What to allow or deny.
    pub method_arn: String,
    /// Every value of every parameter; API Gateway sends `{}` where there are none.
    #[serde(default)]
    pub multi_value_query_string_parameters: HashMap<String, Vec<String>>,
}

/// Allowed or denied, and what the other functions learn about it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizerAnswer {
    principal_id: String,
    policy_document: PolicyDocument,
    context: Admission,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyDocument {
    version: &'static str,
    statement: [Statement; 1],
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    action: &'static str,
    effect: &'static str,
    resource: String,
}

impl AuthorizerAnswer {
    /// Lets the connection go on to `$connect`, with a context that rides on its every later event.
    pub fn allow(method_arn: &str, principal: &str, context: Admission) -> Self {
        let statement =
            Statement { action: "execute-api:Invoke", effect: "Allow", resource: method_arn.to_owned() };
        Self {
            principal_id: principal.to_owned(),
            policy_document: PolicyDocument { version: "2012-10-17", statement: [statement] },
            context,
        }
    }
}
