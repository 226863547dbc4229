//! Hubbub's Lambda functions, registered by their logical ids of the template.

use std::sync::Arc;

use emulator::{Function, FunctionError};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Context, LambdaEvent, Service};
use shared::App;
use shared::logging::chain;

/// An in-process function from a handler `async fn(&App, Event) -> Result<Answer, Failure>`.
macro_rules! in_process {
    ($app:expr, $handle:path) => {{
        let app = Arc::clone($app);
        Function::in_process(move |event| {
            let app = Arc::clone(&app);
            async move { $handle(&app, event).await.map_err(|failure| chain(&failure)) }
        })
    }};
}

pub(crate) fn all(app: &Arc<App>) -> [(&'static str, Function); 6] {
    [
        ("AuthorizerFunction", in_process!(app, authorizer::handle)),
        ("ConnectFunction", in_process!(app, connect::handle)),
        ("DisconnectFunction", in_process!(app, disconnect::handle)),
        ("SendMessageFunction", in_process!(app, send_message::handle)),
        ("PresenceFunction", in_process!(app, presence::handle)),
        ("ApiFunction", http(api::router(App::clone(app)))),
    ]
}

/// The router behind the same adapter as on Lambda.
fn http(router: api::Router) -> Function {
    Function::new(move |invocation| {
        let mut service = Adapter::from(router.clone());
        async move {
            let request: LambdaRequest = serde_json::from_slice(&invocation.payload)
                .map_err(|error| FunctionError::new("Runtime.UnmarshalError", &error))?;
            let response = service.call(LambdaEvent::new(request, Context::default())).await;
            let Ok(response) = response;
            serde_json::to_vec(&response)
                .map(Into::into)
                .map_err(|error| FunctionError::new("Runtime.MarshalError", &error))
        }
    })
}
