//! Functions that run by the clock: the `Schedule` and `ScheduleV2` events of a template, and the same
//! runs on demand. Each run is an asynchronous invocation with Lambda's retries, as on AWS; times that
//! passed while the emulator was not running are not made up for.

mod event;
mod expression;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

pub(crate) use event::with_context;
pub use expression::{BadSchedule, ScheduleExpression};

use crate::clock::Timestamp;
use crate::function::FunctionError;
use crate::functions::{Functions, Target};
use crate::gateway::Gateway;
use crate::invoke::run_to_the_end;
use crate::template::{LogicalId, ScheduleEvent, Template};

/// The schedules of the functions that are registered.
#[derive(Debug, Default)]
pub(crate) struct Schedules {
    place: Place,
    all: Vec<Schedule>,
}

/// Where all of them are, for their events.
#[derive(Clone, Debug, Default)]
struct Place {
    region: String,
    account_id: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    /// The key under the function's `Events`.
    pub(crate) key: String,
    pub(crate) event: ScheduleEvent,
    pub(crate) target: Target,
}

/// Why a schedule was not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No registered function of that name has a schedule, or not of that name.
    #[error("{0} has no such schedule")]
    Unknown(LogicalId),
    /// The function has several.
    #[error("{function} has several schedules; name one of {}", .events.join(", "))]
    Several {
        /// Its logical id.
        function: LogicalId,
        /// The keys of its events.
        events: Vec<String>,
    },
    /// It ran and failed.
    #[error("the function failed")]
    Function(#[from] FunctionError),
}

impl Schedules {
    pub(crate) fn of_template(template: &Template, functions: &Functions) -> Self {
        let place = Place { region: template.region.clone(), account_id: template.account_id.clone() };
        let mut all = Vec::new();
        for (id, spec) in &template.functions {
            let Some(target) = functions.get(id) else { continue };
            let schedules = spec.schedules.iter();
            all.extend(schedules.map(|(key, event)| Schedule {
                key: key.clone(),
                event: event.clone(),
                target: target.clone(),
            }));
        }
        Self { place, all }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Schedule> {
        self.all.iter()
    }

    /// Lets every enabled schedule run until the gateway stops.
    pub(crate) fn start(&self, gateway: &Arc<Gateway>) {
        for schedule in self.all.iter().filter(|schedule| schedule.event.enabled) {
            tokio::spawn(follow(Arc::clone(gateway), self.place.clone(), schedule.clone()));
        }
    }

    /// Runs a function's schedule now, whether or not it is enabled, and yields the function's result.
    /// `function` is a logical id or a function's name, and `event` may be left out where the function
    /// has only one schedule.
    pub(crate) async fn run(&self, function: &str, event: Option<&str>) -> Result<Bytes, RunError> {
        let of_function: Vec<&Schedule> = self
            .all
            .iter()
            .filter(|s| s.target.name == function || s.target.function_name == function)
            .filter(|s| event.is_none_or(|event| s.key == event))
            .collect();
        match *of_function {
            [] => Err(RunError::Unknown(function.to_owned())),
            [schedule] => {
                let payload = event::payload(&self.place, &schedule.event, Timestamp::now());
                Ok(schedule.target.invoke(payload).await?)
            }
            _ => Err(RunError::Several {
                function: function.to_owned(),
                events: of_function.iter().map(|schedule| schedule.key.clone()).collect(),
            }),
        }
    }
}

async fn follow(gateway: Arc<Gateway>, place: Place, schedule: Schedule) {
    let mut last = Timestamp::now();
    loop {
        let now = Timestamp::now();
        let expression = &schedule.event.expression;
        // A machine that slept does not make up for what it slept through.
        let due = expression.after(last).filter(|due| *due > now).or_else(|| expression.after(now));
        let Some(due) = due else { return };
        let wait = Duration::from_millis(u64::try_from(due.0 - now.0).unwrap_or_default());
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = gateway.stopped() => return,
        }
        last = due;
        let (function, event) = (&schedule.target.name, &schedule.key);
        tracing::debug!(%function, %event, "a schedule is due");
        let payload = event::payload(&place, &schedule.event, due);
        tokio::spawn(run(Arc::clone(&gateway), schedule.target.clone(), payload));
    }
}

/// A run that is still going when the next is due does not hold it up.
async fn run(gateway: Arc<Gateway>, target: Target, payload: Bytes) {
    let running = gateway.tasks.begin();
    let retries = gateway.invoke_api.unwrap_or_default();
    run_to_the_end(&target, payload, retries, gateway.stopped()).await;
    drop(running);
}
