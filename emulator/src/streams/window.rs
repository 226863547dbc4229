//! Tumbling windows: to which one a record belongs, and the state that a function has made of the
//! records of the open one. Knows neither functions nor time.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html>

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// 1 MB for each shard, by the page above. A larger state ends its window early.
const MOST_STATE_BYTES: usize = 1024 * 1024;

/// What an event has of a window besides records and state, in bytes, at the most.
const MEMBERS: usize = 1024;

const NO_STATE: &str = "{}";

/// The windows of one lane, of which one is open at the most.
#[derive(Debug)]
pub(super) struct Windows {
    length: Duration,
    shard_id: String,
    stream_arn: String,
    open: Option<Window>,
}

/// A window that a record has opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Window {
    /// Unix seconds.
    start: u64,
    /// Unix seconds; a record of this time belongs to the next window.
    end: u64,
    /// JSON, as the function returned it.
    state: String,
}

/// What an invocation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Records go into the state.
    Aggregate,
    /// The window is over, and this is its state.
    Final,
    /// The state has grown too large: this is it, and the window goes on with an empty one.
    TerminatedEarly,
}

impl Windows {
    /// `open` is what an earlier run left.
    pub(super) fn new(length: Duration, shard_id: String, stream_arn: String, open: Option<Window>) -> Self {
        Self { length, shard_id, stream_arn, open }
    }

    pub(super) fn open(&self) -> Option<&Window> {
        self.open.as_ref()
    }

    /// The window of a record of that time. It is the open one, or becomes it with an empty state.
    pub(super) fn of_record(&mut self, created: SystemTime) -> &Window {
        let known = self.open.take().filter(|window| window.contains(created));
        self.open.insert(known.unwrap_or_else(|| Window::of(created, self.length)))
    }

    /// Takes the open window's state over from a function.
    pub(super) fn aggregate(&mut self, state: String) {
        if let Some(window) = &mut self.open {
            window.state = state;
        }
    }

    pub(super) fn is_state_too_large(&self) -> bool {
        self.open.as_ref().is_some_and(|window| window.state.len() > MOST_STATE_BYTES)
    }

    /// The state was handed over: it is dropped, with its window if that is over.
    pub(super) fn handed_over(&mut self, purpose: Purpose) {
        match purpose {
            Purpose::Aggregate => {}
            Purpose::Final => self.open = None,
            Purpose::TerminatedEarly => self.aggregate(NO_STATE.to_owned()),
        }
    }

    /// The members that an event has besides its records, as JSON behind a comma each.
    pub(super) fn members(&self, purpose: Purpose) -> String {
        let Some(window) = &self.open else { return String::new() };
        format!(
            r#","window":{},"state":{},"shardId":{},"eventSourceARN":{},"isFinalInvokeForWindow":{},"isWindowTerminatedEarly":{}"#,
            window.bounds(),
            window.state,
            Value::from(&*self.shard_id),
            Value::from(&*self.stream_arn),
            purpose == Purpose::Final,
            purpose == Purpose::TerminatedEarly,
        )
    }
}

impl Window {
    /// Windows follow each other from the epoch on.
    fn of(created: SystemTime, length: Duration) -> Self {
        let length = length.as_secs().max(1);
        let created = seconds(created);
        let start = created - created % length;
        Self { start, end: start + length, state: NO_STATE.to_owned() }
    }

    pub(super) fn contains(&self, created: SystemTime) -> bool {
        (self.start..self.end).contains(&seconds(created))
    }

    pub(super) fn end(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.end)
    }

    /// How much of an event it takes.
    pub(super) fn bytes(&self) -> usize {
        self.state.len() + MEMBERS
    }

    /// `start` and `end` in UTC.
    fn bounds(&self) -> Value {
        json!({ "start": time(self.start), "end": time(self.end) })
    }

    /// For `/_emulator`: never the state itself, which is about somebody's data.
    pub(super) fn view(&self) -> Value {
        json!({ "start": time(self.start), "end": time(self.end), "stateBytes": self.state.len() })
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn time(seconds: u64) -> Option<String> {
    let time = chrono::DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)?;
    Some(time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use aws_lambda_events::time_window::TimeWindowProperties;

    use super::*;

    /// 2020-07-30T17:00:00Z.
    const START: u64 = 1_596_128_400;

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(START + second)
    }

    fn windows(seconds: u64) -> Windows {
        Windows::new(Duration::from_secs(seconds), "shardId-1".to_owned(), "arn".to_owned(), None)
    }

    fn event(windows: &Windows, purpose: Purpose) -> Value {
        serde_json::from_str(&format!(r#"{{"Records":[]{}}}"#, windows.members(purpose))).unwrap()
    }

    #[test]
    fn a_record_belongs_to_the_window_of_its_time_and_windows_begin_at_the_epoch() {
        let mut windows = windows(300);
        windows.of_record(at(299) + Duration::from_millis(999));
        assert_eq!(
            event(&windows, Purpose::Aggregate)["window"],
            json!({ "start": "2020-07-30T17:00:00Z", "end": "2020-07-30T17:05:00Z" })
        );
        assert!(windows.open().unwrap().contains(at(0)));
        assert!(!windows.open().unwrap().contains(at(300)));
        windows.of_record(at(300));
        assert_eq!(event(&windows, Purpose::Aggregate)["window"]["start"], "2020-07-30T17:05:00Z");
        // A day is no multiple of 700 s: it is the epoch that counts.
        let start = Window::of(at(0), Duration::from_secs(700)).start;
        assert_eq!((start % 700, START - start < 700), (0, true));
    }

    #[test]
    fn an_event_has_the_members_of_its_window() {
        let mut windows = windows(300);
        windows.of_record(at(1));
        windows.aggregate(r#"{"1":"282"}"#.to_owned());
        let mut expected = json!({
            "Records": [],
            "window": { "start": "2020-07-30T17:00:00Z", "end": "2020-07-30T17:05:00Z" },
            "state": { "1": "282" }, "shardId": "shardId-1", "eventSourceARN": "arn",
            "isFinalInvokeForWindow": false, "isWindowTerminatedEarly": false
        });
        assert_eq!(event(&windows, Purpose::Aggregate), expected);
        let typed: TimeWindowProperties =
            serde_json::from_value(event(&windows, Purpose::TerminatedEarly)).unwrap();
        assert!(typed.is_window_terminated_early && !typed.is_final_invoke_for_window);
        expected["isFinalInvokeForWindow"] = json!(true);
        assert_eq!(event(&windows, Purpose::Final), expected);
    }

    #[test]
    fn a_state_is_dropped_with_its_window_or_when_it_has_grown_too_large() {
        let mut windows = windows(300);
        windows.of_record(at(1));
        windows.aggregate("1".repeat(MOST_STATE_BYTES));
        assert!(!windows.is_state_too_large());
        windows.aggregate("1".repeat(MOST_STATE_BYTES + 1));
        assert!(windows.is_state_too_large());
        windows.handed_over(Purpose::TerminatedEarly);
        assert_eq!(event(&windows, Purpose::Aggregate)["state"], json!({}));
        windows.handed_over(Purpose::Final);
        assert_eq!(windows.open(), None);
    }
}
