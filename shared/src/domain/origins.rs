//! Which web pages may use the service. A browser says in `Origin` whose page is at work; other
//! programs say nothing, or whatever they like: this protects users of browsers, not the service.

use std::net::IpAddr;

/// The pages that are let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// Every page.
    Any,
    /// These, and a page that this machine itself served.
    Listed(Vec<String>),
}

impl Origins {
    /// From a list separated by commas; `*` among them is every page.
    pub fn parse(list: &str) -> Self {
        let origins: Vec<_> = list.split(',').map(str::trim).filter(|origin| !origin.is_empty()).collect();
        match origins.contains(&"*") {
            true => Self::Any,
            false => Self::Listed(origins.into_iter().map(str::to_owned).collect()),
        }
    }

    /// Whether a request with this `Origin`, sent to this `Host`, may go on.
    pub fn admit(&self, origin: Option<&str>, host: Option<&str>) -> bool {
        let (Self::Listed(listed), Some(origin)) = (self, origin) else { return true };
        listed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)) || is_own(origin, host)
    }
}

/// Whether the page came from where the request goes to. Only for names of the local machine: what
/// any other name leads to is its owner's choice (DNS rebinding).
fn is_own(origin: &str, host: Option<&str>) -> bool {
    let page = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    match (page, host) {
        (Some(page), Some(host)) => page.eq_ignore_ascii_case(host) && is_local(host),
        _ => false,
    }
}

fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.to_ascii_lowercase();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.ends_with(".localhost") || address.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_pages_own_pages_and_programs_are_admitted() {
        let origins = Origins::parse("https://chat.example, https://other.example,");
        for (origin, host, admitted) in [
            (None, Some("chat-api.example"), true),
            (Some("https://chat.example"), None, true),
            (Some("HTTPS://Chat.Example"), None, true),
            (Some("https://other.example"), None, true),
            (Some("https://evil.example"), Some("chat-api.example"), false),
            (Some("http://chat.example"), None, false),
            (Some("https://chat.example.evil.example"), None, false),
            (Some("null"), None, false),
            (Some(""), None, false),
            (Some("https://evil.example"), Some("evil.example"), false),
            (Some("http://127.0.0.1:8080"), Some("127.0.0.1:8080"), true),
            (Some("http://[::1]:8080"), Some("[::1]:8080"), true),
            (Some("https://localhost:8443"), Some("localhost:8443"), true),
            (Some("http://127.0.0.1:8080"), Some("127.0.0.1:8081"), false),
            (Some("http://127.0.0.1:8080"), None, false),
        ] {
            assert_eq!(origins.admit(origin, host), admitted, "{origin:?} at {host:?}");
        }
    }

    #[test]
    fn a_star_is_every_page_and_an_empty_list_is_none() {
        assert_eq!(Origins::parse("*"), Origins::Any);
        assert!(Origins::parse("https://a.example,*").admit(Some("null"), None));
        assert!(!Origins::parse(" , ").admit(Some("https://a.example"), None));
    }
}
