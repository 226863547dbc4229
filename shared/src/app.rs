//! What a function works with. Two of them verify tokens; what that takes (RSA, elliptic curves, Secrets
//! Manager) is not part of [`App`], so that the others do not link it.
//!
//! No function may verify tokens only perhaps: whoever does asks for [`Tokens`] by its arguments.

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
    /// What this environment measures.
    pub meter: Meter,
}

/// What the authorizer works with: no table is touched before somebody is let in.
#[derive(Clone, Debug)]
pub struct Door {
    /// As read at the start.
    pub config: Config,
    /// Who is asking.
    pub tokens: Tokens,
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
        Ok(Self::new(started()?, aws::http_client()?))
    }

    /// The same for a Lambda that verifies tokens, over the same connections.
    pub fn with_tokens_from_env() -> Result<(Self, Tokens), StartError> {
        let (config, http_client) = (started()?, aws::http_client()?);
        let tokens = Tokens::new(&config, http_client.clone());
        Ok((Self::new(config, http_client), tokens))
    }

    /// Everything over one HTTP client, with the retries and time limits of a Lambda whatever is
    /// underneath.
    pub fn new(config: Config, http_client: SharedHttpClient) -> Self {
        let store = Store::new(aws::dynamodb(&config, http_client.clone()), config.tables.clone());
        let management = ManagementApi::new(&config, http_client);
        Self { config, store, management, meter: Meter::default() }
    }
}

impl Door {
    /// For a Lambda: logging and keys as the environment variables say.
    pub fn from_env() -> Result<Self, StartError> {
        let config = started()?;
        Ok(Self { tokens: Tokens::start(&config)?, config })
    }
}

fn started() -> Result<Config, ConfigError> {
    let config = Config::from_env()?;
    crate::logging::start(config.log_level);
    Ok(config)
}
