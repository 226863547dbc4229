//! `GET /api/openapi.json`: what the API and the WebSocket's frames look like, made from the code that
//! answers and sends them.

use std::sync::OnceLock;

use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use shared::logging::chain;
use shared::protocol::{
    Ack, AnalyticsFrame, ChatFrame, DeleteFrame, ErrorFrame, HowMany, Pong, SystemFrame, Who,
};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, ComponentsBuilder, Discriminator, Info, License, OpenApi, OpenApiBuilder, Ref, RefOr,
};
use utoipa::{PartialSchema as _, ToSchema};

use crate::problem::{ErrorBody, Problem};

/// What the description says before the routes add their paths.
pub(crate) fn title() -> OpenApi {
    let mut license = License::new("MIT");
    license.identifier = Some("MIT".to_owned());
    let mut info = Info::new("Hubbub", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "The HTTP API, and as components the frames of the WebSocket API at `/ws`. Ignore fields and \
         types of frames that you do not know: new ones may come."
            .to_owned(),
    );
    info.license = Some(license);
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("Where a secret or a key set is configured; also as the query parameter `token`."));
    let components = ComponentsBuilder::new().security_scheme("token", SecurityScheme::Http(token.build()));
    let nobody = SecurityRequirement::default();
    let somebody = SecurityRequirement::new("token", [] as [&str; 0]);
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components.build()))
        .security(Some([nobody, somebody]))
        .build()
}

/// All of it.
fn document() -> OpenApi {
    let mut document = crate::documented().into_openapi();
    let components = document.components.get_or_insert_default();
    add::<ErrorBody>(components, &ErrorBody::name(), ErrorBody::schema());
    let mut frames = Frames {
        components,
        any: OneOfBuilder::new()
            .description(Some("What a client gets: text frames of one or more of these, a line each.")),
        discriminator: Discriminator::new("type"),
    };
    frames.add::<Ack<'_>>("ack");
    frames.add::<AnalyticsFrame<'_>>("analytics");
    frames.add::<ChatFrame<'_>>("chat");
    frames.add::<DeleteFrame<'_>>("delete");
    frames.add::<ErrorFrame<'_>>("error");
    frames.add_as::<Who<'_>>("join", "JoinFrame");
    frames.add_as::<Who<'_>>("leave", "LeaveFrame");
    frames.add::<Pong>("pong");
    frames.add_as::<HowMany<'_>>("presence", "PresenceFrame");
    frames.add::<SystemFrame<'_>>("system");
    let any = Schema::from(frames.any.discriminator(Some(frames.discriminator)));
    components.schemas.insert("ServerFrame".to_owned(), any.into());
    document
}

/// Adds a schema, and those that it refers to.
fn add<T: ToSchema>(components: &mut Components, name: &str, schema: RefOr<Schema>) {
    let mut parts = vec![(name.to_owned(), schema)];
    T::schemas(&mut parts);
    components.schemas.extend(parts);
}

/// The frames that clients get, each under its own name, and what they are together.
struct Frames<'a> {
    components: &'a mut Components,
    any: OneOfBuilder,
    discriminator: Discriminator,
}

impl Frames<'_> {
    /// A frame, and the `type` that serde writes as its tag: the derived schema does not know of it.
    fn add<T: ToSchema>(&mut self, kind: &str) {
        self.add_as::<T>(kind, &T::name());
    }

    fn add_as<T: ToSchema>(&mut self, kind: &str, name: &str) {
        let mut schema = T::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            let tag = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
            object.properties.insert("type".to_owned(), tag.enum_values(Some([kind])).into());
            object.required.insert(0, "type".to_owned());
        }
        add::<T>(self.components, name, schema);
        let place = format!("#/components/schemas/{name}");
        self.discriminator.mapping.insert(kind.to_owned(), place.clone());
        self.any = std::mem::take(&mut self.any).item(Ref::new(place));
    }
}

/// This description.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "service",
    responses((status = 200, description = "OpenAPI 3.1", body = Object), Problem)
)]
pub(crate) async fn description() -> Result<impl IntoResponse, Problem> {
    static TEXT: OnceLock<Option<Bytes>> = OnceLock::new();
    let text = TEXT.get_or_init(|| match document().to_json() {
        Ok(text) => Some(text.into()),
        Err(error) => {
            tracing::error!(error = chain(&error), "the description cannot be written");
            None
        }
    });
    let text = text.clone().ok_or_else(Problem::internal)?;
    // It changes with a deployment only.
    Ok(([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")], text))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    fn document() -> Value {
        serde_json::to_value(super::document()).expect("a description is plain data")
    }

    fn references<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
        match value {
            Value::Object(map) => {
                into.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|value| references(value, into));
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, into)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_to_a_component() {
        let document = document();
        assert_eq!(document["openapi"], "3.1.0");
        let mut all = Vec::new();
        references(&document, &mut all);
        assert!(all.len() > 20, "{all:?}");
        for place in all {
            let pointer = place.strip_prefix('#').expect("a reference within the document");
            assert!(document.pointer(pointer).is_some(), "{place} leads nowhere");
        }
    }

    #[test]
    fn every_frame_names_its_type_and_every_member_says_what_it_is() {
        let document = document();
        let schemas = &document["components"]["schemas"];
        let mapping = schemas["ServerFrame"]["discriminator"]["mapping"].as_object().expect("a mapping");
        assert!(mapping.len() >= 4, "{mapping:?}");
        for (kind, place) in mapping {
            let pointer = place.as_str().and_then(|place| place.strip_prefix('#')).expect("a reference");
            let frame = document.pointer(pointer).expect("a component");
            // A frame that carries a whole answer of the HTTP API is that answer and a type.
            let parts = frame["allOf"].as_array().map_or_else(|| vec![frame], |parts| parts.iter().collect());
            let typed = parts.iter().find(|part| part["properties"]["type"] != Value::Null).expect("a type");
            assert_eq!(typed["properties"]["type"]["enum"], serde_json::json!([kind]), "{kind}");
            assert!(typed["required"].as_array().is_some_and(|all| all.contains(&"type".into())), "{kind}");
        }
        let chat = &schemas["ChatFrame"];
        assert_eq!(
            chat["required"],
            serde_json::json!(["type", "messageId", "roomId", "userId", "username", "content", "timestamp"])
        );
        assert_eq!(schemas["Sequence"]["maximum"], 9_007_199_254_740_991_u64);
    }
}
