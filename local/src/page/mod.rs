//! What a browser finds at `/`: the page of `web/`, embedded; where that could not be built, plain
//! text that says where to connect and what is missing.

mod file;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};

use file::File;

/// Scripts, styles and connections of this server only, nothing inline, nobody's frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// The page of one running Hubbub.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// Whether nobody gets in without a token: then the page asks for one.
    pub(crate) token_required: bool,
}

impl Page {
    /// The answer to a request for which no API has a path, if the page has one.
    pub(crate) fn answer(self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        let mut response = match request.uri().path() {
            "/config.json" => self.config(),
            "/" => match File::find("/index.html") {
                Some(file) => file.answer(request),
                None => plain(request),
            },
            path => File::find(path)?.answer(request),
        };
        let headers = response.headers_mut();
        for (name, value) in [
            (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Some(response)
    }

    /// Where the APIs are. Empty is the page's own server, under whatever name it was reached.
    fn config(self) -> Response<Bytes> {
        let Self { token_required } = self;
        let config = serde_json::json!({"httpUrl": "", "webSocketUrl": "", "tokenRequired": token_required});
        let mut response = text("application/json", config.to_string());
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

fn plain(request: &Request<Bytes>) -> Response<Bytes> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.unwrap_or("127.0.0.1:8080");
    let missing = file::MISSING.unwrap_or("it was not built");
    text(
        "text/plain; charset=utf-8",
        format!(
            "Hubbub runs here, without its page: {missing}.\n\
             When that is mended, `touch web/index.html` and start again.\n\n\
             Chat:     wscat -c 'ws://{host}/ws?room=global&userId=alice&username=Alice'\n\
             History:  http://{host}/api/rooms/global/messages\n\
             Health:   http://{host}/health\n"
        ),
    )
}

fn text(kind: &'static str, text: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(text));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: Page = Page { token_required: true };

    fn get(path: &str) -> Request<Bytes> {
        Request::get(path).body(Bytes::new()).expect("valid")
    }

    #[test]
    fn the_configuration_names_no_host_and_is_not_kept() {
        let response = PAGE.answer(&get("/config.json")).expect("answered");
        let config: serde_json::Value = serde_json::from_slice(response.body()).expect("JSON");
        assert_eq!(config, serde_json::json!({"httpUrl": "", "webSocketUrl": "", "tokenRequired": true}));
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    }

    #[test]
    fn every_answer_carries_the_policy_and_what_is_not_the_pages_is_left_alone() {
        let response = PAGE.answer(&get("/")).expect("answered");
        assert!(!response.body().is_empty());
        assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], CONTENT_SECURITY_POLICY);
        for path in ["/api/nothing", "/index.html/", "/assets/", "/../Cargo.toml", "/assets/../index.html"] {
            assert!(PAGE.answer(&get(path)).is_none(), "{path}");
        }
        let post = Request::post("/").body(Bytes::new()).expect("valid");
        assert!(PAGE.answer(&post).is_none());
    }
}
