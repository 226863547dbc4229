//! The Lambda: starts once per execution environment, then handles one event after another.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use shared::Door;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let door = &Door::from_env()?;
    run(service_fn(|event: LambdaEvent<_>| authorizer::handle(door, event.payload))).await
}
