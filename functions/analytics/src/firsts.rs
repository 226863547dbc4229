//! Whose first message was taken back: if another one of theirs stands, it is the first one now, so that
//! the total counts everybody of whom something stands. Looked for only then, among the next 1,000
//! messages of the user; who said more than that elsewhere before the next one here is not found.

use std::collections::{BTreeMap, BTreeSet};

use shared::App;
use shared::domain::analytics::{Minute, Part, Rollup};
use shared::domain::{RoomId, Timestamp, UserId};
use shared::storage::{FirstMessage, StoreError};

use crate::batch::{Happened, What};
use crate::minute::correct;

/// Makes the minutes of such messages count their users as new. `rollup` is what the minute will say.
/// Before it is written, and the user's row before it, so that whoever is interrupted does all of it again.
pub(crate) async fn pass_on(
    app: &App,
    room: &RoomId,
    minute: Minute,
    rollup: &Rollup,
    happened: &[Happened],
    written: &mut BTreeMap<Minute, Part>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let unsaid = happened.iter().filter(|happened| happened.what == What::Unsaid);
    let users: BTreeSet<&str> = unsaid.map(|unsaid| &*unsaid.user).collect();
    let gone: Vec<&str> = users.into_iter().filter(|user| !rollup.chatters().contains(user)).collect();
    let first = app.store.chatters_first(room, &gone, now).await?;
    let newcomers = first.iter().filter(|(_, first)| first.minute == minute).map(|(user, _)| user);
    for user in newcomers {
        let Ok(user_id) = UserId::parse(user) else { continue };
        let user = user.as_str();
        match app.store.user_message_first(room, &user_id, minute.start()).await? {
            FirstMessage::At(next) if Minute::of(next) == minute => {
                // It is not counted yet, or counted without a name.
            }
            FirstMessage::At(next) => {
                let next = Minute::of(next);
                let came_first = |rollup: &mut Rollup| rollup.came_first(user);
                // Where the row does not have it yet, its record will find that it is the first.
                if let Some(part) = correct(app, room, next, came_first, now).await? {
                    written.insert(next, part);
                }
                app.store.chatter_move(room, user, minute, next).await?;
            }
            FirstMessage::Nowhere => app.store.chatter_leave(room, user, minute).await?,
            FirstMessage::Farther => {}
        }
    }
    Ok(())
}
