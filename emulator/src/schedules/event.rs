//! What a scheduled function is told: the event of an EventBridge rule, the default notification of
//! EventBridge Scheduler, or the template's `Input`.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html>

use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Place;
use crate::clock::Timestamp;
use crate::template::{ScheduleEvent, Scheduler};

/// The event of the run that was due at `due`.
pub(super) fn payload(place: &Place, event: &ScheduleEvent, due: Timestamp) -> Bytes {
    let (id, time) = (Uuid::new_v4().to_string(), due.iso_8601_seconds());
    if let Some(input) = &event.input {
        return match event.scheduler {
            Scheduler::Rule => input.clone(),
            Scheduler::Scheduler => with_context(input, &arn(place, event), &time, &id),
        }
        .into();
    }
    let (source, detail) = match event.scheduler {
        Scheduler::Rule => ("aws.events", json!({})),
        // Not an object but its text.
        Scheduler::Scheduler => ("aws.scheduler", Value::from("{}")),
    };
    let event = json!({
        "version": "0",
        "id": id,
        "detail-type": "Scheduled Event",
        "source": source,
        "account": place.account_id,
        "time": time,
        "region": place.region,
        "resources": [arn(place, event)],
        "detail": detail,
    });
    event.to_string().into()
}

/// The rule's or the schedule's.
fn arn(place: &Place, event: &ScheduleEvent) -> String {
    let (Place { region, account_id }, name) = (place, &event.name);
    match event.scheduler {
        Scheduler::Rule => format!("arn:aws:events:{region}:{account_id}:rule/{name}"),
        Scheduler::Scheduler => {
            format!("arn:aws:scheduler:{region}:{account_id}:schedule/{}/{name}", event.group)
        }
    }
}

/// An input with its keywords replaced.
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html>
pub(crate) fn with_context(input: &str, arn: &str, time: &str, execution_id: &str) -> String {
    input
        .replace("<aws.scheduler.schedule-arn>", arn)
        .replace("<aws.scheduler.scheduled-time>", time)
        .replace("<aws.scheduler.execution-id>", execution_id)
        .replace("<aws.scheduler.attempt-number>", "1")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn event(scheduler: Scheduler, input: Option<&str>) -> Value {
        let event = ScheduleEvent {
            name: "minute".to_owned(),
            group: "default".to_owned(),
            expression: "rate(1 minute)".parse().unwrap(),
            scheduler,
            input: input.map(str::to_owned),
            enabled: true,
        };
        let place = Place { region: "eu-central-1".to_owned(), account_id: "000000000000".to_owned() };
        serde_json::from_slice(&payload(&place, &event, Timestamp(1_701_245_040_789))).unwrap()
    }

    #[test]
    fn a_rule_sends_a_scheduled_event() {
        let mut event = event(Scheduler::Rule, None);
        assert_eq!(event["id"].take().as_str().unwrap().len(), 36);
        assert_eq!(
            event,
            json!({
                "version": "0", "id": null, "detail-type": "Scheduled Event", "source": "aws.events",
                "account": "000000000000", "time": "2023-11-29T08:04:00Z", "region": "eu-central-1",
                "resources": ["arn:aws:events:eu-central-1:000000000000:rule/minute"], "detail": {}
            })
        );
    }

    #[test]
    fn the_scheduler_sends_its_default_notification() {
        let event = event(Scheduler::Scheduler, None);
        assert_eq!(event["source"], "aws.scheduler");
        assert_eq!(
            event["resources"][0],
            "arn:aws:scheduler:eu-central-1:000000000000:schedule/default/minute"
        );
        assert_eq!(event["detail"], "{}");
    }

    #[test]
    fn an_input_is_sent_instead_and_only_the_scheduler_replaces_keywords_in_it() {
        let input = r#"{"at":"<aws.scheduler.scheduled-time>","try":"<aws.scheduler.attempt-number>"}"#;
        assert_eq!(event(Scheduler::Rule, Some(input))["try"], "<aws.scheduler.attempt-number>");
        assert_eq!(
            event(Scheduler::Scheduler, Some(input)),
            json!({ "at": "2023-11-29T08:04:00Z", "try": "1" })
        );
    }
}
