//! Where the generator connects to: an address to dial and the parts of the handshake's first lines.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use http::Uri;

#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    #[error("{url:?} is not a URL")]
    Url {
        url: String,
        #[source]
        source: http::uri::InvalidUri,
    },
    #[error(
        "{0:?} must begin with ws:// and name a host; the generator has no TLS, whose cost would drown what it measures"
    )]
    Scheme(String),
    #[error("cannot resolve {host}:{port}")]
    Resolve {
        host: String,
        port: u16,
        #[source]
        source: io::Error,
    },
    #[error("{0} has no address")]
    NoAddress(String),
}

#[derive(Clone, Debug)]
pub struct Target {
    pub address: SocketAddr,
    /// `host:port`, for the `Host` header.
    pub host: String,
    /// Path and query that every connection shares, ending so that a parameter can follow.
    pub path: String,
}

impl Target {
    /// Parses `ws://host:port/path` and resolves the host, once.
    pub fn resolve(url: &str) -> Result<Self, TargetError> {
        let uri: Uri = url.parse().map_err(|source| TargetError::Url { url: url.to_owned(), source })?;
        let (Some("ws"), Some(host)) = (uri.scheme_str(), uri.host()) else {
            return Err(TargetError::Scheme(url.to_owned()));
        };
        let port = uri.port_u16().unwrap_or(80);
        // `to_socket_addrs` wants an IPv6 address without its brackets.
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let address = (name, port)
            .to_socket_addrs()
            .map_err(|source| TargetError::Resolve { host: host.to_owned(), port, source })?
            .next()
            .ok_or_else(|| TargetError::NoAddress(host.to_owned()))?;
        let separator = if uri.query().is_some() { '&' } else { '?' };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self { address, host: format!("{host}:{port}"), path: format!("{path}{separator}") })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_url_becomes_an_address_and_a_path_that_takes_parameters() {
        let target = Target::resolve("ws://127.0.0.1:8080/ws").unwrap();
        assert_eq!(
            (target.address.to_string(), target.host.as_str()),
            ("127.0.0.1:8080".into(), "127.0.0.1:8080")
        );
        assert_eq!(target.path, "/ws?");
        assert_eq!(Target::resolve("ws://[::1]:81/ws?token=a").unwrap().path, "/ws?token=a&");
        assert_eq!(Target::resolve("ws://127.0.0.1").unwrap().address.port(), 80);
    }

    #[test]
    fn tls_and_other_schemes_are_refused() {
        for url in ["wss://127.0.0.1/ws", "http://127.0.0.1/ws", "127.0.0.1:8080", "/ws"] {
            assert!(matches!(Target::resolve(url), Err(TargetError::Scheme(_))), "{url}");
        }
    }
}
