//! The events that functions get, as captured from the service: which keys there are, in which
//! order, and which are absent rather than null.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-integration-requests.html>

use std::collections::BTreeMap;

use bytes::Bytes;
use indexmap::IndexMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::api::Api;
use super::connection::Facts;
use super::ending::Ending;
use super::head::Head;
use crate::clock::Timestamp;
use crate::ids::{Id, trace_id};

/// When and under which id one event happens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) request_id: Id,
    pub(crate) at: Timestamp,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Self::at(None)
    }

    /// At the time that a request told, if it was believed.
    pub(crate) fn at(told: Option<Timestamp>) -> Self {
        Self { request_id: Id::request(), at: told.unwrap_or_else(Timestamp::now) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method_arn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Last<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<All<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_string_parameters: Option<Last<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_query_string_parameters: Option<All<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage_variables: Option<&'a RawValue>,
    request_context: RequestContext<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_base64_encoded: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    route_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<Id>,
    event_type: &'static str,
    extended_request_id: Id,
    request_time: String,
    message_direction: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_reason: Option<&'a str>,
    stage: &'a str,
    connected_at: i64,
    request_time_epoch: i64,
    identity: &'a RawValue,
    request_id: Id,
    domain_name: &'a str,
    connection_id: Id,
    api_id: &'a str,
}

impl<'a> RequestContext<'a> {
    fn new(
        api: &'a Api,
        facts: &'a Facts,
        moment: Moment,
        event_type: &'static str,
        route_key: &'a str,
    ) -> Self {
        Self {
            route_key,
            disconnect_status_code: None,
            authorizer: facts.authorizer.as_deref(),
            message_id: None,
            event_type,
            // The service gives both the same value.
            extended_request_id: moment.request_id,
            request_time: moment.at.common_log(),
            message_direction: "IN",
            disconnect_reason: None,
            stage: &api.stage,
            connected_at: facts.connected_at.0,
            request_time_epoch: moment.at.0,
            identity: &facts.identity,
            request_id: moment.request_id,
            domain_name: &facts.domain_name,
            connection_id: facts.connection_id,
            api_id: &api.api_id,
        }
    }

    /// An event behind the handshake. Whether it has the stage's variables is one of the doubts.
    fn later_event(self, api: &'a Api) -> Event<'a> {
        let event = self.event(api);
        let variables = event.stage_variables.filter(|_| api.doubts.stage_variables_in_messages);
        Event { stage_variables: variables, ..event }
    }

    fn event(self, api: &'a Api) -> Event<'a> {
        Event {
            kind: None,
            method_arn: None,
            headers: None,
            multi_value_headers: None,
            query_string_parameters: None,
            multi_value_query_string_parameters: None,
            stage_variables: api.stage_variables_json.as_deref(),
            request_context: self,
            body: None,
            is_base64_encoded: Some(false),
        }
    }
}

/// Names with all of their values, in the order in which they are printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Multi(IndexMap<String, Vec<String>>);

/// One value for each name: the last, as REST APIs have it.
struct Last<'a>(&'a Multi);

/// A list of values for each name.
struct All<'a>(&'a Multi);

impl Serialize for Last<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.0.iter().map(|(name, values)| (name, values.last())))
    }
}

impl Serialize for All<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(&self.0.0)
    }
}

impl Multi {
    /// Keys in the client's order.
    pub(super) fn of_query(head: &Head) -> Self {
        let mut map: IndexMap<String, Vec<String>> = IndexMap::new();
        for (name, value) in head.query_pairs() {
            map.entry(name).or_default().push(value);
        }
        Self(map)
    }

    /// The client's headers and those that the service adds, in case-insensitive alphabetical
    /// order, each name in the casing of its first occurrence.
    pub(super) fn of_headers(head: &Head, source_ip: &str, trace_id: &str) -> Self {
        let mut sorted: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
        for (name, value) in &head.headers {
            let slot = sorted.entry(name.to_lowercase()).or_insert_with(|| (name.clone(), Vec::new()));
            slot.1.push(value.clone());
        }
        let mut set = |name: &str, value: String| {
            sorted.insert(name.to_lowercase(), (name.to_owned(), vec![value]));
        };
        let forwarded = match head.header("x-forwarded-for") {
            Some(before) => format!("{before}, {source_ip}"),
            None => source_ip.to_owned(),
        };
        set("X-Forwarded-For", forwarded);
        // What the service says of every connection; a handler that wants TLS must not fail here.
        set("X-Forwarded-Port", "443".to_owned());
        set("X-Forwarded-Proto", "https".to_owned());
        if head.header("x-amzn-trace-id").is_none() {
            set("X-Amzn-Trace-Id", trace_id.to_owned());
        }
        Self(sorted.into_values().collect())
    }

