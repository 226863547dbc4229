//! Takes a user out of what was counted of a room's messages that are gone already: their names out of
//! minutes and hours, the users themselves out of every bucket that counts them exactly, the newcomer out
//! of the total. What else is left of them there, nobody can tell from the others': the bucket is marked.

use std::time::Duration;

use futures_util::future::try_join_all;

use crate::domain::analytics::{Day, Hour, Minute, Rollup, retention};
use crate::domain::{RoomId, Timestamp, UserId};
use crate::storage::{AnalyticsScope, Bucket, Store, StoreError, Versioned};

/// Rounds against the consumer of the stream, which writes the same rows.
const ROUNDS: usize = 8;

/// Rows written at once: all are in one partition, and a row can have 300 KB.
const AT_ONCE: usize = 4;

/// How long days are kept, in days.
const DAYS: i64 = 400;

/// Reads the hours that have names though their messages are gone (49, however long messages are kept), the
/// minutes of those that the user is in, and the days since the user came, at most 400; writes the ones that
/// the user is in. `random` is what the erasure is known by in their marks. Made again, it goes on where it
/// ended, and changes nothing twice.
pub(super) async fn erase(
    store: &Store,
    kept: Option<Duration>,
    room: &RoomId,
    user: &UserId,
    random: u64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let erasure = store.erasure_claim(room, user, random, now).await?;
    if let Some(gone) = Gone::of(store, kept, room, now).await? {
        let eraser = Eraser { store, room, user: user.as_str(), erasure: erasure.number, gone };
        let is_last_day = eraser.hours(Minute::of(now.minus(retention::of_hours(kept))).hour()).await?;
        let last = gone.last.hour().day().back(i64::from(!is_last_day));
        let oldest = last.back(DAYS);
        let since = erasure.first.map_or(oldest, |first| first.hour().day().max(oldest));
        eraser.days(since, last).await?;
        if let Some(first) = erasure.first.filter(|first| *first <= gone.last) {
            eraser.newcomer(first).await?;
        }
    }
    store.erasure_end(room, user.as_str(), erasure, now).await
}

/// Which messages of a room are gone.
#[derive(Clone, Copy, Debug)]
struct Gone {
    /// The newest minute that can lack some.
    last: Minute,
    /// That one does if it has counted one before this sequence.
    before: u64,
}

impl Gone {
    /// `None` where all that were ever said are there.
    async fn of(
        store: &Store,
        kept: Option<Duration>,
        room: &RoomId,
        now: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let by_age = kept.map(|kept| Self { last: Minute::of(now.minus(kept)), before: u64::MAX });
        let by_absence = match store.message_oldest(room).await? {
            // The room's first message of all.
            Some((1, _)) => None,
            // Whatever was said before it is gone, also where it was once kept for a shorter time than now.
            Some((before, oldest)) => Some(Self { last: Minute::of(oldest), before }),
            None => Some(Self { last: Minute::of(now), before: u64::MAX }),
        };
        Ok(by_age.into_iter().chain(by_absence).max_by_key(|gone| (gone.last, gone.before)))
    }

    fn lacks(self, minute: Minute, rollup: &Rollup) -> bool {
        let counted_before = rollup.seen().bounds().is_some_and(|(lowest, _)| lowest < self.before);
        minute < self.last || (minute == self.last && counted_before)
    }
}

struct Eraser<'a> {
    store: &'a Store,
    room: &'a RoomId,
    user: &'a str,
    erasure: u64,
    gone: Gone,
}

