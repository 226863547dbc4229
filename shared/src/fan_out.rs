//! One frame to everybody in a room. Nobody's trouble is anybody else's: who is gone is forgotten,
//! who is throttled is tried again while there is time, who is slow is left behind.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use tokio::time::{Instant, sleep, sleep_until};

use crate::App;
use crate::domain::{ConnectionId, RoomId, Speaker, Timestamp};
use crate::logging::chain;
use crate::management::{Connections, DeliveryError};
use crate::storage::Recipient;

/// How long the sender's ack may wait for the deliveries.
const BUDGET: Duration = Duration::from_secs(1);

/// Posts in flight at once.
const CONCURRENCY: usize = 64;

/// A row is written before the client has its 101, and a post in between gets the same 410 as one
/// to a closed connection. Removing so young a row would make a live client deaf.
const YOUNG: Duration = Duration::from_secs(30);

const FIRST_BACKOFF: Duration = Duration::from_millis(20);

/// What became of a message's deliveries, by number of connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Accepted by the gateway.
    pub delivered: u32,
    /// Closed already.
    pub gone: u32,
    /// Refused for another reason, or throttled to the end.
    pub failed: u32,
}

enum Fate {
    Delivered,
    Gone,
    Failed,
}

/// A message's frames: the sender's own copy may have a nonce.
#[derive(Clone, Debug)]
pub struct Frames {
    /// For the connection that sent the message.
    pub sender: Bytes,
    /// For everybody else.
    pub others: Bytes,
}

/// Delivers to the speaker and to the speaker's room, within a second. Whoever has not been reached
/// by then sees a hole in the sequence and fills it from history.
pub async fn to_room(
    app: &App,
    connections: &Connections,
    speaker: &Speaker,
    frames: &Frames,
    now: Timestamp,
) -> Outcome {
    let deadline = Instant::now() + BUDGET;
    let delivery = Delivery { app, connections, now, deadline };
    // The room's index is some milliseconds old, and a speaker who just came in may not be in it.
    let to_speaker = delivery.post(&speaker.connection_id, &frames.sender);
    let to_others = recipients(app, &speaker.room_id, now)
        .filter(|recipient| std::future::ready(recipient.connection_id != speaker.connection_id))
        .map(|recipient| delivery.to(recipient, &frames.others))
        .buffer_unordered(CONCURRENCY)
        .take_until(sleep_until(deadline))
        .fold(Outcome::default(), |outcome, fate| std::future::ready(outcome.and(&fate)));
    let (speakers, others) = tokio::join!(to_speaker, to_others);
    others.and(&speakers)
}

/// All pages of a room. If one cannot be read, its connections miss the live frame; the message is
/// stored all the same.
fn recipients<'a>(app: &'a App, room: &'a RoomId, now: Timestamp) -> impl Stream<Item = Recipient> + 'a {
    let pages = stream::unfold(Some(None), move |state| async move {
        match app.store.room_connections(room, now, state?).await {
            Ok(page) => Some((page.recipients, page.next.map(Some))),
            Err(error) => {
                tracing::error!(room = room.as_str(), error = chain(&error), "recipients could not be read");
                None
            }
        }
    });
    pages.flat_map(stream::iter)
}

#[derive(Clone, Copy)]
struct Delivery<'a> {
    app: &'a App,
    connections: &'a Connections,
    now: Timestamp,
    deadline: Instant,
}

impl Delivery<'_> {
    async fn to(self, recipient: Recipient, frame: &Bytes) -> Fate {
        let gone = recipient.expired || {
            let fate = self.post(&recipient.connection_id, frame).await;
            if !matches!(fate, Fate::Gone) {
                return fate;
            }
            self.now.since(recipient.connected_at) > YOUNG
        };
        if gone && let Err(error) = self.app.store.connection_delete(&recipient.connection_id).await {
            let connection_id = recipient.connection_id.as_str();
            tracing::warn!(connection_id, error = chain(&error), "a gone connection could not be forgotten");
        }
        Fate::Gone
    }

    /// Tries again while the connection is throttled and there is time.
    async fn post(self, id: &ConnectionId, frame: &Bytes) -> Fate {
        let mut backoff = FIRST_BACKOFF;
        loop {
            match self.connections.post(id, frame).await {
                Ok(()) => return Fate::Delivered,
                Err(DeliveryError::Gone) => return Fate::Gone,
                Err(DeliveryError::Throttled) if Instant::now() + backoff < self.deadline => {
                    sleep(jittered(backoff)).await;
                    backoff *= 2;
                }
                Err(error) => {
                    tracing::warn!(
                        connection_id = id.as_str(),
                        error = chain(&error),
                        "a frame was not delivered"
                    );
                    return Fate::Failed;
                }
            }
        }
    }
}

/// Between half of `backoff` and all of it, so that retries of many do not meet again.
fn jittered(backoff: Duration) -> Duration {
    // Without randomness the whole backoff is as good.
    let random = getrandom::u32().unwrap_or(u32::MAX);
    backoff.mul_f64(0.5 + 0.5 * f64::from(random) / f64::from(u32::MAX))
}

impl Outcome {
    fn and(mut self, fate: &Fate) -> Self {
        match fate {
            Fate::Delivered => self.delivered += 1,
            Fate::Gone => self.gone += 1,
            Fate::Failed => self.failed += 1,
        }
        self
    }
}
