//! Logs of a function: one JSON object a line, as CloudWatch searches it best. Message contents and
//! tokens are never logged.

/// Logs from `level` on to standard output.
pub fn start(level: tracing::Level) {
    let logs = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(level)
        .with_target(false)
        // The runtime's span around each event: Lambda's request id.
        .with_current_span(true)
        .with_span_list(false);
    // A second call, from a test that starts several functions, keeps the first one's settings.
    if logs.try_init().is_err() {
        tracing::debug!("logging was started before");
    }
}

/// An error and all that caused it, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
