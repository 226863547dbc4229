//! A hub for one scenario.

use std::path::PathBuf;
use std::time::Duration;

use emulator::faults::{FaultPlan, Faults, StreamFault, StreamRule};
use local::{Environment, Functions, Hub, Options};
use shared::domain::{
    ConnectionId, Feed, Role, RoomId, SettingsChange, Speaker, Timestamp, UserId, Username,
};
use shared::storage::Connection;
use tests::Stack;

/// A running hub and where to reach it. Dropped, it is gone.
pub(crate) struct World {
    pub(crate) hub: Hub,
    pub(crate) stack: Stack,
    /// Whether the functions run in this process.
    pub(crate) in_process: bool,
}

/// The folder of the built programs, if `HUBBUB_TEST_FUNCTIONS=processes` says that the functions are
/// to run as processes. `cargo build --workspace` must have built them.
pub(crate) fn built() -> Option<PathBuf> {
    match std::env::var("HUBBUB_TEST_FUNCTIONS").as_deref() {
        Err(_) | Ok("" | "in-process") => None,
        // This program is in `deps`, below the folder of the others.
        Ok("processes") => Some(std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned()),
        Ok(other) => panic!("HUBBUB_TEST_FUNCTIONS is `in-process` or `processes`, not `{other}`"),
    }
}

/// Where the functions run as this process says.
pub(crate) fn options() -> Options {
    match built() {
        None => Options::default(),
        build_dir => Options { functions: Functions::Processes, build_dir, ..Options::default() },
    }
}

impl World {
    /// As a new user has it.
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// Without a rate limit.
    pub(crate) async fn unlimited() -> Self {
        Self::with(&[("RATE_LIMIT_PER_SEC", "0")]).await
    }

    /// With environment variables. `DYNAMODB_ENDPOINT` of this process names a database (DynamoDB
    /// Local) to use instead of the embedded one, with tables of this world's own.
    pub(crate) async fn with(variables: &[(&str, &str)]) -> Self {
        Self::start(variables, options(), Faults::none()).await
    }

    /// Where messages and requests say when they happen, and these faults befall what they befall.
    pub(crate) async fn with_told_times(variables: &[(&str, &str)], faults: Faults) -> Self {
        Self::start(variables, Options { told_times: true, ..options() }, faults).await
    }

    /// Whose streams are as disorderly as streams may be: so often, from 0 to 1, a batch comes twice,
    /// in parts, or late and with an earlier one behind it.
    pub(crate) async fn with_disorder(seed: u64, often: f64) -> Self {
        let rule = |fault| StreamRule { probability: Some(often), ..StreamRule::new(fault) };
        let stream = [StreamFault::Duplicate, StreamFault::Split, StreamFault::Reorder].map(rule).to_vec();
        // Leaves are told at once, so that their batches are disorderly too.
        let variables = [("LEAVE_NOTICE_SECONDS", "0")];
        let faults = Faults::new(FaultPlan { seed, stream, ..FaultPlan::default() }).unwrap();
        Self::start(&variables, options(), faults).await
    }

    async fn start(variables: &[(&str, &str)], mut options: Options, faults: Faults) -> Self {
        let mut environment = variables
            .iter()
            .fold(Environment::default(), |environment, (name, value)| environment.with(name, value));
        let in_process = options.functions == Functions::InProcess;
        if let Some(endpoint) = std::env::var("DYNAMODB_ENDPOINT").ok().filter(|url| !url.is_empty()) {
            environment = environment.with("DYNAMODB_ENDPOINT", &endpoint);
            options.stack = format!("t{}", uuid::Uuid::new_v4().simple());
        }
        let hub = Hub::start_with(options, environment, faults).await.unwrap();
        let stack = Stack::at(hub.address());
        Self { hub, stack, in_process }
    }

    /// Writes the row of a connection that the gateway does not know, opened this long ago.
    pub(crate) async fn ghost(&self, id: &str, user: &str, age: Duration) {
        #[expect(clippy::disallowed_methods, reason = "the gateway's events carry the wall clock's time")]
        let opened = std::time::SystemTime::now() - age;
        let millis =
            i64::try_from(opened.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()).unwrap();
        let speaker = Speaker {
            connection_id: ConnectionId::new(id),
            room_id: RoomId::parse("global").unwrap(),
            user_id: UserId::parse(user).unwrap(),
            username: Username::parse(user).unwrap(),
            role: Role::Viewer,
        };
        let connection =
            Connection { speaker, feed: Feed::Chat, connected_at: Timestamp::from_millis(millis).unwrap() };
        self.hub.app().store.connection_put(&connection).await.unwrap();
    }

    /// The connections of the room `global`, from the index.
    pub(crate) async fn connection_ids(&self) -> Vec<String> {
        let (room, now) = (RoomId::parse("global").unwrap(), Timestamp::from_millis(0).unwrap());
        let page = self.hub.app().store.room_connections(&room, now, None).await.unwrap();
        page.recipients.iter().map(|recipient| recipient.connection_id.to_string()).collect()
    }

    /// Whether the row of a connection is there.
    pub(crate) async fn has_row(&self, id: &str) -> bool {
        self.hub.app().store.connections_present(&[ConnectionId::new(id)]).await.unwrap() == [true]
    }

    /// Changes a room's settings from elsewhere: what the functions of this world remember of them is old.
    pub(crate) async fn decide(&self, room: &str, change: &SettingsChange) {
        let store = self.hub.app().store.elsewhere();
        store.room_settings_change(&RoomId::parse(room).unwrap(), change).await.unwrap();
    }

    /// Members and connections of a room, as they are counted.
    pub(crate) async fn counts(&self, room: &str) -> (u64, u64) {
        let room = RoomId::parse(room).unwrap();
        let counts = self.hub.app().store.room_counts(&room).await.unwrap();
        (counts.members, counts.connections)
    }
}
