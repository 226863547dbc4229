//! What API Gateway and DynamoDB Streams hand to a function, as far as Hubbub reads it. The shapes
//! are AWS's; `events/` has one of each.

mod authorizer;
mod schedule;
mod stream;
mod web_socket;

pub use authorizer::{AuthorizerAnswer, AuthorizerContext, AuthorizerEvent};
pub use schedule::ScheduledEvent;
pub use stream::{BatchFailures, Image, StreamEvent, StreamRecord};
pub use web_socket::{Admission, RequestContext, WebSocketEvent};
