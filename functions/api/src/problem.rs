//! Errors as the HTTP API says them: `{"error":{"code":"…","message":"…"}}`.

use axum::Json;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use shared::domain::Invalid;
use shared::logging::chain;
use shared::storage::StoreError;

/// Safe to show: nothing internal and nothing that the caller sent.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Problem {
    pub(crate) fn invalid(field: &str, problem: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: "invalid_parameter",
            message: format!("{field} {problem}"),
        }
    }

    pub(crate) fn unauthorized() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            code: "unauthorized",
            message: "a valid token is needed".to_owned(),
        }
    }

    pub(crate) fn forbidden() -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            code: "forbidden",
            message: "the token does not allow this".to_owned(),
        }
    }

    pub(crate) fn not_found() -> Self {
        Self { status: StatusCode::NOT_FOUND, code: "not_found", message: "there is no such path".to_owned() }
    }

    pub(crate) fn internal() -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "internal",
            message: "something went wrong on our side".to_owned(),
        }
    }
}

impl From<Invalid> for Problem {
    fn from(Invalid { field, problem }: Invalid) -> Self {
        Self::invalid(field, &problem)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = chain(&error), "a request failed");
        let message = "the database does not answer".to_owned();
        Self { status: StatusCode::SERVICE_UNAVAILABLE, code: "unavailable", message }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::json!({"error": {"code": self.code, "message": self.message}});
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
