//! The API's description of itself says what the template routes, and how long it holds.

use std::collections::BTreeSet;

use emulator::Template;
use emulator::template::Options;
use http::StatusCode;
use tests::Stack;

use crate::world::World;

const PATH: &str = "/api/openapi.json";

#[tokio::test]
async fn what_is_described_is_what_is_routed() {
    let world = World::new().await;
    let (status, description) = world.stack.get(PATH).await;
    assert_eq!(status, StatusCode::OK, "{description}");
    let paths = description["paths"].as_object().unwrap();
    let described = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
    });

    let template = Template::read(include_str!("../../template.yaml"), &Options::default()).unwrap();
    let routes = template.http_apis["HttpApi"].routes.iter();
    let routed = routes.filter(|route| route.function == "ApiFunction");
    let routed = routed.map(|route| format!("{} {}", route.method, route.path));
    assert_eq!(described.collect::<BTreeSet<_>>(), routed.collect());
}

#[tokio::test]
async fn only_the_description_may_be_cached() {
    let world = World::new().await;
    let cached = async |stack: &Stack, path: &str| {
        let headers = stack.headers("GET", path, &[]).await;
        headers["cache-control"].to_str().unwrap().to_owned()
    };
    assert_eq!(cached(&world.stack, PATH).await, "public, max-age=300");
    for path in ["/health", "/api/rooms/global/messages", "/api/rooms/global/messages?limit=0"] {
        assert_eq!(cached(&world.stack, path).await, "no-store", "{path}");
    }
}

#[tokio::test]
async fn a_page_may_ask_whether_it_may_put() {
    let world = World::with(&[("ALLOWED_ORIGINS", "https://chat.example")]).await;
    let preflight = [
        ("origin", "https://chat.example"),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "authorization,content-type"),
    ];
    let headers = world.stack.headers("OPTIONS", "/api/rooms/global/messages", &preflight).await;
    assert_eq!(headers["access-control-allow-methods"], "GET,PUT,DELETE,OPTIONS");
    assert_eq!(headers["access-control-allow-headers"], "authorization,content-type");
}
