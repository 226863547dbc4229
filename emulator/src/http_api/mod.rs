//! An HTTP API with payload format 2.0: requests to events, results to responses.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

mod cors;
mod event;
mod result;
mod route;

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};

use crate::clock::Timestamp;
use crate::functions::{InvokeError, Target};
use crate::gateway::{ApiError, Surroundings, told_time};
use crate::ids::Id;
use crate::template;
use cors::Cors;
use route::Pattern;

/// How long an HTTP API waits for its integration.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(30);

/// An HTTP API while it runs.
#[derive(Debug)]
pub(crate) struct HttpApi {
    api_id: String,
    account_id: String,
    stage: String,
    routes: Vec<Route>,
    catch_all: Option<Target>,
    cors: Option<Cors>,
    /// Believe requests that say when they happen.
    told_times: bool,
}

#[derive(Debug)]
struct Route {
    /// `GET /items/{id}`.
    key: String,
    method: String,
    pattern: Pattern,
    target: Target,
}

/// What answers one request.
pub(crate) struct Call<'a> {
    api: &'a HttpApi,
    matched: Matched<'a>,
}

enum Matched<'a> {
    Function {
        key: &'a str,
        target: &'a Target,
        parameters: Vec<(String, String)>,
    },
    Preflight(&'a Cors),
    /// The path is known, the method is not, and there is no `$default`.
    Nothing,
}

impl HttpApi {
    pub(crate) fn new(
        id: &str,
        spec: &template::HttpApi,
        around: &Surroundings<'_>,
    ) -> Result<Self, ApiError> {
        let mut routes = Vec::new();
        let mut catch_all = None;
        for route in &spec.routes {
            let user = || format!("the route {} {} of {id}", route.method, route.path);
            let target = around.target(&route.function, user)?;
            if route.path == "$default" {
                catch_all = Some(target);
                continue;
            }
            routes.push(Route {
                key: format!("{} {}", route.method, route.path),
                method: route.method.clone(),
                pattern: Pattern::parse(&route.path),
                target,
            });
        }
        // The most specific route is asked first, and an exact method before ANY.
        routes.sort_by_key(|route| (route.pattern.rank(), route.method == "ANY"));
        Ok(Self {
            api_id: spec.api_id.clone(),
            account_id: around.account_id.to_owned(),
            stage: spec.stage.clone(),
            routes,
            catch_all,
            cors: spec.cors.clone().map(Cors::new),
            told_times: around.told_times,
        })
    }

    /// What answers the request, if one of the API's paths is meant.
    pub(crate) fn find(&self, request: &Request<Bytes>) -> Option<Call<'_>> {
        let path = self.path_of(request)?;
        let mut matching =
            self.routes.iter().filter_map(|route| Some((route, route.pattern.matches(path)?))).peekable();
        matching.peek()?;
        let method = request.method().as_str();
        let matched = match matching.find(|(route, _)| route.method == method || route.method == "ANY") {
            Some((route, parameters)) => {
                Matched::Function { key: &route.key, target: &route.target, parameters }
            }
            None => match self.cors.as_ref().filter(|_| cors::is_preflight(request)) {
                Some(cors) => Matched::Preflight(cors),
                None if self.catch_all.is_some() => return None,
                None => Matched::Nothing,
            },
        };
        Some(Call { api: self, matched })
    }

    /// The `$default` route, or the preflight of any path.
    pub(crate) fn catch_all(&self, request: &Request<Bytes>) -> Option<Call<'_>> {
        self.path_of(request)?;
        if let Some(cors) = self.cors.as_ref().filter(|_| cors::is_preflight(request)) {
            return Some(Call { api: self, matched: Matched::Preflight(cors) });
        }
        let target = self.catch_all.as_ref()?;
        let matched = Matched::Function { key: "$default", target, parameters: Vec::new() };
        Some(Call { api: self, matched })
    }

    /// The path without the stage, which only `$default` does not put there.
    fn path_of<'r>(&self, request: &'r Request<Bytes>) -> Option<&'r str> {
        let path = request.uri().path();
        if self.stage == "$default" {
            return Some(path);
        }
        let rest = path.strip_prefix('/')?.strip_prefix(self.stage.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }
}

impl Call<'_> {
    pub(crate) async fn answer(self, request: &Request<Bytes>, peer: IpAddr) -> Response<Bytes> {
        let mut response = match self.matched {
            Matched::Preflight(cors) => return cors.preflight(request),
            Matched::Nothing => message(StatusCode::NOT_FOUND, "Not Found"),
            Matched::Function { key, target, parameters } => {
                let request_id = Id::request();
                let headers = request.headers();
                let told = if self.api.told_times { told_time::of_headers(headers) } else { None };
                let facts = event::Facts {
                    api_id: &self.api.api_id,
                    account_id: &self.api.account_id,
                    stage: &self.api.stage,
                    route_key: key,
                    parameters: &parameters,
                    peer,
                    request_id,
                    now: told.unwrap_or_else(Timestamp::now),
                };
                let payload = event::encode(request, &facts);
                // The server drops this when the client leaves; a function must not stop half-way.
                match target.integrate_detached(payload, INTEGRATION_TIMEOUT).await {
                    Ok(payload) => result::response(&payload).unwrap_or_else(|error| {
                        tracing::error!(route = key, request = %request_id, %error, "the result is malformed");
                        internal()
                    }),
                    Err(error) => {
                        tracing::error!(route = key, request = %request_id, %error, "the integration failed");
                        match error {
                            InvokeError::Function(_) => internal(),
                            InvokeError::IntegrationTimeout(_) => {
                                message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
                            }
                        }
                    }
                }
            }
        };
        if let Some(cors) = &self.api.cors {
            cors.apply(request, &mut response);
        }
        response
    }
}

fn internal() -> Response<Bytes> {
    message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

/// `{"message":"…"}`, which is all that an HTTP API says by itself.
pub(crate) fn message(status: StatusCode, message: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(serde_json::json!({ "message": message }).to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
