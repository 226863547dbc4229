//! Table `rooms`, items `count#…`: how many members and connections there are, spread over lanes.
//! Only `presence` writes them, in the transactions that write members.

use std::fmt;

use super::attributes::{Item, Reader, s};
use super::{Store, StoreError, keys};
use crate::domain::{Counts, RoomId};

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// One room.
    Room(RoomId),
    /// All of them, and the analytics feeds.
    Service,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Room(room) => room.fmt(f),
            // No room is called so.
            Self::Service => f.write_str("*"),
        }
    }
}

/// One reading of all lanes: what each says, by its version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lanes {
    members: i64,
    connections: i64,
    /// Sorted, so that two readings can be compared.
    versions: Vec<(String, u64)>,
}

impl Lanes {
    /// A lane says what went through it, which may be more leaves than joins. Where the lanes were
    /// not read at one moment, so may their sum.
    pub(super) fn counts(&self) -> Counts {
        let sum = |sum: i64| u64::try_from(sum).unwrap_or(0);
        Counts { members: sum(self.members), connections: sum(self.connections) }
    }

    pub(super) fn version(&self) -> u64 {
        self.versions.iter().map(|(_, version)| version).sum()
    }

    pub(super) fn add(&mut self, row: Reader<'_>) -> Result<(), StoreError> {
        self.members += row.optional_number::<i64>("members")?.unwrap_or(0);
        self.connections += row.optional_number::<i64>("connections")?.unwrap_or(0);
        self.versions.push((row.text("pk")?.to_owned(), row.number("version")?));
        self.versions.sort();
        Ok(())
    }
}

impl Store {
    /// Open connections of the whole service.
    pub async fn service_connections(&self) -> Result<u64, StoreError> {
        Ok(self.lanes("service_connections", &Scope::Service).await?.counts().connections)
    }

    /// Members and connections of one room.
    pub async fn room_counts(&self, room: &RoomId) -> Result<Counts, StoreError> {
        Ok(self.lanes("room_counts", &Scope::Room(room.clone())).await?.counts())
    }

    pub(super) async fn lanes(&self, operation: &'static str, scope: &Scope) -> Result<Lanes, StoreError> {
        let items = self.batch_get(operation, &self.tables.rooms, lane_keys(scope), None).await?;
        let mut lanes = Lanes::default();
        for item in &items {
            lanes.add(Reader { item, operation })?;
        }
        Ok(lanes)
    }
}

pub(super) fn lane_keys(scope: &Scope) -> Vec<Item> {
    (0..keys::COUNT_LANES).map(|lane| key(keys::count(scope, lane))).collect()
}

/// A key of table `rooms`.
pub(super) fn key((pk, sk): (String, String)) -> Item {
    Item::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s(sk))])
}
