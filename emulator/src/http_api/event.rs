//! The event of payload format 2.0.

use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, Request, header};
use indexmap::IndexMap;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::ids::Id;

/// What the request itself does not say.
pub(super) struct Facts<'a> {
    pub(super) api_id: &'a str,
    pub(super) account_id: &'a str,
    pub(super) stage: &'a str,
    pub(super) route_key: &'a str,
    pub(super) parameters: &'a [(String, String)],
    pub(super) peer: IpAddr,
    pub(super) request_id: Id,
    /// When it happens.
    pub(super) now: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    version: &'static str,
    route_key: &'a str,
    /// Decoded once, whatever its name says.
    raw_path: &'a str,
    raw_query_string: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    query_string_parameters: IndexMap<String, String>,
    request_context: RequestContext<'a>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    path_parameters: IndexMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    account_id: &'a str,
    api_id: &'a str,
    domain_name: &'a str,
    domain_prefix: &'a str,
    http: Http<'a>,
    request_id: Id,
    route_key: &'a str,
    stage: &'a str,
    time: String,
    time_epoch: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Http<'a> {
    method: &'a str,
    path: &'a str,
    protocol: &'static str,
    source_ip: String,
    user_agent: &'a str,
}

pub(super) fn encode(request: &Request<Bytes>, facts: &Facts<'_>) -> Bytes {
    let now = facts.now;
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let domain_name = text(header::HOST);
    let source_ip = facts.peer.to_canonical().to_string();
    let (body, is_base64_encoded) = body(request);
    let query = request.uri().query().unwrap_or_default();
    let path = percent_decode_str(request.uri().path()).decode_utf8_lossy();
    let event = Event {
        version: "2.0",
        route_key: facts.route_key,
        raw_path: &path,
        raw_query_string: query,
        cookies: cookies(request.headers()),
        headers: headers(request.headers(), &source_ip),
        query_string_parameters: joined(form_urlencoded::parse(query.as_bytes()).into_owned()),
        request_context: RequestContext {
            account_id: facts.account_id,
            api_id: facts.api_id,
            domain_name,
            domain_prefix: domain_name.split('.').next().unwrap_or_default(),
            http: Http {
                method: request.method().as_str(),
                path: &path,
                protocol: "HTTP/1.1",
                source_ip,
                user_agent: text(header::USER_AGENT),
            },
            request_id: facts.request_id,
            route_key: facts.route_key,
            stage: facts.stage,
            time: now.common_log(),
            time_epoch: now.0,
        },
        path_parameters: facts
            .parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect(),
        body,
        is_base64_encoded,
    };
    // Keys are strings and every value is plain, so there is always a text.
    serde_json::to_vec(&event).unwrap_or_default().into()
}

/// Lower-case names; several values in one, separated by commas.
fn headers(headers: &HeaderMap, source_ip: &str) -> BTreeMap<String, String> {
    let values = headers.iter().filter(|(name, _)| **name != header::COOKIE);
    let pairs = values.map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let mut headers: BTreeMap<String, String> = joined(pairs).into_iter().collect();
    let forwarded = headers.entry("x-forwarded-for".to_owned()).or_default();
    if !forwarded.is_empty() {
        forwarded.push_str(", ");
    }
    forwarded.push_str(source_ip);
    headers.insert("x-forwarded-port".to_owned(), "443".to_owned());
    headers.insert("x-forwarded-proto".to_owned(), "https".to_owned());
    headers
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split("; ")).map(str::to_owned).collect()
}

fn joined(pairs: impl Iterator<Item = (String, String)>) -> IndexMap<String, String> {
    let mut map: IndexMap<String, String> = IndexMap::new();
    for (name, value) in pairs {
        match map.get_mut(&name) {
            Some(before) => {
                before.push(',');
                before.push_str(&value);
            }
            None => {
                map.insert(name, value);
            }
        }
    }
    map
}

/// Text as it is, anything else as base64.
fn body(request: &Request<Bytes>) -> (Option<String>, bool) {
    let body = request.body();
    if body.is_empty() {
        return (None, false);
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_text = kind.starts_with("text/")
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
        || matches!(kind.as_str(), "application/json" | "application/javascript" | "application/xml");
    match std::str::from_utf8(body) {
        Ok(text) if is_text => (Some(text.to_owned()), false),
        _ => (Some(base64::prelude::BASE64_STANDARD.encode(body)), true),
    }
}
