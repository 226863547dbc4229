//! Keys that are fetched, and kept for as long as their source says. The time is that of the events
//! that need them.

use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::config::SharedHttpClient;
use tokio::sync::Mutex;

use super::KeyError;
use super::jwks::Jwks;
use super::key::Key;
use super::secrets::SecretsManager;
use crate::config::{Config, JwksSource, SecretSource};
use crate::domain::Timestamp;
use crate::logging::chain;

/// A source that failed, or whose newest keys did not verify some token, is not asked again sooner:
/// whoever sends bad tokens must not be able to make us ask.
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(30);

/// The same while there are no keys at all, and nobody gets in.
const BETWEEN_FIRST_ATTEMPTS: Duration = Duration::from_secs(1);

/// What keys are good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Demand {
    /// Those that are not past their time.
    Usable,
    /// Newer ones than [`Demand::Usable`] got, if the source may be asked again already.
    Newer,
}

/// Keys of one source.
#[derive(Debug)]
pub(super) struct KeyCache {
    source: Source,
    state: std::sync::Mutex<State>,
    /// Held by whoever is asking the source.
    asking: Mutex<()>,
}

#[derive(Debug)]
enum Source {
    /// Known from the start.
    Given,
    SecretsManager(SecretsManager),
    Jwks(Jwks),
}

#[derive(Clone, Debug, Default)]
struct State {
    keys: Option<Arc<[Key]>>,
    fresh_until: Option<Timestamp>,
    asked: Option<Timestamp>,
}

/// What a source said.
pub(super) struct Fetched {
    pub(super) keys: Vec<Key>,
    /// How long they may be used unasked.
    pub(super) lifetime: Duration,
}

impl KeyCache {
    pub(super) fn secrets(from: &SecretSource, config: &Config, http_client: SharedHttpClient) -> Self {
        match from {
            SecretSource::Given(secrets) => {
                let keys = secrets.iter().map(|secret| Key::secret(secret.expose().as_bytes())).collect();
                Self::new(Source::Given, State { keys: Some(keys), ..State::default() })
            }
            SecretSource::SecretsManager { arn } => {
                let manager = SecretsManager::new(config, arn.clone(), http_client);
                Self::new(Source::SecretsManager(manager), State::default())
            }
        }
    }

    pub(super) fn jwks(from: JwksSource) -> Self {
        Self::new(Source::Jwks(Jwks::new(from)), State::default())
    }

    fn new(source: Source, state: State) -> Self {
        Self { source, state: std::sync::Mutex::new(state), asking: Mutex::default() }
    }

    /// The keys. If the source fails, those that it gave before: a provider that is down for a
    /// moment locks nobody out.
    pub(super) async fn keys(&self, now: Timestamp, demand: Demand) -> Result<Arc<[Key]>, KeyError> {
        let known = self.state();
        let _asking = match known.answer(now, demand, &self.source) {
            Some(answer) => return answer,
            // Whoever has keys goes on with them while somebody else asks for newer ones.
            None => match (self.asking.try_lock(), known.keys) {
                (Ok(asking), _) => asking,
                (Err(_), Some(keys)) if demand == Demand::Usable => return Ok(keys),
                (Err(_), _) => self.asking.lock().await,
            },
        };
        // Somebody else may have asked meanwhile.
        if let Some(answer) = self.state().answer(now, demand, &self.source) {
            return answer;
        }
        match self.source.fetch().await {
            Ok(Fetched { keys, lifetime }) => {
                let keys: Arc<[Key]> = keys.into();
                let fresh_until = Some(now.plus(lifetime));
                self.set(State { keys: Some(keys.clone()), fresh_until, asked: Some(now) });
                Ok(keys)
            }
            Err(error) => {
                let known = self.state();
                self.set(State { asked: Some(now), ..known.clone() });
                let Some(keys) = known.keys else { return Err(error) };
                tracing::error!(error = chain(&error), "the keys are not renewed; those at hand stay in use");
                Ok(keys)
            }
        }
    }

    pub(super) async fn check_file(&self) -> Result<(), KeyError> {
        match &self.source {
            Source::Jwks(jwks) if jwks.is_file() => jwks.fetch().await.map(drop),
            _ => Ok(()),
        }
    }

    fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

impl State {
    /// What can be answered without asking the source.
    fn answer(
        &self,
        now: Timestamp,
        demand: Demand,
        source: &Source,
    ) -> Option<Result<Arc<[Key]>, KeyError>> {
        let passed = |pause| self.asked.is_none_or(|asked| now.since(asked) >= pause);
        let Some(keys) = &self.keys else {
            return (!passed(BETWEEN_FIRST_ATTEMPTS)).then_some(Err(KeyError::Lately));
        };
        let fresh = self.fresh_until.is_some_and(|end| now < end);
        let ask = match (source, demand) {
            (Source::Given, _) => false,
            (_, Demand::Usable) => !fresh && passed(BETWEEN_ATTEMPTS),
            (_, Demand::Newer) => passed(BETWEEN_ATTEMPTS),
        };
        (!ask).then(|| Ok(keys.clone()))
    }
}

impl Source {
    /// Boxed: a future of the SDK within those of a handler is too deep a type for the compiler.
    fn fetch(&self) -> Pin<Box<dyn Future<Output = Result<Fetched, KeyError>> + Send + '_>> {
        match self {
            // Never asked; it has said everything.
            Self::Given => Box::pin(std::future::ready(Err(KeyError::Lately))),
            Self::SecretsManager(manager) => Box::pin(manager.fetch()),
            Self::Jwks(jwks) => Box::pin(jwks.fetch()),
        }
    }
}
