//! Who has left: whose connections are all gone still, some seconds after one of them went.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;

use super::reconcile::{ROUNDS, back_off};
use super::{Notice, Touched, bring_up_to_date, summaries, tell};
use crate::App;
use crate::domain::Feed;
use crate::logging::chain;
use crate::storage::{Scope, StoreError};

/// Users looked at at once.
const AT_ONCE: usize = 32;

/// A record may be this much younger than it says: streams round its time down.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html>
const RESOLUTION: Duration = Duration::from_secs(1);

/// How old the youngest of the records is at the least. What is not young needs no wait, nor does a
/// batch that is empty.
pub fn age_of_youngest(users: &[Touched], now: SystemTime) -> Duration {
    let Some(youngest) = users.iter().map(|touched| touched.at).max() else { return Duration::MAX };
    let written = UNIX_EPOCH + Duration::from_millis(youngest.as_millis().unsigned_abs()) + RESOLUTION;
    now.duration_since(written).unwrap_or_default()
}

/// Tells the rooms which of these users left, once for each time that they were told of a join.
/// Returns the records of those of whom that could not be found out.
pub async fn see_off(app: &App, users: &[Touched]) -> Vec<String> {
    let members: Vec<_> = users.iter().filter(|touched| touched.key.feed == Feed::Chat).collect();
    let (mut left, mut failed) = (Vec::new(), Vec::new());
    for members in members.chunks(AT_ONCE) {
        let looks = join_all(members.iter().map(|touched| leave(app, touched))).await;
        for (touched, look) in members.iter().zip(looks) {
            match look {
                Ok(notice) => left.extend(notice),
                Err(error) => {
                    tracing::error!(error = chain(&error), "whether somebody left could not be found out");
                    failed.extend(touched.records.clone());
                }
            }
        }
    }

    left.sort_by_key(|notice| notice.at);
    // In the order of time, so that the newest of each room stays.
    let rooms = left.iter().map(|notice| (Scope::Room(notice.room_id.clone()), notice.at)).collect();
    let (counts, _not_told) = summaries::take(app, rooms).await;
    tell(app, &left, &counts).await;
    failed
}

/// The announcement of a user who is gone is taken back before the room is told, so that no two
/// consumers tell it, whatever is repeated.
async fn leave(app: &App, touched: &Touched) -> Result<Option<Notice>, StoreError> {
    let mut is_up_to_date = false;
    for round in 0..ROUNDS {
        let row = app.store.member_get(&touched.key).await?;
        if row.member.leaves() {
            if app.store.member_retract(&row).await? {
                return Ok(row.username.map(|name| Notice::left(&touched.key, &name, touched.at)));
            }
            is_up_to_date = false;
        } else if is_up_to_date || !row.member.announced {
            return Ok(None);
        } else {
            // `presence` may be behind, and a connection that is counted gone.
            let counted = Touched { connections: BTreeSet::new(), ..touched.clone() };
            bring_up_to_date(app, &[counted]).await?;
            is_up_to_date = true;
            continue;
        }
        back_off(round).await;
    }
    Err(StoreError::Contended { operation: "member_retract" })
}
