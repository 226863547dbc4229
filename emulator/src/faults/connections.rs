//! Faults of `@connections`.

use super::{ConnectionsFault, ConnectionsRule, Faults};

impl Faults {
    /// What befalls a call. `operation` is `POST`, `GET` or `DELETE`.
    pub(crate) fn on_connections(&self, operation: &str) -> Option<ConnectionsFault> {
        let state = self.at_work()?;
        let applies = |rule: &ConnectionsRule| {
            rule.operation.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(operation))
        };
        let rule = Self::meet(&state.plan.connections, &state.connections, applies)?;
        tracing::debug!(operation, fault = ?rule.fault, "a fault befalls a call of @connections");
        Some(rule.fault)
    }
}
