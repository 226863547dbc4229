//! Everything, from start to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use emulator::streams::{Checkpoints, Mappings};
use emulator::{Connections, Emulator, Template, template};
use shared::App;
use shared::config::Config;
use shared::management::ManagementApi;
use shared::storage::Store;
use tokio::net::TcpListener;

use crate::database::Database;
use crate::{Environment, Options, functions, left_behind, page};

const TEMPLATE: &str = include_str!("../../template.yaml");

/// A running Hubbub.
pub struct Hub {
    app: Arc<App>,
    emulator: Emulator,
    mappings: Mappings,
    database: Database,
    left_behind: usize,
}
