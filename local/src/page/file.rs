//! One embedded file of the page, as an HTTP response: its type, how long it may be kept, compressed
//! where the browser takes that.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};

mod embedded {
    // `FILES`, by name, with `.br` and `.gz` beside what is worth it; `MISSING`, why there are none.
    include!(concat!(env!("OUT_DIR"), "/page.rs"));
}

pub(crate) use embedded::MISSING;

/// A name with a hash in it never stands for other bytes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Asked for anew each time, so that a new version shows at once.
const FRESH: HeaderValue = HeaderValue::from_static("no-cache");

const GZIP: (&str, &str) = ("gzip", ".gz");
const BROTLI: (&str, &str) = ("br", ".br");

#[derive(Clone, Copy, Debug)]
pub(super) struct File {
    name: &'static str,
    bytes: &'static [u8],
}

impl File {
    /// The file of a request's path, by its exact name.
    pub(super) fn find(path: &str) -> Option<Self> {
        let name = path.strip_prefix('/')?;
        let is_compressed = name.ends_with(GZIP.1) || name.ends_with(BROTLI.1);
        named(name).filter(|_| !is_compressed)
    }

    pub(super) fn answer(self, request: &Request<Bytes>) -> Response<Bytes> {
        let accepted = request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
        let accepted = accepted.unwrap_or_default();
        let compressed = [BROTLI, GZIP].into_iter().find_map(|(encoding, suffix)| {
            let file = named(&format!("{}{suffix}", self.name)).filter(|_| accepts(accepted, encoding))?;
            Some((encoding, file.bytes))
        });
        let mut response =
            Response::new(Bytes::from_static(compressed.map_or(self.bytes, |(_, bytes)| bytes)));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind()));
        headers
            .insert(header::CACHE_CONTROL, if self.name.starts_with("assets/") { FOR_EVER } else { FRESH });
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        if let Some((encoding, _)) = compressed {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }

    fn kind(self) -> &'static str {
        match self.name.rsplit('.').next().unwrap_or_default() {
            "html" => "text/html; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            "json" => "application/json",
            "png" => "image/png",
            "woff2" => "font/woff2",
            _ => "application/octet-stream",
        }
    }
}

fn named(name: &str) -> Option<File> {
    embedded::FILES.iter().find(|(other, _)| *other == name).map(|&(name, bytes)| File { name, bytes })
}

/// Whether an `Accept-Encoding` takes the encoding: named, and not at quality 0.
fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|part| {
        let mut parts = part.split(';').map(str::trim);
        let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        is_named && !parts.any(|parameter| matches!(parameter, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_taken_only_where_it_is_named_and_wanted() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("GZIP;q=0.5", "gzip"));
        for accepted in ["", "identity", "br;q=0", "gzip, br; q=0", "brotli", "*"] {
            assert!(!accepts(accepted, "br"), "{accepted}");
        }
    }

    #[test]
    fn the_script_is_typed_kept_for_ever_and_compressed_for_those_who_take_it() {
        let scripts = embedded::FILES.iter().filter(|(name, _)| name.ends_with(".js"));
        let Some((name, plain)) = scripts.max_by_key(|(_, bytes)| bytes.len()) else {
            assert!(MISSING.is_some(), "a page without a script");
            return;
        };
        let file = File::find(&format!("/{name}")).expect("embedded");
        let asking = |encodings: &str| {
            let request = Request::get("/").header(header::ACCEPT_ENCODING, encodings).body(Bytes::new());
            file.answer(&request.expect("valid"))
        };
        let answer = asking("gzip, br");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], FOR_EVER);
        assert_eq!(answer.headers()[header::CONTENT_ENCODING], "br");
        assert!(answer.body().len() < plain.len() / 2);
        assert_eq!(asking("identity").body(), plain);
        assert!(File::find(&format!("/{name}.br")).is_none());
    }
}
