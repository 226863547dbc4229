//! Who sent a request. A handler that answers about a room or a user takes a [`Caller`] among its
//! arguments; without a valid token, where one is required, it is then not reached.

use axum::extract::{FromRequestParts, Query};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use shared::domain::{AllowedRooms, Ban, Identity, Role, RoomId, UserId};
use shared::identity::{TokenError, Untrusted, presented};
use shared::logging::chain;
use shared::storage::Store;

use crate::Api;
use crate::now::Now;
use crate::problem::Problem;

/// From the query parameter `token` or `Authorization: Bearer`, as on a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Nobody needs a token here, and nobody is known.
    Anyone,
    /// Proved with a token.
    Known(Identity),
}

impl Caller {
    /// Whether the caller owns all rooms: somebody who is known, with a token that names none.
    pub(crate) fn owns_everything(&self) -> bool {
        match self {
            Self::Anyone => false,
            Self::Known(identity) => identity.role == Role::Owner && identity.rooms == AllowedRooms::All,
        }
    }

    /// Whether the caller may see who is there: a moderator, or anybody where nobody is known.
    pub(crate) fn moderates_somewhere(&self) -> bool {
        match self {
            Self::Anyone => true,
            Self::Known(identity) => identity.role.moderates(),
        }
    }

    /// Whether the token allows the room.
    pub(crate) fn sees(&self, room: &RoomId) -> bool {
        match self {
            Self::Anyone => true,
            Self::Known(identity) => identity.may_enter(room),
        }
    }

    /// Whether there is no room that the token does not allow.
    pub(crate) fn sees_every_room(&self) -> bool {
        match self {
            Self::Anyone => true,
            Self::Known(identity) => identity.rooms == AllowedRooms::All,
        }
    }

    /// 403 if the token does not allow the room, or if the caller is banned from it.
    pub(crate) async fn enter(&self, store: &Store, room: &RoomId) -> Result<(), Problem> {
        if !self.sees(room) {
            return Err(Problem::forbidden());
        }
        // Read for every request and never remembered: a ban holds from the moment it is written.
        match self.heeds_bans() {
            Some(user) if store.ban_get(room, user).await?.is_some() => Err(Problem::banned()),
            _ => Ok(()),
        }
    }

    /// Whom bans keep out. Nobody is known without a token, and nobody takes a room from its owner.
    pub(crate) fn heeds_bans(&self) -> Option<&UserId> {
        match self {
            Self::Known(identity) if Ban::keeps_out(identity.role) => Some(&identity.user_id),
            _ => None,
        }
    }

    /// Whether the caller keeps order in the room. Nobody does who proved nothing.
    pub(crate) fn moderates(&self, room: &RoomId) -> bool {
        matches!(self, Self::Known(identity) if identity.moderates(room))
    }

    /// The moderator of the room; 403 for everybody else, and for one who is banned from it.
    pub(crate) async fn moderator(&self, store: &Store, room: &RoomId) -> Result<&Identity, Problem> {
        match self {
            Self::Known(identity) if identity.moderates(room) => {
                self.enter(store, room).await?;
                Ok(identity)
            }
            _ => Err(Problem::forbidden()),
        }
    }

    /// 403 if the token is somebody else's, and not a moderator's.
    pub(crate) fn ask_about(&self, user: &UserId) -> Result<(), Problem> {
        match self {
            Self::Known(identity) if identity.user_id != *user && identity.role == Role::Viewer => {
                Err(Problem::forbidden())
            }
            _ => Ok(()),
        }
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        if !api.tokens.required() {
            return Ok(Self::Anyone);
        }
        let Now(now) = Now::from_request_parts(parts, api).await?;
        let identity = match token(parts) {
            Ok(token) => api.tokens.identity(token.as_deref(), now).await,
            Err(untrusted) => Err(untrusted.into()),
        };
        match identity {
            Ok(identity) => Ok(identity.map_or(Self::Anyone, Self::Known)),
            Err(TokenError::Untrusted(reason)) => {
                tracing::info!(%reason, "unauthorized");
                Err(Problem::unauthorized())
            }
            Err(TokenError::Keys(error)) => {
                tracing::error!(error = chain(&error), "no token can be verified");
                Err(Problem::internal())
            }
        }
    }
}

fn token(parts: &Parts) -> Result<Option<String>, Untrusted> {
    let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
    let Query(query) = query.map_err(|_| Untrusted::Malformed)?;
    let parameters = query.iter().filter(|(name, _)| name == "token").map(|(_, token)| token.as_str());
    let headers = parts.headers.get_all(AUTHORIZATION).iter();
    // One that is not text is no token either.
    let headers = headers.map(|header| header.to_str().unwrap_or_default());
    presented(parameters, headers).map(|token| token.map(str::to_owned))
}
