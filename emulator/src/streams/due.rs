//! What a lane has to do next: deliver a batch, or end its tumbling window. A window is over when a
//! record of another one is there, when its time is over and nothing of it is left in the stream, or
//! when its shard has ended: <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html>

use std::time::SystemTime;

use tokio::time::sleep;

use super::consumer::Consumer;
use super::drained::Drained;
use super::event::Entry;
use super::lane::{Batching, Front, Lane};
use super::window::{Window, Windows};

pub(super) enum Due {
    Batch(Vec<Entry>),
    EndOfWindow,
    /// The lane is closed and empty, and no window is open.
    Nothing,
}

/// Waits until something is due in a lane without windows.
pub(super) async fn in_lane(lane: &Lane, batching: Batching) -> Due {
    lane.next_batch(batching).await.map_or(Due::Nothing, Due::Batch)
}

/// Waits until something is due in a lane of `consumer` with windows; the window of a batch is open then.
pub(super) async fn in_windows(
    windows: &mut Windows,
    lane: &Lane,
    batching: Batching,
    consumer: &Consumer,
    drained: &Drained,
) -> Due {
    loop {
        match lane.front() {
            Front::Record(created) if windows.open().is_some_and(|open| !open.contains(created)) => {
                return Due::EndOfWindow;
            }
            Front::Record(created) => {
                let window = windows.of_record(created);
                return Due::Batch(lane.gather(batching, Some(window)).await);
            }
            Front::Closed if windows.open().is_some() => return Due::EndOfWindow,
            Front::Closed => return Due::Nothing,
            Front::Nothing => {}
        }
        let Some(end) = windows.open().map(Window::end) else {
            lane.changed().await;
            continue;
        };
        tokio::select! {
            () = lane.changed() => {}
            () = read_beyond(end, consumer, drained) => {
                if lane.front() == Front::Nothing {
                    return Due::EndOfWindow;
                }
            }
        }
    }
}

/// Waits until the time has come and the shard was read to its end after it. (AWS waits for up to two
/// minutes, because there nobody can tell when the last record of a window has been read.)
async fn read_beyond(end: SystemTime, consumer: &Consumer, drained: &Drained) {
    sleep(end.duration_since(SystemTime::now()).unwrap_or_default()).await;
    consumer.has_caught_up(drained.want()).await;
}
