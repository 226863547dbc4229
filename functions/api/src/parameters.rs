//! What a request's path and query say, as values of the domain.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use lambda_http::RequestExt;
use serde::de::DeserializeOwned;
use shared::domain::{RoomId, Sequence, UserId};

use crate::problem::Problem;

/// Entries of a page where `limit` is not given.
pub(crate) const DEFAULT_LIMIT: usize = 50;

/// Entries of a page at the most.
pub(crate) const MAX_LIMIT: usize = 200;

/// The room that the path names.
pub(crate) struct RoomPath(pub(crate) RoomId);

impl<S: Sync> FromRequestParts<S> for RoomPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self(RoomId::parse(from_path(parts, "room"))?))
    }
}

/// The user whom the path names.
pub(crate) struct UserPath(pub(crate) UserId);

impl<S: Sync> FromRequestParts<S> for UserPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self(UserId::parse(from_path(parts, "user"))?))
    }
}

/// As the gateway read it from the path, decoded once. Not from the path itself: behind an HTTP API that
/// is decoded already, and what a second time makes of an id with an escape in it is somebody else's.
fn from_path<'a>(parts: &'a Parts, name: &str) -> &'a str {
    parts.path_parameters_ref().and_then(|parameters| parameters.first(name)).unwrap_or_default()
}

/// The query string. A parameter given twice is refused: one of them would be ignored.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::from_request_parts(parts, state).await;
        let Query(query) = query.map_err(|_| Problem::invalid("a parameter", "is given twice"))?;
        Ok(Self(query))
    }
}

/// How many entries a page shall have.
pub(crate) fn limit(text: Option<&str>) -> Result<usize, Problem> {
    let Some(text) = text else { return Ok(DEFAULT_LIMIT) };
    match number(text) {
        None | Some(0) => Err(Problem::invalid("limit", "must be a whole number from 1")),
        Some(limit) => Ok(usize::try_from(limit).unwrap_or(MAX_LIMIT).min(MAX_LIMIT)),
    }
}

/// A message's place in its room.
pub(crate) fn sequence(name: &'static str, text: &str) -> Result<Sequence, Problem> {
    Ok(Sequence::new(name, number(text).unwrap_or(0))?)
}

/// Digits only; what is too large to count is as large as can be.
pub(crate) fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_over_the_maximum_is_clamped_and_any_other_bad_one_refused() {
        let limit = |text| limit(Some(text)).ok();
        assert_eq!(limit("1"), Some(1));
        assert_eq!(limit("201"), Some(200));
        assert_eq!(limit("99999999999999999999999999"), Some(200));
        for bad in ["0", "-1", "", "ten", "1.5", "+5", " 5", "5,6", "٣"] {
            assert_eq!(limit(bad), None, "{bad:?} must be refused");
        }
    }
}
