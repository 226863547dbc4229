//! Events that nobody waits for: tried again when their function fails.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>

use bytes::Bytes;

use super::InvokeApi;
use crate::functions::Target;

/// Runs the function until it succeeds, its retries are used up, or `stopped` resolves.
pub(crate) async fn run_to_the_end(
    target: &Target,
    payload: Bytes,
    api: InvokeApi,
    stopped: impl Future<Output = ()>,
) {
    tokio::select! {
        () = run(target, payload, api) => {}
        () = stopped => {
            tracing::warn!(function = %target.name, "an asynchronous event is given up, the emulator stops");
        }
    }
}

/// Throttling does not use up retries.
async fn run(target: &Target, payload: Bytes, api: InvokeApi) {
    let (mut failures, mut delay) = (0, api.first_delay);
    loop {
        let Err(failed) = target.invoke(payload.clone()).await else { return };
        if !failed.is_refusal() {
            failures += 1;
        }
        if failures > api.retries {
            return tracing::error!(function = %target.name, error = %failed, "an asynchronous event is given up");
        }
        tracing::warn!(function = %target.name, error = %failed, "an asynchronous event failed and is retried in {delay:?}");
        tokio::time::sleep(delay).await;
        delay = delay.saturating_mul(2);
    }
}
