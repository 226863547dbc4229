//! Ctrl-C and SIGTERM: the first one stops, a second one exits at once.

use std::future::Future;
use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a shell shows for a program that a signal ended, here SIGINT.
const INTERRUPTED: i32 = 130;

/// Resolves at the first signal. Listening begins with the call, so that none is lost.
pub(crate) fn stop() -> io::Result<impl Future<Output = ()>> {
    let mut signals = both()?;
    Ok(async move { next(&mut signals).await })
}

/// From now on the next signal exits, whatever is still going on.
pub(crate) fn exit_at_the_next() {
    tokio::spawn(async {
        match both() {
            Ok(mut signals) => {
                next(&mut signals).await;
                std::process::exit(INTERRUPTED);
            }
            Err(error) => tracing::warn!(%error, "a second signal will not be noticed"),
        }
    });
}

fn both() -> io::Result<(Signal, Signal)> {
    Ok((signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
}

async fn next((interrupt, terminate): &mut (Signal, Signal)) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
