//! The `REQUEST` authorizer of `$connect`.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html>

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Admission;
use crate::domain::{Invalid, Timestamp};
use crate::reply::Failure;

/// Somebody wants in.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizerEvent {
    /// What to allow or deny.
    pub method_arn: String,
    /// Every value of every parameter; API Gateway sends `{}` where there are none.
    #[serde(default)]
    pub multi_value_query_string_parameters: HashMap<String, Vec<String>>,
    /// Every value of every header, under the names that the client wrote.
    #[serde(default)]
    pub multi_value_headers: HashMap<String, Vec<String>>,
    /// When, above all.
    pub request_context: AuthorizerContext,
}

/// What is known of a connection before anybody has agreed to it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizerContext {
    /// The connection that there will be.
    pub connection_id: String,
    /// Milliseconds: when the gateway received the request.
    pub request_time_epoch: i64,
}

impl AuthorizerEvent {
    /// When the gateway received it.
    pub fn now(&self) -> Result<Timestamp, Failure> {
        Ok(Timestamp::from_millis(self.request_context.request_time_epoch)?)
    }

    /// A parameter's value. One that is given twice could mean either, so it means neither.
    pub fn parameter(&self, name: &'static str) -> Result<Option<&str>, Invalid> {
        match self.parameters(name) {
            [] => Ok(None),
            [value] => Ok(Some(value)),
            _ => Err(Invalid { field: name, problem: "must be given once".to_owned() }),
        }
    }

    /// All values of a parameter.
    pub fn parameters(&self, name: &str) -> &[String] {
        self.multi_value_query_string_parameters.get(name).map_or(&[], Vec::as_slice)
    }

    /// All values of a header, whatever the case of its name.
    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let of_name =
            self.multi_value_headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        of_name.flat_map(|(_, values)| values).map(String::as_str)
    }
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
        Self::new(method_arn, principal, "Allow", context)
    }

    /// Keeps the connection out, with 403.
    pub fn deny(method_arn: &str, principal: &str) -> Self {
        Self::new(method_arn, principal, "Deny", Admission::default())
    }

    fn new(method_arn: &str, principal: &str, effect: &'static str, context: Admission) -> Self {
        let statement = Statement { action: "execute-api:Invoke", effect, resource: method_arn.to_owned() };
        Self {
            principal_id: principal.to_owned(),
            policy_document: PolicyDocument { version: "2012-10-17", statement: [statement] },
            context,
        }
    }
}
