//! Faults of functions, wherever the code runs: put around them before anybody can invoke them.

use std::time::Duration;

use bytes::Bytes;
use indexmap::IndexMap;
use serde::Deserialize;
use tokio::time::Instant;

use super::{Faults, FunctionFault, FunctionRule};
use crate::function::{Function, FunctionError, Invocation};
use crate::template::{FunctionSpec, LogicalId, Template};

impl Faults {
    /// The functions of a template, with this plan's faults around each.
    pub fn around(
        &self,
        template: &Template,
        functions: IndexMap<LogicalId, Function>,
    ) -> IndexMap<LogicalId, Function> {
        if self.0.as_ref().is_none_or(|state| state.plan.function.is_empty()) {
            return functions;
        }
        let wrap = |(id, function): (LogicalId, Function)| match template.functions.get(&id) {
            Some(spec) => {
                let wrapped = self.around_one(&id, spec, &function);
                (id, wrapped)
            }
            None => (id, function),
        };
        functions.into_iter().map(wrap).collect()
    }

    fn around_one(&self, id: &str, spec: &FunctionSpec, function: &Function) -> Function {
        let (faults, id, name, timeout) = (self.clone(), id.to_owned(), spec.name.clone(), spec.timeout);
        let inner = function.clone();
        // It keeps its own time, because a fault may be one of time.
        let faulty = Function::keeping_time(move |invocation| {
            let fault = faults.on_function(&id, &name, &invocation.payload);
            let function = inner.clone();
            async move {
                match fault {
                    None => function.invoke(invocation, timeout).await,
                    Some(fault) => befall(fault, &function, invocation, timeout).await,
                }
            }
        });
        let wrapped = faulty.in_place(function.place());
        if function.keeps_time() { wrapped } else { wrapped.within_its_timeout() }
    }

    fn on_function(&self, id: &str, name: &str, payload: &[u8]) -> Option<FunctionFault> {
        let state = self.at_work()?;
        let by_route = state.plan.function.iter().any(|rule| rule.route.is_some());
        let route = if by_route { route_of(payload) } else { None };
        let applies = |rule: &FunctionRule| {
            rule.name.as_deref().is_none_or(|wanted| wanted == id || wanted == name)
                && rule.route.as_deref().is_none_or(|wanted| Some(wanted) == route.as_deref())
        };
        let rule = Self::meet(&state.plan.function, &state.function, applies)?;
        tracing::debug!(function = id, fault = ?rule.fault, "a fault befalls an invocation");
        Some(rule.fault.clone())
    }
}

async fn befall(
    fault: FunctionFault,
    function: &Function,
    invocation: Invocation,
    timeout: Duration,
) -> Result<Bytes, FunctionError> {
    let request_id = invocation.request_id.clone();
    match fault {
        FunctionFault::CrashBefore => Err(crashed(&request_id)),
        FunctionFault::CrashAfter => {
            let _never_told = function.invoke(invocation, timeout).await;
            Err(crashed(&request_id))
        }
        FunctionFault::CrashDuring(ms) => {
            // Dropped half-way: a process is killed by that, and a handler of this one ends where it
            // waits.
            let _cut_off =
                tokio::time::timeout(Duration::from_millis(ms), function.invoke(invocation, timeout)).await;
            Err(crashed(&request_id))
        }
        FunctionFault::Error(message) => Err(FunctionError::new("InjectedFault", &message)),
        FunctionFault::Timeout => {
            let deadline = Instant::now() + timeout;
            let _never_told = function.invoke(invocation, timeout).await;
            tokio::time::sleep_until(deadline).await;
            Err(FunctionError::timed_out(&request_id, timeout))
        }
        FunctionFault::Throttle => Err(FunctionError::refused("TooManyRequestsException", &"Rate Exceeded.")),
        FunctionFault::Delay(ms) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            function.invoke(invocation, timeout).await
        }
        FunctionFault::Duplicate => {
            let _first = function.invoke(invocation.clone(), timeout).await;
            function.invoke(invocation, timeout).await
        }
        FunctionFault::Drop => Ok(Bytes::from_static(b"null")),
        FunctionFault::KillBefore => die(),
        FunctionFault::KillAfter => {
            let _never_told = function.invoke(invocation, timeout).await;
            die()
        }
    }
}

/// What `kill -9` does to the emulator: nothing is closed, saved or said.
fn die() -> ! {
    let _killed = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    // The signal may take a moment.
    std::process::abort()
}

fn crashed(request_id: &str) -> FunctionError {
    let message = format!("RequestId: {request_id} Error: Runtime exited with error: signal: killed");
    FunctionError::new("Runtime.ExitError", &message)
}

/// The route key of a gateway's event; both kinds of API have it at the same place.
fn route_of(payload: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Event {
        request_context: Context,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Context {
        route_key: String,
    }
    serde_json::from_slice::<Event>(payload).ok().map(|event| event.request_context.route_key)
}
