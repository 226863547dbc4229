//! The `REQUEST` authorizer of `$connect`: who are you, and which room do you enter? What it answers
//! rides on every later event of the connection, so that no other function looks it up and nothing
//! that a client sends later can change it.
//!
//! An authorizer can allow, deny (403), fail with the word `Unauthorized` (401) or break (500), but
//! not answer 400. On bad parameters it therefore allows, with the reason in its context, and
//! `connect` answers.

use shared::Door;
use shared::domain::{Feed, Identity, Invalid, Role, RoomId, UserId, Username};
use shared::event::{Admission, AuthorizerAnswer, AuthorizerEvent};
use shared::identity::{TokenError, presented};
use shared::reply::Failure;

/// Judges in this order: 401 the token, 403 the page's origin and the room, 400 the parameters.
/// Where tokens are required they say who somebody is, elsewhere everybody is who they claim to be.
pub async fn handle(door: &Door, event: AuthorizerEvent) -> Result<AuthorizerAnswer, Failure> {
    let identity = identify(door, &event).await?;
    if !origin_is_allowed(door, &event) {
        return Ok(deny(&event, identity.as_ref()));
    }
    let random = getrandom::u32().map_err(Failure::Random)?;
    let context = match admit(&event, identity.as_ref(), random) {
        Ok(Verdict::Welcome(admission)) => admission,
        Ok(Verdict::RoomForbidden) => return Ok(deny(&event, identity.as_ref())),
        Err(invalid) => Admission { refuse: Some(invalid.to_string()), ..Admission::default() },
    };
    let principal = context.user_id.clone().unwrap_or_else(|| REFUSED.to_owned());

    Ok(AuthorizerAnswer::allow(&event.method_arn, &principal, context))
}

/// The principal of somebody who has no name here.
const REFUSED: &str = "refused";

enum Verdict {
    Welcome(Admission),
    RoomForbidden,
}

async fn identify(door: &Door, event: &AuthorizerEvent) -> Result<Option<Identity>, Failure> {
    let parameters = event.parameters("token").iter().map(String::as_str);
    let identity = match presented(parameters, event.headers("authorization")) {
        Ok(token) => door.tokens.identity(token, event.now()?).await,
        // Nobody looks at tokens where none is needed.
        Err(_) if !door.tokens.required() => Ok(None),
        Err(untrusted) => Err(untrusted.into()),
    };
    identity.map_err(|error| {
        let connection_id = &event.request_context.connection_id;
        match &error {
            TokenError::Untrusted(reason) => tracing::info!(connection_id, %reason, "unauthorized"),
            TokenError::Keys(error) => {
                tracing::error!(
                    connection_id,
                    error = shared::logging::chain(error),
                    "no token can be verified"
                );
            }
        }
        error.into()
    })
}

/// Every value counts, should there be several.
fn origin_is_allowed(door: &Door, event: &AuthorizerEvent) -> bool {
    let host = event.headers("host").next();
    event.headers("origin").all(|origin| door.config.allowed_origins.admit(Some(origin), host))
}

fn deny(event: &AuthorizerEvent, identity: Option<&Identity>) -> AuthorizerAnswer {
    let principal = identity.map_or(REFUSED, |identity| identity.user_id.as_str());
    AuthorizerAnswer::deny(&event.method_arn, principal)
}

fn admit(event: &AuthorizerEvent, identity: Option<&Identity>, random: u32) -> Result<Verdict, Invalid> {
    let room = RoomId::parse(event.parameter("room")?.unwrap_or(RoomId::DEFAULT))?;
    if identity.is_some_and(|identity| !identity.may_enter(&room)) {
        return Ok(Verdict::RoomForbidden);
    }
    let (user, username, role) = match identity {
        Some(Identity { user_id, username: Some(username), role, .. }) => {
            (user_id.clone(), username.clone(), *role)
        }
        Some(Identity { user_id, username: None, role, .. }) => {
            (user_id.clone(), claimed_username(event)?, *role)
        }
        None => (claimed_user(event, random)?, claimed_username(event)?, Role::Viewer),
    };
    let feed = event.parameter("feed")?.map_or(Ok(Feed::Chat), Feed::parse)?;
    Ok(Verdict::Welcome(Admission {
        user_id: Some(user.to_string()),
        username: Some(username.to_string()),
        role: Some(role.to_string()),
        room: Some(room.to_string()),
        feed: Some(feed.to_string()),
        refuse: None,
    }))
}

fn claimed_user(event: &AuthorizerEvent, random: u32) -> Result<UserId, Invalid> {
    event.parameter("userId")?.map_or_else(|| Ok(UserId::anonymous(random)), UserId::claimed)
}

fn claimed_username(event: &AuthorizerEvent) -> Result<Username, Invalid> {
    Username::parse(event.parameter("username")?.unwrap_or(Username::DEFAULT))
}
