//! Who watches a room's numbers gets them when they changed, at most once a second, the last change
//! included. Best effort, as every delivery: the numbers are there for whoever asks.

use futures_util::future::join_all;
use shared::App;
use shared::analytics::of_room;
use shared::domain::analytics::Window;
use shared::domain::{RoomId, Timestamp};
use shared::fan_out;
use shared::logging::chain;
use shared::management::Connections;
use shared::protocol::{AnalyticsFrame, RoomAnalytics};
use shared::reply::Failure;
use tokio::time::sleep_until;

/// Tells the watchers of these rooms. Returns after a second at the most and the deliveries.
pub(crate) async fn tell(app: &App, rooms: &[&RoomId], now: Timestamp) {
    let Some(connections) = app.management.of_deployment() else {
        tracing::error!("nobody is told what is counted: CALLBACK_URL is not set");
        return;
    };
    let told = rooms.iter().map(|room| tell_room(app, &connections, room, now));
    for told in join_all(told).await {
        if let Err(error) = told {
            tracing::warn!(error = chain(&error), "the watchers of a room were not told");
        }
    }
}

async fn tell_room(
    app: &App,
    connections: &Connections,
    room: &RoomId,
    now: Timestamp,
) -> Result<(), Failure> {
    let mut page = app.store.feed_connections(room, now, None).await?;
    if page.recipients.is_empty() {
        return Ok(());
    }
    // Waiting for the turn keeps the stream's next batch waiting, which so becomes one batch.
    sleep_until(app.meter.turn(room)).await;
    let numbers = of_room(&app.store, room, Window::default(), now).await?;
    let frame = serde_json::to_vec(&AnalyticsFrame::new(&RoomAnalytics::new(room, &numbers)))?.into();
    loop {
        fan_out::to_recipients(app, connections, page.recipients, &frame, now).await;
        let Some(next) = page.next else { return Ok(()) };
        page = app.store.feed_connections(room, now, Some(next)).await?;
    }
}
