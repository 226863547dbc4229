//! The path that a request is answered under: that of the route which the gateway chose.
//!
//! An HTTP API delivers a request's path decoded, so that an id with an escape in it can look like two
//! segments, or like the beginning of a query string. Which route is meant, and what its variables are, the
//! gateway says elsewhere in the event.

use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use form_urlencoded::Serializer;
use lambda_http::RequestExt as _;
use lambda_http::request::RequestContext;

/// Puts the route's own path, with the names of its variables, in the place of the one that was delivered.
/// A request that was not routed, or not by a path, stays as it is.
pub(crate) async fn follow(mut request: Request) -> Request {
    if let Some(uri) = uri(&request) {
        *request.uri_mut() = uri;
    }
    request
}

fn uri<B>(request: &axum::http::Request<B>) -> Option<Uri> {
    let Some(RequestContext::ApiGatewayV2(context)) = request.extensions().get() else { return None };
    let (_method, path) = context.route_key.as_deref()?.split_once(' ')?;
    // Braces are no part of a URI.
    let path = path.replace(['{', '}'], "-");
    let parameters = request.query_string_parameters_ref().into_iter().flat_map(|all| all.iter());
    let query = Serializer::new(String::new()).extend_pairs(parameters).finish();
    let path_and_query = if query.is_empty() { path } else { format!("{path}?{query}") };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path_and_query).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// What a request is answered under, if it was delivered with this path and query string.
    fn followed(path: &str, query: &str) -> String {
        let mut event: Value =
            serde_json::from_str(include_str!("../../../events/api-user-messages.json")).unwrap();
        event["rawPath"] = path.into();
        event["rawQueryString"] = query.into();
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        uri(&request).unwrap().path_and_query().unwrap().to_string()
    }

    #[test]
    fn the_path_may_be_delivered_decoded_or_not() {
        for path in ["/api/users/a%257Cb/messages", "/api/users/a%7Cb/messages", "/api/users/a|b/messages"] {
            assert_eq!(followed(path, ""), "/api/users/-user-/messages", "{path}");
        }
    }

    #[test]
    fn nothing_in_a_decoded_path_is_mistaken_for_something_else() {
        for id in ["a/b", "a#b", "a?limit=200", "a%b", "..", "a b", "\u{e4}", "a\u{0}b", "//evil.example/"] {
            let path = format!("/api/users/{id}/messages");
            let expected = "/api/users/-user-/messages?limit=5&token=a%26b&limit=6";
            assert_eq!(followed(&path, "limit=5&token=a%26b&limit=6").len(), expected.len(), "{id:?}");
            assert!(followed(&path, "limit=5").ends_with("/messages?limit=5"), "{id:?}");
        }
    }

    #[test]
    fn a_request_without_a_route_stays_as_it_is() {
        let mut event: Value =
            serde_json::from_str(include_str!("../../../events/api-user-messages.json")).unwrap();
        event["requestContext"]["routeKey"] = json!("$default");
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        assert_eq!(uri(&request), None);
    }
}
