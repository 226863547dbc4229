//! Hubbub's Lambda functions, registered by their logical ids of the template.

use std::sync::Arc;

use emulator::template::LogicalId;
use emulator::{Function, FunctionError};
use indexmap::IndexMap;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Context, LambdaEvent, Service};
use shared::identity::Tokens;
use shared::logging::chain;
use shared::{App, Door};

/// An in-process function from a handler `async fn(&App, Event) -> Result<Answer, Failure>`, or of a `Door`.
macro_rules! in_process {
    ($with:expr, $handle:path) => {{
        let with = Arc::clone($with);
        Function::in_process(move |event| {
            let with = Arc::clone(&with);
            async move { $handle(&with, event).await.map_err(|failure| chain(&failure)) }
        })
    }};
}

pub(crate) fn all(app: &Arc<App>, tokens: Tokens) -> IndexMap<LogicalId, Function> {
    let door = &Arc::new(Door { config: app.config.clone(), tokens: tokens.clone() });
    let functions = [
        ("AuthorizerFunction", in_process!(door, authorizer::handle)),
        ("ConnectFunction", in_process!(app, connect::handle)),
        ("DisconnectFunction", in_process!(app, disconnect::handle)),
        ("SendMessageFunction", in_process!(app, send_message::handle)),
        ("ModerateFunction", in_process!(app, moderate::handle)),
        ("PresenceFunction", in_process!(app, presence::handle)),
        ("LeaveNoticesFunction", in_process!(app, leave_notices::handle)),
        ("SweepFunction", in_process!(app, sweep::handle)),
        ("AnalyticsFunction", in_process!(app, analytics::handle)),
        ("ApiFunction", http(api::router(App::clone(app), tokens))),
    ];
    functions.into_iter().map(|(id, function)| (id.to_owned(), function)).collect()
}

/// The router behind the same adapter as on Lambda.
fn http(router: api::Router) -> Function {
    Function::new(move |invocation| {
        let request = serde_json::from_slice::<LambdaRequest>(&invocation.payload);
        let router = router.clone();
        // Called here and awaited below: the adapter itself cannot cross an await.
        let answer =
            request.map(|request| Adapter::from(router).call(LambdaEvent::new(request, Context::default())));
        async move {
            let answer = answer.map_err(|error| FunctionError::new("Runtime.UnmarshalError", &error))?;
            let Ok(response) = answer.await;
            let payload = serde_json::to_vec(&response);
            payload.map(Into::into).map_err(|error| FunctionError::new("Runtime.MarshalError", &error))
        }
    })
}
