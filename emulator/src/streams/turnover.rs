//! New virtual shards in place of the present ones, on request: each rolls over to one child, or splits
//! into two. As in DynamoDB, a parent is delivered to its end before its children begin.

use parking_lot::Mutex;
use tokio::sync::watch;

/// Every real shard counts as this many at first: on AWS a table has several, and a function that needs
/// the order of two partition keys must fail here already.
const FIRST: usize = 2;

/// As many as splits may lead to.
const MOST: usize = 64;

/// How many virtual shards each real shard has, and how often they were replaced.
#[derive(Debug)]
pub(super) struct Turnover {
    wanted: watch::Sender<Turn>,
    /// What consumers that begin now are of. Behind `wanted` until their parents have ended.
    present: Mutex<Turn>,
}

/// What was asked for so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// Grows with each request.
    pub(super) generation: u64,
    /// Virtual shards for each real one.
    pub(super) shards: usize,
}

/// Splits have led to as many shards as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are {MOST} virtual shards, which is as many as there may be")]
pub struct TooManyShards;

impl Turnover {
    /// `turn` is what an earlier run left.
    pub(super) fn new(turn: Option<Turn>) -> Self {
        let turn = turn.unwrap_or(Turn { generation: 0, shards: FIRST });
        Self { wanted: watch::Sender::new(turn), present: Mutex::new(turn) }
    }

    pub(super) fn watch(&self) -> watch::Receiver<Turn> {
        self.wanted.subscribe()
    }

    pub(super) fn present(&self) -> Turn {
        *self.present.lock()
    }

    /// Asks for other shards: as many, or twice as many. Yields how many there will be.
    pub(super) fn ask(&self, split: bool) -> Result<usize, TooManyShards> {
        let mut shards = Err(TooManyShards);
        self.wanted.send_if_modified(|turn| {
            let next = if split { turn.shards * 2 } else { turn.shards };
            if next > MOST {
                return false;
            }
            *turn = Turn { generation: turn.generation + 1, shards: next };
            shards = Ok(next);
            true
        });
        shards
    }

    /// A shard was delivered to its end: its children are as many as were asked for.
    pub(super) fn turned(&self) -> Turn {
        let turn = *self.wanted.borrow();
        *self.present.lock() = turn;
        turn
    }
}
