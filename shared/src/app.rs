//! What every function works with.

use aws_sdk_dynamodb::config::SharedHttpClient;

use crate::aws;
pub use crate::aws::TlsError;
use crate::config::{Config, ConfigError};
use crate::identity::Tokens;
use crate::management::ManagementApi;
use crate::meter::Meter;
use crate::storage::Store;

/// Made once per execution environment, shared by all of its invocations.
#[derive(Clone, Debug)]
pub struct App {
    /// As read at the start.
    pub config: Config,
    /// The tables.
    pub store: Store,
    /// `@connections`.
    pub management: ManagementApi,
    /// Who is asking.
    pub tokens: Tokens,
    /// What this environment measures.
    pub meter: Meter,
}

/// Why a function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The environment variables.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The HTTP client.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl App {
    /// For a Lambda: logging and clients as the environment variables say.
    pub fn from_env() -> Result<Self, StartError> {
        let config = Config::from_env()?;
        crate::logging::start(config.log_level);
        Ok(Self::new(config, aws::http_client()?))
    }

    /// Everything over one HTTP client, with the retries and time limits of a Lambda whatever is
    /// underneath.
    pub fn new(config: Config, http_client: SharedHttpClient) -> Self {
        let store = Store::new(aws::dynamodb(&config, http_client.clone()), config.tables.clone());
        let management = ManagementApi::new(&config, http_client.clone());
        let tokens = Tokens::new(&config, http_client);
        Self { config, store, management, tokens, meter: Meter::default() }
    }
}
