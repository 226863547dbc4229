//! Whether a handshake has the API key that `$connect` wants.

use super::refusal::Refusal;
use super::throttle::Throttle;
use crate::template::{ApiKey, ApiKeySource, ApiKeys};

#[derive(Debug)]
pub(crate) struct KeyCheck {
    pub(super) source: ApiKeySource,
    keys: Vec<(ApiKey, Option<Throttle>)>,
}

impl KeyCheck {
    pub(super) fn new(spec: &ApiKeys) -> Self {
        let throttle = |key: &ApiKey| key.throttling.map(|t| Throttle::new(t.rate, t.burst));
        let keys = spec.keys.iter().map(|key| (key.clone(), throttle(key))).collect();
        Self { source: spec.source, keys }
    }

    /// The key of that value, if its usage plan lets one more request pass.
    pub(super) fn check(&self, value: Option<&str>) -> Result<&ApiKey, Refusal> {
        let known = value.and_then(|value| self.keys.iter().find(|(key, _)| key.value == value));
        let Some((key, throttle)) = known else { return Err(Refusal::forbidden()) };
        match throttle.as_ref().is_none_or(Throttle::admits) {
            true => Ok(key),
            false => Err(Refusal::throttled()),
        }
    }
}
