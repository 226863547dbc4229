//! A room's highlights: what was said goes through the room's detector, which is stored in between.

use shared::App;
use shared::domain::analytics::retention;
use shared::domain::moments::Said;
use shared::domain::{Sequence, Timestamp};
use shared::storage::StoreError;

use crate::ROUNDS;
use crate::batch::{Touched, What};
use crate::minute::pause;

/// Lets the room's detector hear what was said. Moments are stored before the detector is: whoever is
/// interrupted in between finds and stores the same ones again.
pub(crate) async fn listen(app: &App, touched: &Touched, now: Timestamp) -> Result<(), StoreError> {
    let said = touched.minutes.values().flatten().filter(|happened| happened.what == What::Said);
    let said: Vec<Said<'_>> = said
        .filter_map(|happened| {
            Some(Said {
                at: happened.at,
                sequence: Sequence::new("sequence", happened.sequence).ok()?,
                user: &happened.user,
                content: &happened.content,
            })
        })
        .collect();
    let Some(newest) = said.iter().map(|said| said.at).max() else { return Ok(()) };
    let expires_at = now.plus(retention::LONG);
    for round in 0..ROUNDS {
        let read = app.store.detector_get(&touched.room).await?;
        let mut detector = read.value.clone();
        said.iter().for_each(|said| {
            // What comes late or again changes nothing, and there is nothing to do about it.
            let _folded = detector.fold(said);
        });
        let moments = detector.advance(newest);
        for moment in &moments {
            app.store.moment_put(&touched.room, moment, now).await?;
        }
        if detector == read.value
            || app.store.detector_put(&touched.room, read.version, &detector, expires_at).await?
        {
            return Ok(());
        }
        pause(round).await;
    }
    Err(StoreError::Contended { operation: "detector_put" })
}
