//! The Lambda: starts once per execution environment, then answers one request after another.

use lambda_http::{Error, run};
use shared::App;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (app, tokens) = App::with_tokens_from_env()?;
    run(api::router(app, tokens)).await
}
