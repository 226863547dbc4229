//! One open connection as the rest of the gateway knows it: its facts, its outbox, its clock. The
//! socket itself belongs to `socket`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::api::Api;
use super::outbox::Outbox;
use super::tasks::Running;
use crate::clock::Timestamp;
use crate::codec::{Decoder, Deflate, EncodedFrame, Rules};
use crate::ids::Id;

#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) api: Arc<Api>,
    pub(crate) facts: Facts,
    pub(crate) outbox: Outbox,
    opened: Instant,
    /// Milliseconds from `opened` to the last message in either direction.
    active: AtomicU64,
    /// Invocations of this client's messages that still run.
    in_flight: AtomicUsize,
}

/// What every event of the connection repeats; the parts that never change are JSON already.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) connection_id: Id,
    pub(crate) connected_at: Timestamp,
    /// As the client wrote it in `Host`.
    pub(crate) domain_name: Box<str>,
    pub(crate) source_ip: Box<str>,
    pub(crate) user_agent: Option<Box<str>>,
    /// `requestContext.identity`.
    pub(crate) identity: Box<RawValue>,
    /// `requestContext.authorizer`.
    pub(crate) authorizer: Option<Box<RawValue>>,
    /// Whether messages may be compressed.
    pub(crate) deflate: Option<Deflate>,
}

impl Connection {
    pub(crate) fn new(api: Arc<Api>, facts: Facts) -> Self {
        Self {
            api,
            facts,
            outbox: Outbox::default(),
            opened: Instant::now(),
            active: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
        }
    }

    pub(crate) fn id(&self) -> Id {
        self.facts.connection_id
    }

    /// A message's bytes for this client.
    pub(crate) fn wire(&self, frame: &EncodedFrame) -> Bytes {
        frame.wire_for(self.facts.deflate)
    }

    /// What reads this client's frames.
    pub(super) fn decoder(&self) -> Decoder {
        let doubts = &self.api.doubts;
        Decoder::new(Rules {
            frame_bytes: doubts.frame_bytes,
            judge_inflated: doubts.judge_inflated,
            deflate: self.facts.deflate.is_some(),
        })
    }

    /// Whether its lifetime is over.
    pub(super) fn is_too_old(&self) -> bool {
        self.opened.elapsed() >= self.api.limits.lifetime
    }

    /// A message went in or out.
    pub(crate) fn touch(&self) {
        let elapsed = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.active.store(elapsed, Ordering::Relaxed);
    }

    pub(crate) fn last_active_at(&self) -> Timestamp {
        let active = i64::try_from(self.active.load(Ordering::Relaxed)).unwrap_or_default();
        Timestamp(self.facts.connected_at.0 + active)
    }

    /// When the connection will be too old, or idle for too long if nothing happens.
    pub(super) fn deadline(&self) -> Instant {
        let limits = &self.api.limits;
        let active = self.opened + Duration::from_millis(self.active.load(Ordering::Relaxed));
        (active + limits.idle).min(self.opened + limits.lifetime)
    }

    /// Whether so many messages are being handled that no more should be read.
    pub(super) fn is_busy(&self) -> bool {
        self.in_flight.load(Ordering::Acquire) >= self.api.limits.messages_in_flight
    }

    /// A message came in, and is being handled until the result is dropped.
    pub(super) fn begin_message(self: &Arc<Self>) -> InFlight {
        self.touch();
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        InFlight { connection: Arc::clone(self), _running: self.api.tasks.begin() }
    }
}

/// A message that is being handled.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) connection: Arc<Connection>,
    _running: Running,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let before = self.connection.in_flight.fetch_sub(1, Ordering::AcqRel);
        if before == self.connection.api.limits.messages_in_flight {
            self.connection.outbox.wake();
        }
    }
}
