//! What holds from now on.

use shared::App;
use shared::domain::{
    Actor, Ban, Content, MessageId, Operation, Rejection, RoomId, Sequence, SettingsChange, Timestamp, UserId,
};
use shared::refusal::Refusal;
use shared::storage::Deletion;

/// What the room has to be told of.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Nothing.
    Quiet,
    /// A user has to go.
    Banned(UserId),
    /// A message is no more.
    Deleted(Sequence, MessageId),
    /// Somebody has something to say to everybody.
    Announced(Content),
}

/// Every write can be made again and changes nothing more.
pub(crate) async fn apply(
    app: &App,
    room: &RoomId,
    actor: &Actor,
    operation: &Operation,
    now: Timestamp,
) -> Result<Effect, Refusal> {
    let store = &app.store;
    match operation {
        Operation::Timeout { user, duration } => {
            actor.outranks(store.member_role(room, user).await?)?;
            store.mute_put(room, user, now.plus(*duration), &actor.user).await?;
        }
        Operation::Ban { user } => {
            actor.outranks(store.member_role(room, user).await?)?;
            // The ban first: who looks for connections after it was written finds those that were let
            // in before, and `presence` those that were on their way.
            store.ban_put(room, user, &Ban { by: actor.clone(), at: now }).await?;
            store.mute_put(room, user, Timestamp::MAX, &actor.user).await?;
            return Ok(Effect::Banned(user.clone()));
        }
        Operation::Unban { user } => {
            actor.outranks(store.member_role(room, user).await?)?;
            if let Some(ban) = store.ban_get(room, user).await? {
                ban.may_be_lifted_by(actor)?;
            }
            store.mute_delete(room, user, now).await?;
            store.ban_delete(room, user).await?;
        }
        Operation::Delete { sequence } => {
            return match store.message_delete(room, *sequence, actor, now).await? {
                Deletion::Deleted(message_id) => Ok(Effect::Deleted(*sequence, message_id)),
                Deletion::NotFound => Err(Rejection::NotFound { what: "the message" }.into()),
                Deletion::Forbidden => Err(Rejection::Forbidden.into()),
            };
        }
        Operation::Announce { content } => {
            let announcement = Some(Some(content.clone()));
            let change = SettingsChange { announcement, ..SettingsChange::default() };
            store.room_settings_change(room, &change).await?;
            return Ok(Effect::Announced(content.clone()));
        }
        Operation::SlowMode { interval } => {
            let change = SettingsChange { slow_mode: Some(*interval), ..SettingsChange::default() };
            store.room_settings_change(room, &change).await?;
        }
    }
    Ok(Effect::Quiet)
}
