//! One frame to everybody in a room. Nobody's trouble is anybody else's: who is gone is forgotten,
//! who is throttled is tried again while there is time, who is slow is left behind.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};

use crate::App;
use crate::domain::{ConnectionId, RoomId, Speaker, Timestamp};
use crate::logging::chain;
use crate::management::{Connections, DeliveryError};
use crate::storage::Recipient;

/// How long the sender's ack may wait for the deliveries.
const BUDGET: Duration = Duration::from_secs(1);

/// A row is written before the client has its 101, and a post in between gets the same 410 as one
/// to a closed connection. Removing so young a row would make a live client deaf.
const YOUNG: Duration = Duration::from_secs(30);

/// Pages of a room's connections under way at once.
const PAGES_AT_ONCE: usize = 4;

const FIRST_BACKOFF: Duration = Duration::from_millis(20);

/// What became of a message's deliveries, by number of connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Accepted by the gateway.
    pub delivered: usize,
    /// Closed already.
    pub gone: usize,
    /// Refused for another reason.
    pub failed: usize,
    /// Throttled or without an answer when the time was over.
    pub late: usize,
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
    let delivery = Delivery { app, connections, now, deadline: Instant::now() + BUDGET };
    // The room's index is some milliseconds old, and a speaker who just came in may not be in it.
    let to_speaker = delivery.post(vec![&speaker.connection_id], &frames.sender);
    let to_others = delivery.to_all_but(Some(&speaker.connection_id), &speaker.room_id, &frames.others);
    let ((mut outcome, _), others) = tokio::join!(to_speaker, to_others);
    outcome.add(others);
    outcome
}

/// Delivers to everybody in a room, within a second.
pub async fn to_everybody(
    app: &App,
    connections: &Connections,
    room: &RoomId,
    frame: &Bytes,
    now: Timestamp,
) -> Outcome {
    let delivery = Delivery { app, connections, now, deadline: Instant::now() + BUDGET };
    delivery.to_all_but(None, room, frame).await
}

/// Delivers to these connections, within a second.
pub async fn to_each(
    app: &App,
    connections: &Connections,
    ids: &[ConnectionId],
    frame: &Bytes,
    now: Timestamp,
) -> Outcome {
    let delivery = Delivery { app, connections, now, deadline: Instant::now() + BUDGET };
    delivery.post(ids.iter().collect(), frame).await.0
}

/// Delivers to some connections of a room that were just read, within a second.
pub async fn to_recipients(
    app: &App,
    connections: &Connections,
    recipients: Vec<Recipient>,
    frame: &Bytes,
    now: Timestamp,
) -> Outcome {
    let delivery = Delivery { app, connections, now, deadline: Instant::now() + BUDGET };
    delivery.to_page(recipients, None, frame).await
}

#[derive(Clone, Copy)]
struct Delivery<'a> {
    app: &'a App,
    connections: &'a Connections,
    now: Timestamp,
    deadline: Instant,
}

impl Delivery<'_> {
    /// Page by page, each read while the ones before it are delivered: one slow connection does not
    /// keep the next page of them waiting.
    async fn to_all_but(self, sender: Option<&ConnectionId>, room: &RoomId, frame: &Bytes) -> Outcome {
        let (read, mut pages) = mpsc::channel(1);
        let deliver = async {
            let mut outcome = Outcome::default();
            let mut deliveries = FuturesUnordered::new();
            loop {
                tokio::select! {
                    Some(page) = pages.recv(), if deliveries.len() < PAGES_AT_ONCE => {
                        deliveries.push(self.to_page(page, sender, frame));
                    }
                    Some(delivered) = deliveries.next() => outcome.add(delivered),
                    else => return outcome,
                }
            }
        };
        tokio::join!(self.read_pages(sender, room, read), deliver).1
    }

    /// If a page cannot be read in time, its connections and those after it miss the live frame; the
    /// message is stored all the same.
    async fn read_pages(
        self,
        sender: Option<&ConnectionId>,
        room: &RoomId,
        pages: mpsc::Sender<Vec<Recipient>>,
    ) {
        let mut from = None;
        loop {
            let page = self.app.store.room_connections(room, self.now, from);
            let page = match timeout_at(self.deadline, page).await {
                Ok(Ok(page)) => page,
                Ok(Err(error)) => {
                    // A room's name is what a client made up, and stays out of logs.
                    let connection_id = sender.map(ConnectionId::as_str);
                    tracing::error!(connection_id, error = chain(&error), "recipients could not be read");
                    return;
                }
                Err(_elapsed) => return,
            };
            from = page.next;
            if pages.send(page.recipients).await.is_err() || from.is_none() {
                return;
            }
        }
    }

    async fn to_page(
        self,
        recipients: Vec<Recipient>,
        sender: Option<&ConnectionId>,
        frame: &Bytes,
    ) -> Outcome {
        let others = recipients.into_iter().filter(|recipient| Some(&recipient.connection_id) != sender);
        let (expired, recipients): (Vec<_>, Vec<_>) = others.partition(|recipient| recipient.expired);
        let ids = recipients.iter().map(|recipient| &recipient.connection_id).collect();
        let (mut outcome, gone) = self.post(ids, frame).await;
        outcome.gone += expired.len();
        let old = recipients.iter().filter(|recipient| {
            gone.contains(&&recipient.connection_id) && self.now.since(recipient.connected_at) > YOUNG
        });
        join_all(old.chain(&expired).map(|recipient| self.forget(&recipient.connection_id))).await;
        outcome
    }

    /// Posts to all, and again to the throttled ones while there is time. Also returns who is gone.
    async fn post<'a>(
        self,
        mut ids: Vec<&'a ConnectionId>,
        frame: &Bytes,
    ) -> (Outcome, Vec<&'a ConnectionId>) {
        let mut outcome = Outcome::default();
        let mut gone = Vec::new();
        let mut backoff = FIRST_BACKOFF;
        loop {
            let mut throttled = Vec::new();
            for (id, result) in ids.iter().zip(self.connections.post(&ids, frame, self.deadline).await) {
                match result {
                    Some(Ok(())) => outcome.delivered += 1,
                    Some(Err(DeliveryError::Gone)) => gone.push(*id),
                    Some(Err(DeliveryError::Throttled)) => throttled.push(*id),
                    Some(Err(error @ DeliveryError::Failed(_))) => {
                        outcome.failed += 1;
                        let connection_id = id.as_str();
                        tracing::warn!(connection_id, error = chain(&error), "a frame was not delivered");
                    }
                    None => outcome.late += 1,
                }
            }
            if throttled.is_empty() || Instant::now() + backoff >= self.deadline {
                outcome.gone += gone.len();
                outcome.late += throttled.len();
                return (outcome, gone);
            }
            sleep(jittered(backoff)).await;
            backoff *= 2;
            ids = throttled;
        }
    }

    /// If there is time left: who is still there will be met by the next delivery.
    async fn forget(self, connection_id: &ConnectionId) {
        let delete = self.app.store.connection_delete(connection_id);
        if let Ok(Err(error)) = timeout_at(self.deadline, delete).await {
            let connection_id = connection_id.as_str();
            tracing::warn!(connection_id, error = chain(&error), "a gone connection could not be forgotten");
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
    fn add(&mut self, other: Self) {
        self.delivered += other.delivered;
        self.gone += other.gone;
        self.failed += other.failed;
        self.late += other.late;
    }
}
