//! Connections of users who were banned while they were on their way in: `connect` read that there was
//! no ban, and whoever banned them did not see the connection yet.
//!
//! Looked for after the members' rows are written. So either the ban was there before the look, which
//! then finds it, or it came later, and whoever wrote it finds the connection in the member's row.

use super::Touched;
use crate::App;
use crate::domain::Ban;
use crate::expulsion;
use crate::storage::StoreError;

/// Closes the connections of those who are banned: at most 100 users.
pub(super) async fn close(app: &App, users: &[Touched]) -> Result<(), StoreError> {
    let may_be_banned =
        |user: &&Touched| user.profile.as_ref().is_some_and(|(_, role)| Ban::keeps_out(*role));
    let came: Vec<_> = users.iter().filter(may_be_banned).collect();
    let keys: Vec<_> = came.iter().map(|user| (&user.key.room_id, &user.key.user_id)).collect();
    let bans = app.store.bans_of(&keys).await?;
    let banned = came.into_iter().zip(bans).filter(|(_, banned)| *banned);
    let ids: Vec<_> = banned.flat_map(|(user, _)| user.connections.iter().cloned()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    match app.management.of_deployment() {
        Some(connections) => expulsion::close_all(app, &connections, ids).await,
        None => tracing::error!("CALLBACK_URL is not set: connections of banned users stay open"),
    }
    Ok(())
}
