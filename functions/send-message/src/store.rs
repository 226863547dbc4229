//! How a message comes to be stored, once, with a place of its own in the room.

use std::time::Duration;

use shared::App;
use shared::domain::{Draft, Message, MessageId, Rejection, Sequence, Speaker, Timestamp};
use shared::refusal::Refusal;
use shared::reply::Failure;
use shared::storage::{Claim, Place, Seal, StoreError};
use tokio::time::{Instant, timeout};

use crate::judge::{self, Judged};

/// From asking for a sequence to the message being stored. Readers of history wait two seconds before
/// they take a missing sequence for one that never comes.
const STORE_DEADLINE: Duration = Duration::from_millis(1500);

/// Each fails only if a moderator changed the room's rules within the last milliseconds.
const ROUNDS: usize = 3;

/// A guess: a partition that was too busy is likely to have room again by then.
const ROOM_BUSY_RETRY: Duration = Duration::from_secs(1);

/// The event's time and what has passed since: requests that were tried again can have taken seconds,
/// and what history says of holes depends on when a sequence was taken.
#[derive(Clone, Copy)]
struct Clock {
    event: Timestamp,
    seen: Instant,
}

impl Clock {
    fn now(self) -> Timestamp {
        self.event.plus(self.seen.elapsed())
    }
}

pub(crate) struct Stored {
    pub(crate) message: Message,
    /// Not what was delivered before or deleted since.
    pub(crate) deliver: bool,
}

pub(crate) async fn store(
    app: &App,
    speaker: &Speaker,
    draft: &Draft,
    now: Timestamp,
) -> Result<Stored, Refusal> {
    let clock = Clock { event: now, seen: Instant::now() };
    let earlier = match &draft.nonce {
        Some(nonce) => app.store.nonce_find(speaker, nonce, now).await?,
        None => None,
    };
    let judged = match judge::judge(app, speaker, &draft.content, now).await {
        Err(Refusal::Rejected(rejection)) => Err(rejection),
        judged => Ok(judged?),
    };
    match (earlier, judged) {
        // What may not be said now is acknowledged if it was stored before, and not delivered again:
        // repeating is no way around a limit or a mute.
        (Some(claim), judged) => again(app, speaker, draft, claim, judged, clock).await,
        (None, judged) => first(app, speaker, draft, None, judged?, clock).await,
    }
}

/// The message was sent before, and the attempt may have died before it was stored. Within the
/// deadline it is completed in its place; later, history may have declared that place empty for
/// good, and it gets a new one. The old place is sealed before, because an attempt that seems dead may
/// only be slow: it could still store the message there.
async fn again(
    app: &App,
    speaker: &Speaker,
    draft: &Draft,
    claim: Claim,
    judged: Result<Judged, Rejection>,
    clock: Clock,
) -> Result<Stored, Refusal> {
    let now = clock.now();
    let may_deliver = judged.is_ok();
    if let Some(left) = STORE_DEADLINE.checked_sub(now.since(claim.timestamp)) {
        let put = put(app, speaker, draft, claim, now);
        let stored = timeout(left, put).await.map_err(|_elapsed| Refusal::TooSlow)??;
        return Ok(Stored { deliver: stored.deliver && may_deliver, ..stored });
    }
    let mut there = app.store.message_get(&speaker.room_id, claim.sequence).await?;
    if there.is_none() {
        there = seal(app, speaker, claim, now).await?;
    }
    match there.filter(|there| there.message_id() == claim.message_id) {
        Some(there) => Ok(Stored::there(there, message(speaker, draft, claim), may_deliver)),
        None => first(app, speaker, draft, Some(claim), judged?, clock).await,
    }
}

/// Closes the place of an attempt that seems dead, or returns what came to be there in the meantime.
async fn seal(
    app: &App,
    speaker: &Speaker,
    claim: Claim,
    now: Timestamp,
) -> Result<Option<shared::storage::Stored>, Refusal> {
    let seal = MessageId::new(now, random()?);
    let expires_at = app.config.message_retention.map(|retention| now.plus(retention));
    let (room, sequence) = (&speaker.room_id, claim.sequence);
    match app.store.message_place_seal(room, sequence, seal, now, expires_at).await? {
        Seal::Closed => Ok(None),
        Seal::Taken(there) => Ok(Some(there)),
    }
}

