//! How long deliveries take, from the frame's receipt to the last one that was accepted.
//!
//! Written down at most once a second by an execution environment, however many messages there are. A
//! replay or a test decides what time it is, so this is a duration and no difference of times; what API
//! Gateway needs to hand a frame over is not in it.

use std::time::Duration;

use shared::App;
use shared::domain::Message;
use shared::logging::chain;
use tokio::time::timeout;

/// The ack of one message a second waits for this, at the most.
const PATIENCE: Duration = Duration::from_millis(100);

/// Best effort: no message fails because it could not be measured.
pub(crate) async fn measure(app: &App, message: &Message, latency: Duration) {
    let due = app.meter.delivered(&message.room_id, message.timestamp, latency);
    for (lane, deliveries) in due {
        match timeout(PATIENCE, app.store.latencies_add(lane, &deliveries)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(lane, error = chain(&error), "latencies were not written down"),
            Err(_elapsed) => tracing::warn!(lane, "latencies were not written down in time"),
        }
    }
}
