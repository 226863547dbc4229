//! All mappings of one process: start, wait for quiet, shut down.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::checkpoints::Checkpoints;
use super::delivery::Delivery;
use super::disorder;
use super::drained::Drained;
use super::filter::Filters;
use super::lane::Batching;
use super::mapping::{Mapping, MappingError};
use super::source::Source;
use super::stop::Stop;
use super::turnover::{TooManyShards, Turnover};
use super::view::View;
use crate::dynamodb::{Clients, Written};

/// Checkpoints are written at most this often, so that a busy stream does not mean a busy disk.
const SAVE_EVERY: Duration = Duration::from_millis(200);

/// Why a mapping's shards stay as they are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TurnoverError {
    /// No mapping of that name.
    #[error("there is no mapping {0}")]
    Unknown(String),
    /// A function has several, and none was named.
    #[error("the function has several mappings; name one of {0}")]
    Several(String),
    /// There are as many as there may be.
    #[error(transparent)]
    TooMany(#[from] TooManyShards),
}

/// The running mappings. Dropping them stops them where they are; nothing is lost by that, and what
/// was not saved is delivered again.
#[derive(Debug)]
pub struct Mappings {
    sources: Vec<Arc<Source>>,
    tasks: JoinSet<()>,
    saver: JoinSet<()>,
    checkpoints: Checkpoints,
    stop: watch::Sender<bool>,
}

impl Mappings {
    /// Starts `mappings` on the streams that `clients` reach. What is written after this returns is
    /// delivered, also to those that begin at `LATEST`.
    ///
    /// `written` is the embedded engine's: with it nothing is asked while nothing is written, and
    /// records go out at once. Without it every shard is read four times a second.
    pub async fn start(
        clients: &Clients,
        mappings: Vec<Mapping>,
        checkpoints: Checkpoints,
        written: Option<Written>,
    ) -> Result<Self, MappingError> {
        let (stopper, stop) = Stop::channel();
        let mut names = HashSet::new();
        let mut opened = Vec::new();
        for mapping in mappings {
            if !names.insert(mapping.name.clone()) {
                return Err(MappingError::NotUnique { mapping: mapping.name });
            }
            let source = source(mapping, clients, &checkpoints, written.as_ref(), &stop)?;
            let stream = source.open().await?;
            opened.push((Arc::new(source), stream));
        }
        // Only now, so that an error above leaves nothing running.
        let mut tasks = JoinSet::new();
        let mut sources = Vec::new();
        for (source, stream) in opened {
            tasks.spawn(Arc::clone(&source).run(stream));
            sources.push(source);
        }
        let mut saver = JoinSet::new();
        saver.spawn(save_now_and_then(checkpoints.clone()));
        Ok(Self { sources, tasks, saver, checkpoints, stop: stopper })
    }

    /// A look at them for whoever wants to know.
    pub(crate) fn view(&self) -> View {
        View::new(self.sources.clone())
    }

    /// Waits until every record written before the call is delivered or given up. A batch that is
    /// retried without end keeps it waiting, so tests give it a time limit.
    pub async fn drained(&self) {
        for source in &self.sources {
            source.drained.reached().await;
        }
    }

    /// Replaces the virtual shards of a mapping (`Function/Event`) by as many others, or by twice as many:
    /// the present ones are delivered to their end first. Yields how many there will be.
    pub fn turn_over(&self, mapping: &str, split: bool) -> Result<usize, TurnoverError> {
        self.view().turn_over(mapping, split)
    }

    /// Lets running invocations end, for at most `deadline`, begins no other, and saves the
    /// checkpoints. What was not delivered is at the next start.
    pub async fn shutdown(mut self, deadline: Duration) {
        self.stop.send_replace(true);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(deadline, ended).await.is_err() {
            tracing::warn!("stream batches are cut off and will be delivered again");
        }
        self.tasks.shutdown().await;
        self.saver.shutdown().await;
        save(&self.checkpoints).await;
    }
}

fn source(
    mapping: Mapping,
    clients: &Clients,
    checkpoints: &Checkpoints,
    written: Option<&Written>,
    stop: &Stop,
) -> Result<Source, MappingError> {
    let settings = mapping.stream_event;
    let filters = Filters::parse(&settings.filters)
        .map_err(|source| MappingError::Filter { mapping: mapping.name.clone(), source })?;
    let function = disorder::around(&mapping.faults, &mapping.name, mapping.function);
    let turnover = Turnover::new(checkpoints.turn(&mapping.name));
    Ok(Source {
        name: mapping.name.clone(),
        table_name: mapping.table_name,
        starting_position: settings.starting_position,
        parallelization_factor: settings.parallelization_factor,
        batching: Batching { size: settings.batch_size.max(1), window: settings.batching_window },
        filters,
        delivery: Delivery {
            mapping: mapping.name,
            function,
            timeout: mapping.timeout,
            settings,
            first_backoff: mapping.first_backoff,
            warned: AtomicBool::new(false),
        },
        clients: clients.clone(),
        saved: checkpoints.clone(),
        written: written.cloned(),
        stop: stop.clone(),
        drained: Drained::new(),
        turnover,
    })
}

async fn save_now_and_then(checkpoints: Checkpoints) {
    loop {
        checkpoints.changed().await;
        tokio::time::sleep(SAVE_EVERY).await;
        save(&checkpoints).await;
    }
}

async fn save(checkpoints: &Checkpoints) {
    let checkpoints = checkpoints.clone();
    let saved = tokio::task::spawn_blocking(move || checkpoints.save()).await;
    if let Ok(Err(error)) = saved {
        let error: &dyn std::error::Error = &error;
        tracing::warn!(error, "stream checkpoints are not saved: records may be delivered again");
    }
}