impl Eraser<'_> {
    /// Hours from `first` on. Minutes before their hour: an hour that is written meanwhile is made of minutes
    /// without the user, and whoever is interrupted finds the hours again that were not done. Returns whether
    /// the last day lacks messages of the user: what is there of them the stream takes out.
    async fn hours(&self, first: Hour) -> Result<bool, StoreError> {
        let last = self.gone.last.hour();
        if first > last {
            return Ok(false);
        }
        let mut marked = Vec::new();
        for (hour, row) in self.store.rollup_hours(self.room, first, last).await? {
            let mut is_marked = row.value.bears_mark_of(self.erasure);
            if row.value.clone().erase(self.user, self.erasure) {
                let lacks_some = self.minutes(hour).await? || hour < last;
                is_marked |= lacks_some && self.bucket(Bucket::Hour(hour), row).await?;
            }
            marked.extend(is_marked.then_some(hour));
        }
        // The newest minute's hour may not be folded yet.
        let ledger = self.store.ledger_get(&AnalyticsScope::Room(self.room.clone())).await?.value;
        let open = ledger.open().map(Minute::hour).filter(|open| first <= *open && *open <= last);
        if let Some(open) = open
            && self.minutes(open).await?
        {
            marked.push(open);
        }
        Ok(marked.iter().any(|hour| hour.day() == last.day()))
    }

    /// Minutes of an hour that lack messages; returns whether there is one that lacks some of the user's.
    async fn minutes(&self, hour: Hour) -> Result<bool, StoreError> {
        let (first, last) = (hour.first_minute(), hour.last_minute());
        let mut is_marked = false;
        for (minute, row) in self.store.rollup_minutes(self.room, first, last).await? {
            if self.gone.lacks(minute, &row.value) {
                is_marked |= self.bucket(Bucket::Minute(minute), row).await?;
            }
        }
        Ok(is_marked)
    }

    async fn days(&self, first: Day, last: Day) -> Result<(), StoreError> {
        if first > last {
            return Ok(());
        }
        let days: Vec<_> = self.store.rollup_days(self.room, first, last).await?.into_iter().collect();
        for days in days.chunks(AT_ONCE) {
            let revised = days.iter().map(|(day, row)| self.bucket(Bucket::Day(*day), row.clone()));
            try_join_all(revised).await?;
        }
        Ok(())
    }

    /// Takes the user out of one row; returns whether it bears the mark then.
    async fn bucket(&self, bucket: Bucket, mut row: Versioned<Rollup>) -> Result<bool, StoreError> {
        for _ in 0..ROUNDS {
            let changed = row.value.erase(self.user, self.erasure);
            if !changed || self.store.rollup_revise(self.room, bucket, row.version, &row.value).await? {
                return Ok(row.value.bears_mark_of(self.erasure));
            }
            row = self.store.rollup_get(self.room, bucket).await?;
        }
        Err(StoreError::Contended { operation: "rollup_revise" })
    }

    /// Takes the user out of the room's total, in the bucket that the first message was counted in: what
    /// its row says now is what the total has of it.
    async fn newcomer(&self, minute: Minute) -> Result<(), StoreError> {
        let scope = AnalyticsScope::Room(self.room.clone());
        for _ in 0..ROUNDS {
            let read = self.store.ledger_get(&scope).await?;
            let mut ledger = read.value.clone();
            let Some(open) = ledger.open() else { return Ok(()) };
            let hour = minute.hour();
            let bucket = if hour.day() < open.hour().day() {
                Bucket::Day(hour.day())
            } else if hour < open.hour() {
                Bucket::Hour(hour)
            } else {
                Bucket::Minute(minute)
            };
            let row = self.store.rollup_get(self.room, bucket).await?;
            if row.version == 0 {
                return Ok(());
            }
            match bucket {
                Bucket::Day(day) => ledger.set_day(day, row.value.tally()),
                Bucket::Hour(hour) => ledger.set_hour(hour, row.value.tally()),
                Bucket::Minute(minute) => ledger.set_minute(minute, row.value.tally()),
            }
            if ledger == read.value || self.store.ledger_put(&scope, read.version, &ledger).await? {
                return Ok(());
            }
        }
        Err(StoreError::Contended { operation: "ledger_put" })
    }
}
