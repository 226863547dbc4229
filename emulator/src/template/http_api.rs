//! `AWS::Serverless::HttpApi` and the `HttpApi` events of functions.

use super::resolver::Resolver;
use super::section::Section;
use super::{Cors, HttpApi, HttpRoute, Template, TemplateError};

/// The API that SAM makes for events without an `ApiId`.
const IMPLICIT_API: &str = "ServerlessHttpApi";

/// A function's `HttpApi` event, not yet with its API.
pub(super) struct HttpEvent {
    place: String,
    /// The id of the API, or `None` for SAM's implicit one.
    api_id: Option<String>,
    route: HttpRoute,
}

pub(super) fn read(resource: &Section<'_>) -> Result<HttpApi, TemplateError> {
    if resource.has("Auth") {
        resource.resolver.warn(format!("{}.Auth is not emulated; its routes are open", resource.id()));
    }
    let globals = Section::of_globals(resource.resolver, "HttpApi");
    let from = if resource.has("CorsConfiguration") { resource } else { &globals };
    Ok(HttpApi {
        api_id: resource.resolver.api_id(resource.id()),
        stage: resource.text("StageName")?.unwrap_or_else(|| "$default".to_owned()),
        routes: Vec::new(),
        cors: cors(from)?,
    })
}

fn cors(section: &Section<'_>) -> Result<Option<Cors>, TemplateError> {
    // `CorsConfiguration: true` is SAM's short form for "from anywhere".
    if section.text("CorsConfiguration").ok().flatten().as_deref() == Some("true") {
        return Ok(Some(Cors { allow_origins: vec!["*".to_owned()], ..Cors::default() }));
    }
    let Some(cors) = section.section("CorsConfiguration")? else { return Ok(None) };
    let max_age = cors.number("MaxAge", -1..=86_400)?;
    Ok(Some(Cors {
        allow_origins: cors.texts("AllowOrigins")?,
        allow_methods: cors.texts("AllowMethods")?,
        allow_headers: cors.texts("AllowHeaders")?,
        expose_headers: cors.texts("ExposeHeaders")?,
        max_age: max_age.and_then(|seconds| u32::try_from(seconds).ok()),
        allow_credentials: cors.flag("AllowCredentials")?.unwrap_or(false),
    }))
}

/// The `HttpApi` events of a function.
pub(super) fn events_of(function: &Section<'_>) -> Result<Vec<HttpEvent>, TemplateError> {
    let Some(events) = function.section("Events")? else { return Ok(Vec::new()) };
    let mut routes = Vec::new();
    for key in events.keys() {
        let Some(event) = events.section(key)? else { continue };
        if event.text("Type")?.as_deref() != Some("HttpApi") {
            continue;
        }
        let properties = event.section("Properties")?;
        let text = |name: &str| properties.as_ref().map(|p| p.text(name)).transpose().map(Option::flatten);
        for property in ["Auth", "PayloadFormatVersion"] {
            let value = text(property).ok().flatten();
            if properties.as_ref().is_some_and(|p| p.has(property)) && value.as_deref() != Some("2.0") {
                let place = format!("{}.Events.{key}.{property}", function.id());
                function
                    .resolver
                    .warn(format!("{place} is not emulated; the route is open, with format 2.0"));
            }
        }
        // An event without a path is the API's catch-all.
        let path = text("Path")?.unwrap_or_else(|| "$default".to_owned());
        let method = text("Method")?.unwrap_or_else(|| "ANY".to_owned()).to_uppercase();
        let method = if method == "*" { "ANY".to_owned() } else { method };
        routes.push(HttpEvent {
            place: format!("{}.Events.{key}.ApiId", function.id()),
            api_id: text("ApiId")?,
            route: HttpRoute { method, path, function: function.id().to_owned() },
        });
    }
    Ok(routes)
}

/// Gives every event to its API.
pub(super) fn attach(
    resolver: &Resolver<'_>,
    events: Vec<HttpEvent>,
    template: &mut Template,
) -> Result<(), TemplateError> {
    for event in events {
        let api = match &event.api_id {
            Some(api_id) if api_id != IMPLICIT_API => {
                let mut apis = template.http_apis.values_mut();
                apis.find(|api| api.api_id == *api_id).ok_or_else(|| {
                    let message = format!("`{api_id}` is no HTTP API of this template; use !Ref Api");
                    TemplateError::problem(&event.place, message)
                })?
            }
            _ => {
                if !template.http_apis.contains_key(IMPLICIT_API) {
                    let globals = Section::of_globals(resolver, "HttpApi");
                    let api = HttpApi {
                        api_id: resolver.api_id(IMPLICIT_API),
                        stage: "$default".to_owned(),
                        routes: Vec::new(),
                        cors: cors(&globals)?,
                    };
                    template.http_apis.insert(IMPLICIT_API.to_owned(), api);
                }
                let Some(api) = template.http_apis.get_mut(IMPLICIT_API) else { continue };
                api
            }
        };
        api.routes.push(event.route);
    }
    Ok(())
}
