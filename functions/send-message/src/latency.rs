//! How long deliveries take, from the gateway's receipt of the frame to the last one that was accepted.
//!
//! Written down at most once a second by an execution environment, however many messages there are.
//! The clock is read once, for how long the event was on its way: the rest is a duration, which no
//! clock that is set can change.

use std::time::{Duration, SystemTime};

use shared::App;
use shared::domain::Message;
use shared::event::WebSocketEvent;
use shared::logging::chain;
use tokio::time::{Instant, timeout};

/// The ack of one message a second waits for this, at the most.
const PATIENCE: Duration = Duration::from_millis(100);

/// Runs since the gateway received a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    waited: Duration,
    started: Instant,
}

impl Watch {
    pub(crate) fn start(event: &WebSocketEvent) -> Self {
        #[expect(clippy::disallowed_methods, reason = "how long an event was on its way is a duration")]
        let clock = SystemTime::now();
        Self { waited: event.waited(clock), started: Instant::now() }
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.waited + self.started.elapsed()
    }
}

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
