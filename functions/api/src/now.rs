//! When the gateway received a request: *now* for the handlers, so that tests and replays decide
//! what time it is.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use lambda_http::request::RequestContext;
use shared::domain::Timestamp;

use crate::problem::Problem;

pub(crate) struct Now(pub(crate) Timestamp);

impl<S: Sync> FromRequestParts<S> for Now {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let millis = match parts.extensions.get() {
            Some(RequestContext::ApiGatewayV2(context)) => context.time_epoch,
            _ => 0,
        };
        // 0 is what an event without the field is read as.
        let now = Timestamp::from_millis(millis).ok().filter(|now| now.as_millis() > 0);
        now.map(Self).ok_or_else(|| {
            tracing::error!("a request came without requestContext.timeEpoch of an HTTP API");
            Problem::internal()
        })
    }
}
