//! A room's minute: reads the row, folds the records in, and writes it back if nobody else did so
//! meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use shared::App;
use shared::domain::analytics::{Minute, Part, Record, Rollup, fold, retention};
use shared::domain::{RoomId, Timestamp};
use shared::storage::{AnalyticsScope, Bucket, StoreError};

use crate::batch::{Happened, What};
use crate::{FIRST_BACKOFF, ROUNDS, firsts, totals};

/// Rows of newcomers written at once.
const WRITES_AT_ONCE: usize = 16;

/// Messages read at once where a minute is counted again.
const PAGE: usize = 1_000;

/// Folds what happened in a minute into its row. `written` gets what the row then says, and what
/// other rows say that had to be corrected.
pub(crate) async fn fold_in(
    app: &App,
    room: &RoomId,
    minute: Minute,
    happened: &[Happened],
    written: &mut BTreeMap<Minute, Part>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let expires_at = now.plus(retention::of_minutes(app.config.message_retention));
    let bucket = Bucket::Minute(minute);
    for round in 0..ROUNDS {
        let read = app.store.rollup_get(room, bucket).await?;
        if read.version == 0 && is_over(app, minute, happened, now) {
            return Ok(());
        }
        let records = records(app, room, minute, &read.value, happened, written, now).await?;
        let mut rollup = fold(read.value.clone(), &records, &app.config.emotes);
        let is_new = !rollup.has_records_of(&read.value);
        if is_new {
            firsts::pass_on(app, room, minute, &rollup, happened, written, now).await?;
        }
        if is_new && rollup.is_stale() {
            rollup = recounted(app, room, minute, rollup, now).await?;
        }
        if !is_new || app.store.rollup_put(room, bucket, read.version, &rollup, expires_at).await? {
            let version = read.version + u64::from(is_new);
            written.insert(minute, part(version, minute, &rollup));
            return Ok(());
        }
        pause(round).await;
    }
    Err(StoreError::Contended { operation: "rollup_put" })
}

/// Whether what was said in the minute is only taken away, after its row was: nothing is left to take it
/// from, and an empty row would take the minute out of its hour, its day and the total.
fn is_over(app: &App, minute: Minute, happened: &[Happened], now: Timestamp) -> bool {
    let kept = retention::of_minutes(app.config.message_retention);
    happened.iter().all(|happened| happened.what == What::Unsaid) && minute.start().plus(kept) < now
}

fn part(version: u64, minute: Minute, rollup: &Rollup) -> Part {
    Part { version, tally: rollup.tally(), newest: rollup.newest().unwrap_or(minute.start()) }
}

/// Somebody else writes the same row: rare, as a room's records come one batch after the other.
pub(crate) async fn pause(round: u32) {
    tokio::time::sleep(FIRST_BACKOFF * 2_u32.pow(round)).await;
}

/// The batch's records as the fold takes them, with who of their users is new in the room.
async fn records(
    app: &App,
    room: &RoomId,
    minute: Minute,
    rollup: &Rollup,
    happened: &[Happened],
    written: &mut BTreeMap<Minute, Part>,
    now: Timestamp,
) -> Result<Vec<Record>, StoreError> {
    let said =
        happened.iter().filter(|said| said.what == What::Said && !rollup.seen().contains(said.sequence));
    let unknown: BTreeSet<&str> =
        said.map(|said| &*said.user).filter(|user| !rollup.chatters().contains(user)).collect();
    let newcomers = newcomers(app, room, minute, &unknown, written, now).await?;
    let record = |happened: &Happened| match happened.what {
        What::Said => Record::Said {
            sequence: happened.sequence,
            at: happened.at,
            user: happened.user.clone(),
            content: happened.content.clone(),
            newcomer: newcomers.contains(&*happened.user),
        },
        What::Unsaid => Record::Unsaid {
            sequence: happened.sequence,
            user: happened.user.clone(),
            content: happened.content.clone(),
        },
    };
    Ok(happened.iter().map(record).collect())
}