    fn without(&self, names: &[&str]) -> Self {
        let keep = |name: &str| !names.iter().any(|other| name.eq_ignore_ascii_case(other));
        Self(self.0.iter().filter(|(name, _)| keep(name)).map(|(n, v)| (n.clone(), v.clone())).collect())
    }

    /// The authorizer sees a `content-length` that no client sent.
    fn with_content_length(&self) -> Self {
        let mut sorted: BTreeMap<String, (String, Vec<String>)> = self
            .0
            .iter()
            .map(|(name, values)| (name.to_lowercase(), (name.clone(), values.clone())))
            .collect();
        let length = || ("content-length".to_owned(), vec!["0".to_owned()]);
        sorted.entry("content-length".to_owned()).or_insert_with(length);
        Self(sorted.into_values().collect())
    }

    /// The last value of a name in exactly this casing.
    pub(super) fn exact(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.last().map(String::as_str)
    }

    /// The last value of a name in any casing.
    pub(super) fn any_case(&self, name: &str) -> Option<&str> {
        let (_, values) = self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        values.last().map(String::as_str)
    }
}

/// What the handshake said, as its two events repeat it.
pub(super) struct Handshake {
    pub(super) headers: Multi,
    /// `None` if the URL has no query.
    pub(super) query: Option<Multi>,
}

impl Handshake {
    pub(super) fn new(head: &Head, source_ip: &str, moment: Moment) -> Self {
        let trace_id = trace_id(moment.at);
        let query = Multi::of_query(head);
        Self {
            headers: Multi::of_headers(head, source_ip, &trace_id),
            query: (!query.0.is_empty()).then_some(query),
        }
    }
}

pub(super) fn authorizer(api: &Api, facts: &Facts, moment: Moment, handshake: &Handshake) -> Bytes {
    let nothing = Multi::default();
    let headers = handshake.headers.with_content_length();
    let query = handshake.query.as_ref().unwrap_or(&nothing);
    let no_variables = serde_json::from_str::<&RawValue>("{}").ok();
    encode(&Event {
        kind: Some("REQUEST"),
        method_arn: Some(&api.method_arn),
        headers: Some(Last(&headers)),
        multi_value_headers: Some(All(&headers)),
        // Here, and only here, these are there when empty.
        query_string_parameters: Some(Last(query)),
        multi_value_query_string_parameters: Some(All(query)),
        stage_variables: api.stage_variables_json.as_deref().or(no_variables),
        is_base64_encoded: None,
        ..RequestContext::new(api, facts, moment, "CONNECT", "$connect").event(api)
    })
}

pub(super) fn connect(api: &Api, facts: &Facts, moment: Moment, handshake: &Handshake) -> Bytes {
    let headers = handshake.headers.without(&["connection", "upgrade", "content-length"]);
    encode(&Event {
        headers: Some(Last(&headers)),
        multi_value_headers: Some(All(&headers)),
        query_string_parameters: handshake.query.as_ref().map(Last),
        multi_value_query_string_parameters: handshake.query.as_ref().map(All),
        ..RequestContext::new(api, facts, moment, "CONNECT", "$connect").event(api)
    })
}

pub(super) fn message(api: &Api, facts: &Facts, moment: Moment, route_key: &str, body: &str) -> Bytes {
    let context = RequestContext {
        message_id: Some(Id::message(facts.connection_id)),
        ..RequestContext::new(api, facts, moment, "MESSAGE", route_key)
    };
    encode(&Event { body: Some(body), ..context.later_event(api) })
}

pub(super) fn disconnect(api: &Api, facts: &Facts, moment: Moment, ending: &Ending) -> Bytes {
    // Not the handshake's headers: exactly these four.
    let fixed =
        [("Host", &*facts.domain_name), ("x-api-key", ""), ("X-Forwarded-For", ""), ("x-restapi", "")];
    let headers =
        Multi(fixed.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect());
    let context = RequestContext {
        disconnect_status_code: Some(ending.code),
        disconnect_reason: Some(&ending.reason),
        ..RequestContext::new(api, facts, moment, "DISCONNECT", "$disconnect")
    };
    encode(&Event {
        headers: Some(Last(&headers)),
        multi_value_headers: Some(All(&headers)),
        ..context.later_event(api)
    })
}

fn encode(event: &Event<'_>) -> Bytes {
    // Keys are strings and every value is plain, so there is always a text.
    serde_json::to_vec(event).unwrap_or_default().into()
}

/// JSON text of something that always has one.
pub(crate) fn raw(value: &impl Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
