//! Faults on request: what AWS may do to an application at any time, done when a test wants it. A
//! [`FaultPlan`] (a TOML file, or made in code) says where, when and what; the same seed and the same
//! order of requests make the same faults. Nothing happens without a plan.
//!
//! ```
//! use emulator::faults::{FaultPlan, Faults, FunctionFault, FunctionRule};
//!
//! let crash = FunctionRule { name: Some("Worker".into()), nth: vec![3], ..FunctionRule::new(FunctionFault::CrashAfter) };
//! let faults = Faults::new(FaultPlan { function: vec![crash], ..FaultPlan::default() })?;
//! # Ok::<(), emulator::faults::FaultError>(())
//! ```

mod connections;
mod database;
mod decision;
mod functions;
mod plan;
mod reading;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use decision::{Decision, When};

pub(crate) use database::LostReply;
pub use plan::{
    ConnectionsFault, ConnectionsRule, DynamoDbFault, DynamoDbRule, FaultPlan, FunctionFault, FunctionRule,
    SocketFault, SocketRule, StreamFault, StreamRule,
};
pub use reading::FaultError;

/// A plan at work. Cheap to clone; clones share their counts.
#[derive(Clone, Default)]
pub struct Faults(Option<Arc<State>>);

struct State {
    plan: FaultPlan,
    is_over: AtomicBool,
    function: Vec<Decision>,
    connections: Vec<Decision>,
    stream: Vec<Decision>,
    dynamodb: Vec<Decision>,
    socket: Vec<Decision>,
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faults")
    }
}

impl Faults {
    /// No faults at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// Lets a plan begin.
    pub fn new(plan: FaultPlan) -> Result<Self, FaultError> {
        plan.check()?;
        let mut decisions = Decisions { seed: plan.seed, rules: 0 };
        let state = State {
            function: decisions.of(plan.function.iter().map(FunctionRule::when)),
            connections: decisions.of(plan.connections.iter().map(ConnectionsRule::when)),
            stream: decisions.of(plan.stream.iter().map(StreamRule::when)),
            dynamodb: decisions.of(plan.dynamodb.iter().map(DynamoDbRule::when)),
            socket: decisions.of(plan.socket.iter().map(SocketRule::when)),
            plan,
            is_over: AtomicBool::new(false),
        };
        Ok(Self(Some(Arc::new(state))))
    }

    /// From now on nothing befalls anybody any more, whatever the plan says.
    pub fn end(&self) {
        if let Some(state) = &self.0 {
            state.is_over.store(true, Ordering::Relaxed);
        }
    }

    fn at_work(&self) -> Option<&State> {
        self.0.as_deref().filter(|state| !state.is_over.load(Ordering::Relaxed))
    }

    /// The fault of the first rule that applies and strikes. Every rule that applies counts.
    fn meet<'s, R>(rules: &'s [R], decisions: &[Decision], applies: impl Fn(&R) -> bool) -> Option<&'s R> {
        let mut met = None;
        for (rule, decision) in rules.iter().zip(decisions) {
            if applies(rule) && decision.strikes() && met.is_none() {
                met = Some(rule);
            }
        }
        met
    }

    /// What befalls a client's message of this route.
    pub(crate) fn on_socket(&self, place: SocketFault, route: Option<&str>) -> bool {
        let Some(state) = self.at_work() else { return false };
        let applies = |rule: &SocketRule| {
            rule.fault == place && rule.route.as_deref().is_none_or(|wanted| Some(wanted) == route)
        };
        Self::meet(&state.plan.socket, &state.socket, applies).is_some()
    }

    /// Whether a batch of this mapping is treated so.
    pub(crate) fn on_stream(&self, fault: StreamFault, mapping: &str) -> bool {
        let Some(state) = self.at_work() else { return false };
        let function = mapping.split('/').next();
        let applies = |rule: &StreamRule| {
            let name = rule.mapping.as_deref();
            rule.fault == fault && name.is_none_or(|name| name == mapping || Some(name) == function)
        };
        Self::meet(&state.plan.stream, &state.stream, applies).is_some()
    }

    /// Whether streams are disturbed at all, and by which seed.
    pub(crate) fn stream_seed(&self) -> Option<u64> {
        self.0.as_ref().filter(|state| !state.plan.stream.is_empty()).map(|state| state.plan.seed)
    }

    /// Each rule with how often it applied and how often it struck.
    pub(crate) fn to_json(&self) -> Vec<Value> {
        let Some(state) = &self.0 else { return Vec::new() };
        let places = [
            ("function", &state.function),
            ("connections", &state.connections),
            ("stream", &state.stream),
            ("dynamodb", &state.dynamodb),
            ("socket", &state.socket),
        ];
        let mut all = Vec::new();
        for (place, decisions) in places {
            for (index, decision) in decisions.iter().enumerate() {
                let (applied, struck) = decision.counts();
                all.push(
                    json!({ "rule": format!("{place} {}", index + 1), "applied": applied, "struck": struck }),
                );
            }
        }
        all
    }
}

/// Gives each rule a number of its own, so that one more rule changes nothing for those before it.
struct Decisions {
    seed: u64,
    rules: u64,
}

impl Decisions {
    fn of(&mut self, rules: impl Iterator<Item = When>) -> Vec<Decision> {
        let decisions = rules.map(|when| {
            self.rules += 1;
            Decision::new(when, self.seed, self.rules)
        });
        decisions.collect()
    }
}
