//! A database with Hubbub's tables, and people to use it. `DYNAMODB_ENDPOINT` names one (DynamoDB
//! Local) to use instead of the embedded engine; the tables are each test's own there too.

use emulator::Template;
use emulator::dynamodb::{Clients, Engine, create_tables, local_credentials};
use emulator::template::Options;
use shared::config::Tables;
use shared::domain::{
    Actor, ConnectionId, Content, Draft, Message, MessageId, Role, RoomId, Sequence, Speaker, Timestamp,
    UserId, Username,
};
use shared::storage::Store;

/// 2026-11-24T08:31:00Z
pub(crate) const NOW_MS: i64 = 1_795_509_060_000;

/// An embedded engine lives as long as the test that holds this.
pub(crate) struct Database {
    pub(crate) store: Store,
    pub(crate) clients: Clients,
    pub(crate) tables: Tables,
    _engine: Option<Engine>,
}

pub(crate) async fn database() -> Database {
    match endpoint() {
        Some(url) => Database::at(&url).await,
        None => Database::embedded().await,
    }
}

/// The database that these tests shall use, where that is not the embedded one.
pub(crate) fn endpoint() -> Option<String> {
    std::env::var("DYNAMODB_ENDPOINT").ok().filter(|url| !url.is_empty())
}

impl Database {
    pub(crate) async fn embedded() -> Self {
        let engine = Engine::temporary().unwrap();
        Self::new(Clients::of_engine(&engine), Some(engine)).await
    }

    pub(crate) async fn at(url: &str) -> Self {
        Self::new(Clients::at_endpoint(url, "us-east-1", local_credentials()), None).await
    }

    async fn new(clients: Clients, engine: Option<Engine>) -> Self {
        let stack_name = format!("t{}", uuid::Uuid::new_v4().simple());
        let options = Options { stack_name, ..Options::default() };
        let mut template = Template::read(include_str!("../../../template.yaml"), &options).unwrap();
        // Databases expire by the real time, by which the rows of these tests are over.
        template.tables.values_mut().for_each(|table| table.ttl_attribute = None);
        create_tables(&clients.dynamodb, template.tables.values()).await.unwrap();
        let name = |id: &str| template.tables[id].name.clone();
        let tables = Tables {
            connections: name("ConnectionsTable"),
            rooms: name("RoomsTable"),
            messages: name("MessagesTable"),
            analytics: name("AnalyticsTable"),
        };
        let store = Store::new(clients.dynamodb.clone(), tables.clone());
        Self { store, clients, tables, _engine: engine }
    }
}

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap()
}

pub(crate) fn now() -> Timestamp {
    at(NOW_MS)
}

pub(crate) fn room(name: &str) -> RoomId {
    RoomId::parse(name).unwrap()
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

pub(crate) fn actor(name: &str, role: Role) -> Actor {
    Actor { user: user(name), role }
}

pub(crate) fn speaker(connection: &str, name: &str) -> Speaker {
    Speaker {
        connection_id: ConnectionId::new(connection),
        room_id: room("global"),
        user_id: user(name),
        username: Username::parse(name).unwrap(),
        role: Role::Viewer,
    }
}

pub(crate) fn draft(content: &str) -> Draft {
    Draft { content: Content::parse(content).unwrap(), nonce: None, reply_to: None, to: None }
}

pub(crate) fn message(number: u64, content: &str, timestamp: Timestamp) -> Message {
    let alice = speaker("c1", "alice");
    Message {
        message_id: MessageId::new(timestamp, [u8::try_from(number % 256).unwrap(); 10]),
        room_id: alice.room_id,
        sequence: sequence(number),
        user_id: alice.user_id,
        username: alice.username,
        role: alice.role,
        content: draft(content).content,
        timestamp,
        reply_to: None,
    }
}

pub(crate) fn sequence(number: u64) -> Sequence {
    Sequence::new("sequence", number).unwrap()
}
