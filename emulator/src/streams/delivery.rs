//! One batch to its end: invoke, and on failure retry, split or give up; and so the state of a tumbling
//! window. Knows no stream and no lane.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html>

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use super::event::{Entry, payload};
use super::outcome::{self, Outcome, names_failures, outcome};
use super::stop::Stop;
use super::window::{Purpose, Windows};
use crate::template::StreamEvent;
use crate::{Function, Invocation};

/// Lambda backs off between retries and does not say how; it grows to this.
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// Why a batch is retried whose function did not fail.
const REPORTED: &str = "the function reported failed records";

/// What delivers the batches of one mapping.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) mapping: String,
    pub(super) function: Function,
    pub(super) timeout: Duration,
    pub(super) settings: StreamEvent,
    pub(super) first_backoff: Duration,
    pub(super) warned: AtomicBool,
}

/// A part of the batch that is delivered as one event.
#[derive(Clone, Copy)]
struct Piece {
    start: usize,
    end: usize,
    retries: u32,
    invocations: u32,
}

impl Delivery {
    /// Delivers `batch` in order and tells `settled` the number of records from its front that are
    /// done with, delivered or given up, as it grows: to all of them, or until `stop`, which lets an
    /// invocation end and begins none. All of the batch is of the window that is open in `windows`, which
    /// what is settled has gone into.
    pub(super) async fn deliver(
        &self,
        shard: &str,
        batch: &[Entry],
        mut windows: Option<&mut Windows>,
        stop: &Stop,
        mut settled: impl FnMut(usize, Option<&Windows>),
    ) {
        // The front is at the end.
        let mut pieces = vec![Piece { start: 0, end: batch.len(), retries: 0, invocations: 0 }];
        while let Some(mut piece) = pieces.pop()
            && !stop.is_requested()
        {
            let expired = self.expired(&batch[piece.start..piece.end]);
            if expired > 0 {
                let given_up = &batch[piece.start..piece.start + expired];
                self.give_up("RecordAgeExceeded", shard, given_up, piece.invocations);
                piece.start += expired;
                settled(piece.start, windows.as_deref());
            }
            if piece.start == piece.end {
                continue;
            }
            let entries = &batch[piece.start..piece.end];
            let (outcome, state) = self.invoke(entries, windows.as_deref(), Purpose::Aggregate).await;
            piece.invocations += 1;
            if let (Some(windows), Some(state)) = (windows.as_deref_mut(), state)
                && outcome.is_progress()
            {
                windows.aggregate(state);
                if windows.is_state_too_large()
                    && !self.hand_over(Purpose::TerminatedEarly, shard, windows, stop).await
                {
                    // What is in that state comes again.
                    return;
                }
            }
            match &outcome {
                Outcome::Succeeded => settled(piece.end, windows.as_deref()),
                Outcome::FailedFrom(index) if *index > 0 => {
                    // Retries are counted for the record they are about.
                    piece.start += index;
                    piece.retries = 0;
                    settled(piece.start, windows.as_deref());
                    self.back_off(&piece, REPORTED, stop).await;
                    pieces.push(piece);
                }
                Outcome::Refused(reason) => {
                    self.back_off(&piece, reason, stop).await;
                    pieces.push(piece);
                }
                Outcome::FailedFrom(_) if self.splits(&piece) => split(piece, &mut pieces),
                Outcome::Failed(reason) if self.splits(&piece) => {
                    tracing::debug!(mapping = self.mapping, reason, "a failing batch is split");
                    split(piece, &mut pieces);
                }
                Outcome::FailedFrom(_) | Outcome::Failed(_) if self.is_exhausted(&piece) => {
                    let given_up = &batch[piece.start..piece.end];
                    self.give_up("RetryAttemptsExhausted", shard, given_up, piece.invocations);
                    settled(piece.end, windows.as_deref());
                }
                Outcome::FailedFrom(_) | Outcome::Failed(_) => {
                    let reason = if let Outcome::Failed(reason) = &outcome { reason } else { REPORTED };
                    self.back_off(&piece, reason, stop).await;
                    piece.retries = piece.retries.saturating_add(1);
                    pieces.push(piece);
                }
            }
        }
    }

