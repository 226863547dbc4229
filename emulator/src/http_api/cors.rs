//! Cross-origin headers by the template's `CorsConfiguration`. With one, the gateway answers
//! preflights itself and replaces what functions say.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};

use crate::template;

#[derive(Debug)]
pub(super) struct Cors(template::Cors);

/// Whether a browser asks what a page may do.
pub(super) fn is_preflight(request: &Request<Bytes>) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ORIGIN)
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

impl Cors {
    pub(super) fn new(configuration: template::Cors) -> Self {
        Self(configuration)
    }

    /// 204, with the headers only if the page may.
    pub(super) fn preflight(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let asked_method = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD);
        let method_allowed = asked_method.and_then(|m| m.to_str().ok()).is_some_and(|method| {
            self.0.allow_methods.iter().any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(method))
        });
        if !method_allowed || !self.allow_origin(request, response.headers_mut()) {
            return response;
        }
        let headers = response.headers_mut();
        list(headers, header::ACCESS_CONTROL_ALLOW_METHODS, &self.0.allow_methods);
        list(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, &self.0.allow_headers);
        if let Some(seconds) = self.0.max_age {
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, seconds.into());
        }
        response
    }

    /// The headers of an answer to a page.
    pub(super) fn apply(&self, request: &Request<Bytes>, response: &mut Response<Bytes>) {
        let headers = response.headers_mut();
        for name in [
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            header::ACCESS_CONTROL_ALLOW_METHODS,
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            header::ACCESS_CONTROL_MAX_AGE,
        ] {
            headers.remove(name);
        }
        if self.allow_origin(request, headers) {
            list(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, &self.0.expose_headers);
        }
    }

    fn allow_origin(&self, request: &Request<Bytes>, headers: &mut HeaderMap) -> bool {
        let Some(origin) = request.headers().get(header::ORIGIN) else { return false };
        if self.0.allow_origins.iter().any(|allowed| allowed == "*") {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        } else if self.0.allow_origins.iter().any(|allowed| matches(allowed, origin)) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        } else {
            return false;
        }
        if self.0.allow_credentials {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        true
    }
}

/// The service takes `https://*` and the like as well.
fn matches(allowed: &str, origin: &HeaderValue) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    match allowed.strip_suffix('*') {
        Some(prefix) => origin.starts_with(prefix),
        None => allowed == origin,
    }
}

fn list(headers: &mut HeaderMap, name: HeaderName, values: &[String]) {
    if let Some(value) = (!values.is_empty()).then(|| HeaderValue::from_str(&values.join(",")).ok()).flatten()
    {
        headers.insert(name, value);
    }
}
