//! What waits to be written to one client: whole frames, bounded in bytes. Posting threads push,
//! the connection's task takes everything at once and writes it together.

use std::collections::VecDeque;

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use parking_lot::Mutex;

use super::ending::Ending;

/// Above this many slots a drained queue gives its memory back.
const KEPT_SLOTS: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    /// The connection's task.
    task: AtomicWaker,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Bytes>,
    /// Of `frames` and of what the task took and has not written yet.
    bytes: usize,
    ending: Option<Ending>,
}

/// The client does not read as fast as it is written to.
#[derive(Debug)]
pub(crate) struct Full;

impl Outbox {
    /// Queues a frame unless `limit` bytes would be exceeded. One frame always fits.
    pub(crate) fn push(&self, frame: Bytes, limit: usize) -> Result<(), Full> {
        let mut queue = self.queue.lock();
        if queue.bytes > 0 && queue.bytes + frame.len() > limit {
            return Err(Full);
        }
        queue.bytes += frame.len();
        queue.frames.push_back(frame);
        drop(queue);
        self.task.wake();
        Ok(())
    }

    /// Asks the task to close the connection once the frames before are written. The first request
    /// counts.
    pub(crate) fn close(&self, ending: Ending) {
        self.queue.lock().ending.get_or_insert(ending);
        self.task.wake();
    }

    /// Wakes the task for another reason than a frame.
    pub(crate) fn wake(&self) {
        self.task.wake();
    }

    /// Registers the task to be woken; before `take`, or a frame could be missed.
    pub(super) fn register(&self, waker: &std::task::Waker) {
        self.task.register(waker);
    }

    /// Moves all frames to the end of `writing`.
    pub(super) fn take(&self, writing: &mut VecDeque<Bytes>) -> Option<Ending> {
        let mut queue = self.queue.lock();
        if writing.is_empty() {
            std::mem::swap(&mut queue.frames, writing);
        } else {
            writing.append(&mut queue.frames);
        }
        queue.ending.take()
    }

    /// Gives back room for that many bytes.
    pub(super) fn written(&self, bytes: usize) {
        let mut queue = self.queue.lock();
        queue.bytes = queue.bytes.saturating_sub(bytes);
        if queue.frames.is_empty() && queue.frames.capacity() > KEPT_SLOTS {
            queue.frames.shrink_to(KEPT_SLOTS);
        }
    }
}