    /// Gives the state of the open window to the function, without records, for what it is for now.
    /// Retried as a batch is, and nothing else of the lane goes on meanwhile. Yields whether that is done
    /// with, delivered or given up; it is not after `stop`.
    pub(super) async fn hand_over(
        &self,
        purpose: Purpose,
        shard: &str,
        windows: &mut Windows,
        stop: &Stop,
    ) -> bool {
        let mut piece = Piece { start: 0, end: 0, retries: 0, invocations: 0 };
        while !stop.is_requested() {
            let (outcome, _) = self.invoke(&[], Some(windows), purpose).await;
            piece.invocations += 1;
            match &outcome {
                Outcome::Succeeded => {}
                Outcome::Refused(reason) => {
                    self.back_off(&piece, reason, stop).await;
                    continue;
                }
                Outcome::FailedFrom(_) | Outcome::Failed(_) if self.is_exhausted(&piece) => {
                    self.give_up("RetryAttemptsExhausted", shard, &[], piece.invocations);
                }
                Outcome::FailedFrom(_) | Outcome::Failed(_) => {
                    let reason = if let Outcome::Failed(reason) = &outcome { reason } else { REPORTED };
                    self.back_off(&piece, reason, stop).await;
                    piece.retries = piece.retries.saturating_add(1);
                    continue;
                }
            }
            windows.handed_over(purpose);
            return true;
        }
        false
    }

    /// What became of the invocation, and the state that the function returned.
    async fn invoke(
        &self,
        entries: &[Entry],
        windows: Option<&Windows>,
        purpose: Purpose,
    ) -> (Outcome, Option<String>) {
        let members = windows.map(|windows| windows.members(purpose)).unwrap_or_default();
        let invocation = Invocation::new(payload(entries, &members), uuid::Uuid::new_v4().to_string());
        let answer = self.function.invoke(invocation, self.timeout).await;
        let reports = self.settings.report_batch_item_failures;
        if !reports && names_failures(&answer) && !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                mapping = self.mapping,
                "the function returned batchItemFailures, and the mapping has no FunctionResponseTypes: \
                 the failed records are lost, here as on AWS"
            );
        }
        let sequence_numbers: Vec<&str> = entries.iter().map(|entry| entry.sequence.as_str()).collect();
        let outcome = outcome(&answer, reports, &sequence_numbers);
        if windows.is_none() {
            return (outcome, None);
        }
        let state = answer.ok().and_then(|body| outcome::state(&body));
        (outcome.wanting(state.as_deref()), state)
    }

    fn is_exhausted(&self, piece: &Piece) -> bool {
        self.settings.maximum_retry_attempts.is_some_and(|most| piece.retries >= most)
    }

    fn splits(&self, piece: &Piece) -> bool {
        self.settings.bisect_on_function_error && piece.end - piece.start > 1
    }

    /// How many records at the front are too old.
    fn expired(&self, entries: &[Entry]) -> usize {
        let Some(most) = self.settings.maximum_record_age else { return 0 };
        let now = SystemTime::now();
        let too_old = |entry: &&Entry| now.duration_since(entry.created).is_ok_and(|age| age > most);
        entries.iter().take_while(too_old).count()
    }

    async fn back_off(&self, piece: &Piece, reason: &str, stop: &Stop) {
        let backoff = self.first_backoff.saturating_mul(1 << piece.retries.min(16)).min(LONGEST_BACKOFF);
        tracing::warn!(
            mapping = self.mapping,
            reason,
            records = piece.end - piece.start,
            retries = piece.retries,
            "a batch failed and is retried in {backoff:?}"
        );
        tokio::select! { () = tokio::time::sleep(backoff) => {}, () = stop.requested() => {} }
    }

    /// What goes to the on-failure destination on AWS: about the batch, without the records.
    fn give_up(&self, condition: &str, shard: &str, entries: &[Entry], invocations: u32) {
        tracing::error!(
            mapping = self.mapping,
            condition,
            shard,
            start_sequence_number = entries.first().map(|entry| entry.sequence.as_str()),
            end_sequence_number = entries.last().map(|entry| entry.sequence.as_str()),
            batch_size = entries.len(),
            invocations,
            destination = self.settings.on_failure,
            "a batch was given up"
        );
    }
}

/// In two halves; both keep the retries that are left.
fn split(piece: Piece, pieces: &mut Vec<Piece>) {
    let middle = piece.start + (piece.end - piece.start) / 2;
    pieces.push(Piece { start: middle, ..piece });
    pieces.push(Piece { end: middle, ..piece });
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod window_tests;
