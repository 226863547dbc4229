//! The Lambda: starts once per execution environment, then handles one event after another.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use shared::App;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let app = &App::from_env()?;
    run(service_fn(|event: LambdaEvent<_>| leave_notices::handle(app, event.payload))).await
}
