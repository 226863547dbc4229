//! `DefaultRouteSettings` and `RouteSettings` of a stage, as far as they throttle.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html>

use indexmap::IndexMap;

use super::section::Section;
use super::{TemplateError, Throttling};

/// The limit of each route that has one of its own, and that of all the others.
#[derive(Clone, Debug, Default)]
pub(super) struct StageThrottling {
    pub(super) others: Option<Throttling>,
    pub(super) routes: IndexMap<String, Throttling>,
}

impl StageThrottling {
    pub(super) fn read(stage: &Section<'_>) -> Result<Self, TemplateError> {
        let others = stage.section("DefaultRouteSettings")?.as_ref().map(one).transpose()?.flatten();
        let mut routes = IndexMap::new();
        if let Some(settings) = stage.section("RouteSettings")? {
            for key in settings.keys() {
                let own = settings.section(key)?.as_ref().map(one).transpose()?.flatten();
                routes.extend(own.map(|own| (key.clone(), own)));
            }
        }
        Ok(Self { others, routes })
    }

    pub(super) fn of_route(&self, key: &str) -> Option<Throttling> {
        self.routes.get(key).copied().or(self.others)
    }
}

/// `Throttle` of a usage plan.
pub(super) fn of_plan(throttle: &Section<'_>) -> Result<Option<Throttling>, TemplateError> {
    named(throttle, "RateLimit", "BurstLimit")
}

fn one(settings: &Section<'_>) -> Result<Option<Throttling>, TemplateError> {
    named(settings, "ThrottlingRateLimit", "ThrottlingBurstLimit")
}

fn named(settings: &Section<'_>, rate: &str, burst: &str) -> Result<Option<Throttling>, TemplateError> {
    let number = |name: &str| match settings.text(name)? {
        None => Ok(None),
        Some(text) => match text.parse::<f64>() {
            Ok(number) if number >= 0.0 && number.is_finite() => Ok(Some(number)),
            _ => Err(settings.problem(name, "a number of requests is wanted")),
        },
    };
    let (rate, burst) = (number(rate)?, number(burst)?);
    // AWS wants both or neither; with one, the other is as large.
    Ok(rate.or(burst).zip(burst.or(rate)).map(|(rate, burst)| Throttling { rate, burst }))
}
