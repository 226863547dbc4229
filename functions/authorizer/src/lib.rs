//! The `REQUEST` authorizer of `$connect`: who are you, and which room do you enter? What it answers
//! rides on every later event of the connection, so that no other function looks it up and nothing
//! that a client sends later can change it.
//!
//! An authorizer can allow or deny (403), not answer 400. On bad parameters it therefore allows,
//! with the reason in its context, and `connect` answers.

use shared::App;
use shared::domain::{Invalid, Role, RoomId, UserId, Username};
use shared::event::{Admission, AuthorizerAnswer, AuthorizerEvent};
use shared::reply::Failure;

/// Admits everybody under the name they claim: without tokens a `userId` is no more than that.
pub async fn handle(_app: &App, event: AuthorizerEvent) -> Result<AuthorizerAnswer, Failure> {
    let random = getrandom::u32().map_err(Failure::Random)?;
    let context = admit(&event, random)
        .unwrap_or_else(|invalid| Admission { refuse: Some(invalid.to_string()), ..Admission::default() });
    let principal = context.user_id.clone().unwrap_or_else(|| "refused".to_owned());

    Ok(AuthorizerAnswer::allow(&event.method_arn, &principal, context))
}

fn admit(event: &AuthorizerEvent, random: u32) -> Result<Admission, Invalid> {
    let room = RoomId::parse(parameter(event, "room")?.unwrap_or(RoomId::DEFAULT))?;
    let user = parameter(event, "userId")?.map_or_else(|| Ok(UserId::anonymous(random)), UserId::parse)?;
    let username = Username::parse(parameter(event, "username")?.unwrap_or(Username::DEFAULT))?;
    let feed = match parameter(event, "feed")? {
        None | Some("chat") => "chat",
        Some("analytics") => return Err(invalid("feed", "analytics is not supported yet")),
        Some(_) => return Err(invalid("feed", "must be chat")),
    };
    Ok(Admission {
        user_id: Some(user.to_string()),
        username: Some(username.to_string()),
        role: Some(Role::Viewer.to_string()),
        room: Some(room.to_string()),
        feed: Some(feed.to_owned()),
        refuse: None,
    })
}

/// A parameter that is given twice could mean either, so it means neither.
fn parameter<'a>(event: &'a AuthorizerEvent, name: &'static str) -> Result<Option<&'a str>, Invalid> {
    match event.multi_value_query_string_parameters.get(name).map(Vec::as_slice) {
        None | Some([]) => Ok(None),
        Some([value]) => Ok(Some(value)),
        Some(_) => Err(invalid(name, "must be given once")),
    }
}

fn invalid(field: &'static str, problem: &str) -> Invalid {
    Invalid { field, problem: problem.to_owned() }
}
