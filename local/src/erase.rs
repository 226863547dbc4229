//! `local erase-user`: takes away what a user said. Whoever is at the keyboard has the data anyway.

use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::Context;
use clap::Args;
use emulator::faults::Faults;
use emulator::{Template, template};
use shared::domain::{Timestamp, UserId};
use shared::erasure::erase_user;
use shared::storage::Store;

use crate::database::Database;
use crate::hub::{TEMPLATE, config};
use crate::{Environment, Options};

/// Take away everything that a user said.
///
/// From storage and history at once; from what was counted when the server runs. A data folder must not
/// be in use by it: stop it first. With DYNAMODB_ENDPOINT, from the database there.
#[derive(Clone, Debug, Args)]
pub struct EraseOptions {
    /// Whose messages
    #[arg(long)]
    pub user: String,

    /// Folder that the data is in
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// The data is on AWS, in the tables of the stack named by --stack
    #[arg(long, conflicts_with = "data")]
    pub aws: bool,

    /// The stack whose tables are used
    #[arg(long, value_name = "NAME", default_value = "hubbub")]
    pub stack: String,
}

/// Returns how many messages there were.
pub async fn erase(options: &EraseOptions, environment: &Environment) -> anyhow::Result<usize> {
    let user = UserId::parse(&options.user).context("--user")?;
    let EraseOptions { data, aws, stack, .. } = options.clone();
    anyhow::ensure!(
        data.is_some() || aws || environment.get("DYNAMODB_ENDPOINT").is_some(),
        "say where the data is: --data, --aws or DYNAMODB_ENDPOINT"
    );
    let options = Options { data, aws, stack, ..Options::default() };
    let template = template::Options { stack_name: options.stack.clone(), ..template::Options::default() };
    let template = Template::read(TEMPLATE, &template)?;
    let config = config(&options, &environment.for_functions(&template)?)?;
    let database = Database::open(&options, &config, &template, &Faults::none()).await?;
    let store = Store::new(database.clients.dynamodb.clone(), config.tables.clone());
    #[expect(clippy::disallowed_methods, reason = "it is done now, and no event says so")]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).context("the clock is before 1970")?;
    let now = Timestamp::from_millis(i64::try_from(now.as_millis())?)?;

    let mut messages = 0;
    loop {
        let erased = erase_user(&store, config.message_retention, &user, now).await?;
        messages += erased.messages;
        if !erased.more {
            break;
        }
    }
    drop(store);
    database.close().await;
    Ok(messages)
}