/// Those of `users` who said nothing in the room before this minute. Remembers them before they are
/// counted: whoever is interrupted in between finds that they first spoke in this very minute.
async fn newcomers<'a>(
    app: &App,
    room: &RoomId,
    minute: Minute,
    users: &BTreeSet<&'a str>,
    written: &mut BTreeMap<Minute, Part>,
    now: Timestamp,
) -> Result<BTreeSet<&'a str>, StoreError> {
    let asked: Vec<&str> = users.iter().copied().collect();
    let first = app.store.chatters_first(room, &asked, now).await?;
    let mut newcomers = BTreeSet::new();
    let mut later = BTreeMap::<Minute, Vec<&str>>::new();
    let mut remember = Vec::new();
    for user in users {
        let known = first.get(*user);
        if known.is_none_or(|known| known.minute >= minute) {
            newcomers.insert(*user);
        }
        if let Some(known) = known
            && known.minute > minute
        {
            later.entry(known.minute).or_default().push(user);
        }
        if known.is_none_or(|known| known.minute > minute || known.fading) {
            remember.push((*user, known.map_or(minute, |known| known.minute.min(minute))));
        }
    }
    // A message that came late: whom a later minute counted as new was not.
    for (minute, users) in later {
        let known_before = |rollup: &mut Rollup| users.iter().for_each(|user| rollup.known(user));
        if let Some(part) = correct(app, room, minute, known_before, now).await? {
            written.insert(minute, part);
        }
    }
    for users in remember.chunks(WRITES_AT_ONCE) {
        try_join_all(users.iter().map(|(user, minute)| app.store.chatter_put(room, user, *minute, now)))
            .await?;
    }
    Ok(newcomers)
}

/// Corrects the row of another minute, and the total with it, and returns what it then says; `None` where
/// there is none. Whoever is interrupted after that need not know any more that there was something to
/// correct.
pub(crate) async fn correct(
    app: &App,
    room: &RoomId,
    minute: Minute,
    correct: impl Fn(&mut Rollup),
    now: Timestamp,
) -> Result<Option<Part>, StoreError> {
    let expires_at = now.plus(retention::of_minutes(app.config.message_retention));
    let bucket = Bucket::Minute(minute);
    for round in 0..ROUNDS {
        let read = app.store.rollup_get(room, bucket).await?;
        if read.version == 0 {
            return Ok(None);
        }
        let mut rollup = read.value;
        correct(&mut rollup);
        if app.store.rollup_put(room, bucket, read.version, &rollup, expires_at).await? {
            let scope = AnalyticsScope::Room(room.clone());
            let tally = BTreeMap::from([(minute, rollup.tally())]);
            totals::bring_up_to_date(app, &scope, &tally, now).await?;
            return Ok(Some(part(read.version + 1, minute, &rollup)));
        }
        pause(round).await;
    }
    Err(StoreError::Contended { operation: "rollup_put" })
}

/// Counts the minute's stored messages again. Where some of them are gone already, what was counted
/// stands, and stays marked.
async fn recounted(
    app: &App,
    room: &RoomId,
    minute: Minute,
    rollup: Rollup,
    now: Timestamp,
) -> Result<Rollup, StoreError> {
    let Some((first, last)) = rollup.seen().bounds() else { return Ok(rollup) };
    let mut stored = Vec::new();
    let mut from = Some(first);
    while let Some(sequence) = from {
        let page = app.store.message_texts(room, sequence, last, PAGE).await?;
        from = page.next;
        stored.extend(page.texts.into_iter().filter(|text| Minute::of(text.timestamp) == minute));
    }
    let users: BTreeSet<&str> = stored.iter().map(|text| text.user_id.as_str()).collect();
    let users: Vec<&str> = users.into_iter().collect();
    let known = app.store.chatters_first(room, &users, now).await?;
    let record = |text: &shared::storage::MessageText| {
        let user = text.user_id.as_str();
        Record::Said {
            sequence: text.sequence.get(),
            at: text.timestamp,
            user: user.to_owned(),
            content: text.content.as_str().to_owned(),
            newcomer: known.get(user).is_none_or(|first| first.minute >= minute),
        }
    };
    let stored: Vec<Record> = stored.iter().map(record).collect();
    let rebuilt = rollup.rebuilt(&stored, &app.config.emotes);
    Ok(if rebuilt.tally().messages == rollup.tally().messages { rebuilt } else { rollup })
}
