//! Errors as the HTTP API says them: `{"error":{"code":"…","message":"…"}}`.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::domain::Invalid;
use shared::logging::chain;
use shared::storage::StoreError;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

/// Safe to show: nothing internal and nothing that the caller sent.
#[derive(Debug)]
pub(crate) struct Problem {
    code: Code,
    message: String,
}

/// What to match on; new ones may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Code {
    /// 400: a parameter is missing or wrong; the message names it.
    InvalidParameter,
    /// 401: a token is needed, and there is none or it is not valid.
    Unauthorized,
    /// 403: the token does not allow this, or its bearer is banned from the room.
    Forbidden,
    /// 404: there is no such path.
    NotFound,
    /// 500: our fault.
    Internal,
    /// 503: the database does not answer; try again.
    Unavailable,
}

/// Why a request was refused.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    error: ErrorDetail,
}

/// Nothing internal, and nothing of what the caller sent.
#[derive(Serialize, ToSchema)]
struct ErrorDetail {
    code: Code,
    /// A sentence for a person.
    #[schema(example = "limit must be a whole number from 1")]
    message: String,
}

impl Code {
    const ALL: [Self; 6] = [
        Self::InvalidParameter,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::Internal,
        Self::Unavailable,
    ];

    fn status(self) -> StatusCode {
        match self {
            Self::InvalidParameter => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl Problem {
    pub(crate) fn invalid(field: &str, problem: &str) -> Self {
        Self { code: Code::InvalidParameter, message: format!("{field} {problem}") }
    }

    pub(crate) fn unauthorized() -> Self {
        Self { code: Code::Unauthorized, message: "a valid token is needed".to_owned() }
    }

    pub(crate) fn forbidden() -> Self {
        Self { code: Code::Forbidden, message: "the token does not allow this".to_owned() }
    }

    pub(crate) fn banned() -> Self {
        Self { code: Code::Forbidden, message: "you are banned from this room".to_owned() }
    }

    pub(crate) fn not_found(message: &str) -> Self {
        Self { code: Code::NotFound, message: message.to_owned() }
    }

    pub(crate) fn random(error: getrandom::Error) -> Self {
        tracing::error!(error = chain(&error), "a request failed");
        Self::internal()
    }

    pub(crate) fn internal() -> Self {
        Self { code: Code::Internal, message: "something went wrong on our side".to_owned() }
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
        Self { code: Code::Unavailable, message: "the database does not answer".to_owned() }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { code, message } = self;
        let body = Json(ErrorBody { error: ErrorDetail { code, message } });
        let mut response = (code.status(), body).into_response();
        if code == Code::Unauthorized {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl IntoResponses for Problem {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let body = Ref::from_schema_name("ErrorBody");
        let response = |code: Code| {
            let content = ContentBuilder::new().schema(Some(body.clone())).build();
            let description = code.status().canonical_reason().unwrap_or_default();
            let response =
                ResponseBuilder::new().description(description).content("application/json", content);
            (code.status().as_str().to_owned(), response.build().into())
        };
        Code::ALL.into_iter().map(response).collect()
    }
}
