//! Whether somebody may say something now: the room's rules, mutes and the rate limit, before anything
//! is stored.
//!
//! A room's rules are not read for every message. What was last seen of them lets a message through,
//! because its place in the room is taken on condition that they still hold; it refuses one only after
//! they were confirmed.

use shared::App;
use shared::domain::{Content, Pace, Rejection, RoomRules, Speaker, Spoken, Timestamp};
use shared::refusal::Refusal;

/// A message that may be said.
#[derive(Debug)]
pub(crate) struct Judged {
    /// By these rules.
    pub(crate) rules: RoomRules,
    /// After this was said by the same user.
    spoken: Spoken,
    /// Whether this message was written down as the user's last one: where nothing is asked, it is not.
    noted: bool,
}

pub(crate) async fn judge(
    app: &App,
    speaker: &Speaker,
    content: &Content,
    now: Timestamp,
) -> Result<Judged, Refusal> {
    let last_seen = app.store.room_rules_last_seen(&speaker.room_id);
    let version = last_seen.version;
    match judge_by(app, last_seen, speaker, content, now).await {
        Err(Refusal::Rejected(rejection)) if is_by_rules(&rejection) => {
            let rules = app.store.room_rules(&speaker.room_id).await?;
            if rules.version == version {
                return Err(rejection.into());
            }
            judge_by(app, rules, speaker, content, now).await
        }
        judged => judged,
    }
}

/// For what takes no place in the room, and so has nothing to confirm the rules: they are at most a second
/// old.
pub(crate) async fn judge_private(
    app: &App,
    speaker: &Speaker,
    content: &Content,
    now: Timestamp,
) -> Result<(), Refusal> {
    let rules = app.store.room_rules(&speaker.room_id).await?;
    judge_by(app, rules, speaker, content, now).await.map(|_judged| ())
}

async fn judge_by(
    app: &App,
    rules: RoomRules,
    speaker: &Speaker,
    content: &Content,
    now: Timestamp,
) -> Result<Judged, Refusal> {
    rules.judge(content)?;
    let pace = Pace::new(app.config.rate_limit, &rules, speaker.role, content);
    let spoken = app.store.pace_take(&speaker.room_id, &speaker.user_id, &pace, now).await??;
    Ok(Judged { rules, spoken, noted: pace.asks() })
}

/// Whether other rules of the room might not refuse.
fn is_by_rules(rejection: &Rejection) -> bool {
    matches!(
        rejection,
        Rejection::ContentTooLong { .. }
            | Rejection::BlockedTerm
            | Rejection::SlowMode { .. }
            | Rejection::Repetition { .. }
    )
}

impl Judged {
    /// By other rules. The rate limit was asked already.
    pub(crate) async fn again(
        self,
        app: &App,
        rules: RoomRules,
        speaker: &Speaker,
        content: &Content,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        if !self.noted {
            // Nothing was asked before: the rules that ask now are asked as those of any message.
            return judge_by(app, rules, speaker, content, now).await;
        }
        rules.judge(content)?;
        Pace::new(None, &rules, speaker.role, content).judge_room(&self.spoken, now)?;
        Ok(Self { rules, ..self })
    }
}
