//! `$disconnect`: told once for each connection that was open, after its socket is closed. Its
//! result is ignored and never retried, as on AWS.

use super::api::Api;
use super::connection::Facts;
use super::ending::Ending;
use super::event::{self, Moment};
use crate::doubts::EndingCause;

pub(crate) async fn run(api: &Api, facts: &Facts, ending: &Ending) {
    let connection = facts.connection_id;
    let lost = (*ending == Ending::LOST).then(|| api.doubts.ending(EndingCause::Lost)).flatten();
    let ending = lost.as_ref().unwrap_or(ending);
    tracing::debug!(%connection, code = ending.code, "disconnected");
    let Some(route) = api.routes.get("$disconnect") else { return };
    let Some(target) = &route.target else { return };
    let moment = Moment::now();
    let payload = event::disconnect(api, facts, moment, ending);
    if let Err(error) = target.integrate(payload, route.timeout).await {
        let request = moment.request_id;
        tracing::error!(%connection, route = "$disconnect", %request, %error, "the integration failed");
    }
}