fn random() -> Result<[u8; 10], Failure> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(Failure::Random)?;
    Ok(random)
}

/// Takes a place in the room and stores the message there.
async fn first(
    app: &App,
    speaker: &Speaker,
    draft: &Draft,
    instead_of: Option<Claim>,
    judged: Judged,
    clock: Clock,
) -> Result<Stored, Refusal> {
    replied_to(app, speaker, draft).await?;
    let random = random()?;
    let stored = async {
        let sequence = place(app, speaker, draft, judged, clock).await?;
        // Not the time of the event: whoever took the sequence before this one did so before now, and
        // history counts from this time how long that message may still be on its way.
        let now = clock.now();
        let claim = Claim { message_id: MessageId::new(now, random), sequence, timestamp: now };
        // Two attempts at once can get here with one nonce. The first to claim it wins; the other
        // one's sequence stays unused.
        let claim = match &draft.nonce {
            Some(nonce) => app.store.nonce_claim(speaker, nonce, claim, instead_of, now).await?,
            None => claim,
        };
        put(app, speaker, draft, claim, now).await
    };
    timeout(STORE_DEADLINE, stored).await.map_err(|_elapsed| Refusal::TooSlow)?
}

/// What somebody answers has to be there.
pub(crate) async fn replied_to(app: &App, speaker: &Speaker, draft: &Draft) -> Result<(), Refusal> {
    let Some(reply_to) = draft.reply_to else { return Ok(()) };
    let there = app.store.message_get(&speaker.room_id, reply_to).await?;
    match there.and_then(shared::storage::Stored::message) {
        Some(_) => Ok(()),
        None => Err(Rejection::NotFound { what: "the message that replyTo names" }.into()),
    }
}

/// Takes a sequence by rules that hold at that moment. They are not read for it: taking it is
/// conditional on their version, which fails without using up a number and says what they are now.
async fn place(
    app: &App,
    speaker: &Speaker,
    draft: &Draft,
    mut judged: Judged,
    clock: Clock,
) -> Result<Sequence, Refusal> {
    for _ in 0..ROUNDS {
        match app.store.room_sequence_next(&speaker.room_id, &judged.rules).await.map_err(busy)? {
            Place::Taken(sequence) => return Ok(sequence),
            Place::RulesChanged(rules) => {
                judged = judged.again(app, rules, speaker, &draft.content, clock.now()).await?;
            }
        }
    }
    Err(StoreError::Contended { operation: "room_sequence_next" }.into())
}

async fn put(
    app: &App,
    speaker: &Speaker,
    draft: &Draft,
    claim: Claim,
    now: Timestamp,
) -> Result<Stored, Refusal> {
    let message = message(speaker, draft, claim);
    let expires_at = app.config.message_retention.map(|retention| now.plus(retention));
    let there = app.store.message_put(&message, expires_at).await?;
    Ok(Stored::there(there, message, true))
}

impl Stored {
    /// What is in the place of a message that was sent. One that was deleted since is acknowledged as
    /// it was sent: it was stored.
    fn there(there: shared::storage::Stored, sent: Message, may_deliver: bool) -> Self {
        match there.message() {
            Some(message) => Self { message, deliver: may_deliver },
            None => Self { message: sent, deliver: false },
        }
    }
}

fn message(speaker: &Speaker, draft: &Draft, claim: Claim) -> Message {
    Message {
        message_id: claim.message_id,
        room_id: speaker.room_id.clone(),
        sequence: claim.sequence,
        user_id: speaker.user_id.clone(),
        username: speaker.username.clone(),
        role: speaker.role,
        content: draft.content.clone(),
        timestamp: claim.timestamp,
        reply_to: draft.reply_to,
    }
}

fn busy(error: StoreError) -> Refusal {
    if error.is_throttled() {
        return Rejection::RoomBusy { retry_after: ROOM_BUSY_RETRY }.into();
    }
    error.into()
}
