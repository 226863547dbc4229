//! A database with Hubbub's tables, and people to use it.

use emulator::Template;
use emulator::dynamodb::{Clients, Engine, create_tables};
use emulator::template::Options;
use shared::config::Tables;
use shared::domain::{
    ConnectionId, Content, Draft, Message, MessageId, Role, RoomId, Sequence, Speaker, Timestamp, UserId,
    Username,
};
use shared::storage::Store;

/// 2026-11-24T08:31:00Z
pub(crate) const NOW_MS: i64 = 1_795_509_060_000;

/// The engine lives as long as the test that holds it.
pub(crate) struct Database {
    pub(crate) store: Store,
    pub(crate) clients: Clients,
    pub(crate) tables: Tables,
    _engine: Engine,
}

pub(crate) async fn database() -> Database {
    let template = Template::read(include_str!("../../../template.yaml"), &Options::default()).unwrap();
    let engine = Engine::temporary().unwrap();
    let clients = Clients::of_engine(&engine);
    create_tables(&clients.dynamodb, template.tables.values()).await.unwrap();
    let name = |id: &str| template.tables[id].name.clone();
    let tables = Tables {
        connections: name("ConnectionsTable"),
        rooms: name("RoomsTable"),
        messages: name("MessagesTable"),
    };
    let store = Store::new(clients.dynamodb.clone(), tables.clone());
    Database { store, clients, tables, _engine: engine }
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
    Draft { content: Content::parse(content).unwrap(), nonce: None, reply_to: None }
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
