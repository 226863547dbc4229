//! The tables, over the AWS SDK. One concrete type for AWS, one machine and tests: what differs is
//! the endpoint or the SDK's HTTP client underneath.
//!
//! Methods put the noun first and live next to the items they read and write. None of them scans a
//! table; every query has a limit.

mod active;
mod attendances;
mod attributes;
mod bans;
mod batch;
mod census;
mod chatter_erasures;
mod chatters;
mod connections;
mod counts;
mod deletions;
mod erasures;
mod error;
mod first_messages;
mod history;
mod keys;
mod latencies;
mod logged_settings;
mod member_pages;
mod members;
mod message_texts;
mod messages;
mod moderation_log;
mod moments;
mod mutes;
mod nonces;
mod paces;
mod presence_minutes;
mod rollups;
mod room_settings;
mod rooms_known;
mod seals;
mod sequences;
mod user_messages;

pub use active::ActiveRoom;
pub use census::{KnownConnection, KnownPage, Listed, ListedPage};
pub use chatter_erasures::Erasure;
pub use chatters::FirstSaid;
pub use connections::{Connection, ConnectionPage, PageCursor, Recipient};
pub use counts::Scope;
pub use deletions::Deletion;
pub use error::StoreError;
pub use first_messages::FirstMessage;
pub use history::{HistoryCursor, HistoryPage};
pub use keys::feed_of;
pub use latencies::LatencyMinute;
pub use member_pages::{MemberPage, PresentMember};
pub use members::{MemberKey, MemberRow, MemberUpdate};
pub use message_texts::{MessageText, MessageTexts};
pub use messages::Stored;
pub use moderation_log::LogPage;
pub use nonces::Claim;
pub use presence_minutes::PresenceMinute;
pub use rollups::{AnalyticsScope, Bucket, Versioned};
pub use seals::Seal;
pub use sequences::Place;
pub use user_messages::UserPage;

use aws_sdk_dynamodb::Client;

use attributes::Item;
use rooms_known::RoomsKnown;

use crate::config::Tables;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    tables: Tables,
    rooms_known: RoomsKnown,
}

impl Store {
    /// Speaks to the tables of these names through `client`.
    pub fn new(client: Client, tables: Tables) -> Self {
        Self { client, tables, rooms_known: RoomsKnown::default() }
    }

    /// The same tables as another execution environment sees them, which remembers nothing of what this
    /// one saw.
    #[must_use]
    pub fn elsewhere(&self) -> Self {
        Self::new(self.client.clone(), self.tables.clone())
    }

    /// An item of table `rooms`, read consistently.
    async fn rooms_item(
        &self,
        operation: &'static str,
        (pk, sk): (String, String),
    ) -> Result<Option<Item>, StoreError> {
        let get = self.client.get_item().table_name(&self.tables.rooms).consistent_read(true);
        let get = get.key("pk", attributes::s(pk)).key("sk", attributes::s(sk));
        Ok(get.send().await.map_err(StoreError::request(operation))?.item)
    }
}
