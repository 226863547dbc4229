//! `$connect`, `$disconnect` and messages.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html>

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::domain::{ConnectionId, Feed, Invalid, Role, RoomId, Speaker, Timestamp, UserId, Username};
use crate::logging::chain;
use crate::reply::Failure;

/// The gateway gives up on a function after this long.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>
const GATEWAYS_PATIENCE: Duration = Duration::from_secs(29);

/// An event of the WebSocket API.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebSocketEvent {
    /// Everything but the frame.
    pub request_context: RequestContext,
    /// The frame, to the byte; absent on `$connect` and `$disconnect`.
    pub body: Option<String>,
}

/// Who, when and through which gateway.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestContext {
    /// The route that was selected, `$connect` for example.
    pub route_key: String,
    /// The connection.
    pub connection_id: String,
    /// Host name of the API, where `@connections` is too.
    pub domain_name: String,
    /// First segment of its path.
    pub stage: String,
    /// Milliseconds: when the gateway received the request. This is *now* for a handler.
    pub request_time_epoch: i64,
    /// New for every event.
    pub request_id: String,
    /// What the authorizer said when the connection was opened.
    pub authorizer: Option<Admission>,
}

/// The authorizer's context: strings, because API Gateway passes nothing else unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Admission {
    /// A `UserId`.
    pub user_id: Option<String>,
    /// A `Username`.
    pub username: Option<String>,
    /// A `Role`.
    pub role: Option<String>,
    /// A `RoomId`.
    pub room: Option<String>,
    /// A `Feed`.
    pub feed: Option<String>,
    /// Set where the parameters are wrong: `$connect` answers 400 with this reason. (An authorizer
    /// can only allow, or deny with 403.)
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refuse: Option<String>,
}

impl WebSocketEvent {
    /// When the gateway received it.
    pub fn now(&self) -> Result<Timestamp, Failure> {
        Ok(Timestamp::from_millis(self.request_context.request_time_epoch)?)
    }

    /// How long the event was on its way from the gateway's receipt, to the millisecond, for a handler
    /// that gets it at `clock`. Nothing where that cannot be: then the event's time is another clock's.
    pub fn waited(&self, clock: SystemTime) -> Duration {
        let received = u64::try_from(self.request_context.request_time_epoch).unwrap_or_default();
        let waited = clock.duration_since(UNIX_EPOCH + Duration::from_millis(received)).unwrap_or_default();
        if waited <= GATEWAYS_PATIENCE { waited } else { Duration::ZERO }
    }

    /// The connection.
    pub fn connection_id(&self) -> ConnectionId {
        ConnectionId::new(&*self.request_context.connection_id)
    }

    /// Who is on the connection. A template whose routes have no authorizer cannot serve Hubbub.
    pub fn speaker(&self) -> Result<Speaker, Failure> {
        let admission = self.request_context.authorizer.as_ref().ok_or(Failure::NoAuthorizer)?;
        let text = |field: &Option<String>| field.clone().ok_or(Failure::NoAuthorizer);
        Ok(Speaker {
            connection_id: self.connection_id(),
            room_id: RoomId::parse(&text(&admission.room)?)?,
            user_id: UserId::parse(&text(&admission.user_id)?)?,
            username: Username::parse(&text(&admission.username)?)?,
            role: Role::parse(&text(&admission.role)?),
        })
    }

    /// What the connection is there for.
    pub fn feed(&self) -> Result<Feed, Failure> {
        let feed = self.request_context.authorizer.as_ref().and_then(|admission| admission.feed.as_deref());
        Ok(Feed::parse(feed.ok_or(Failure::NoAuthorizer)?)?)
    }

    /// Where `@connections` of this API is, unless the configuration says otherwise.
    pub fn callback_url(&self) -> String {
        format!("https://{}/{}", self.request_context.domain_name, self.request_context.stage)
    }
}

impl RequestContext {
    /// Logs an error of ours with all that caused it, once, so that it can be found by connection,
    /// route and request.
    pub fn log(&self, error: &dyn std::error::Error) {
        tracing::error!(
            connection_id = self.connection_id,
            route_key = self.route_key,
            request_id = self.request_id,
            error = chain(error),
            "an event failed"
        );
    }
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Self {
        Self::Event(invalid)
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn an_event_waited_since_the_gateways_receipt_unless_that_cannot_be() {
        let event: WebSocketEvent = serde_json::from_value(serde_json::json!({"requestContext": {
            "routeKey": "sendMessage", "connectionId": "a", "domainName": "d", "stage": "ws",
            "requestId": "r", "requestTimeEpoch": 1_795_509_060_000_i64, "authorizer": null,
        }}))
        .expect("an event");
        let received = UNIX_EPOCH + Duration::from_millis(1_795_509_060_000);
        for (later, waited) in [(0, 0), (37, 37), (29_000, 29_000), (29_001, 0), (86_400_000, 0)] {
            let clock = received + Duration::from_millis(later);
            assert_eq!(event.waited(clock), Duration::from_millis(waited), "{later} ms later");
        }
        assert_eq!(event.waited(received - Duration::from_secs(1)), Duration::ZERO, "a clock that is slow");
    }
}
