//! Which web pages may talk to the emulator. It listens on this machine, where every page of every
//! site that the owner visits can reach it; AWS's own addresses have no such rule.

use http::Uri;

/// The pages that are let in.
#[derive(Clone, Debug)]
pub(crate) enum Origins {
    /// No check.
    Any,
    /// The server's own pages and these.
    Listed(Vec<String>),
}

impl Origins {
    pub(crate) fn new(allowed: Option<Vec<String>>) -> Self {
        match allowed {
            Some(origins) if !origins.iter().any(|origin| origin == "*") => Self::Listed(origins),
            _ => Self::Any,
        }
    }

    /// Whether a request with these headers may go on. Without `Origin` it may: programs other than
    /// browsers send none.
    pub(crate) fn admit(&self, origin: Option<&str>, host: Option<&str>) -> bool {
        let (Self::Listed(listed), Some(origin)) = (self, origin) else { return true };
        listed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)) || is_own(origin, host)
    }
}

/// Whether the page was served from here. A name of somebody's domain does not count, even if it
/// leads here: the site could have made it do so (DNS rebinding).
fn is_own(origin: &str, host: Option<&str>) -> bool {
    let Some(host) = host else { return false };
    let Some(page) = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) else {
        return false;
    };
    page.eq_ignore_ascii_case(host) && is_local_name(host)
}

/// Whether a `Host` is an address or `localhost`, and no name that somebody may have made lead here.
pub(crate) fn is_local_name(host: &str) -> bool {
    let Ok(uri) = host.parse::<Uri>() else { return false };
    let Some(name) = uri.host() else { return false };
    let name = name.to_ascii_lowercase();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.ends_with(".localhost") || address.parse::<std::net::IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_pages_are_kept_out_and_programs_are_not() {
        let origins = Origins::new(Some(vec!["https://chat.example".to_owned()]));
        for (origin, host, admitted) in [
            (None, Some("127.0.0.1:3001"), true),
            (Some("http://127.0.0.1:3001"), Some("127.0.0.1:3001"), true),
            (Some("http://localhost:3001"), Some("localhost:3001"), true),
            (Some("http://[::1]:3001"), Some("[::1]:3001"), true),
            (Some("http://127.0.0.1:3000"), Some("127.0.0.1:3001"), false),
            (Some("https://chat.example"), Some("127.0.0.1:3001"), true),
            (Some("https://evil.example"), Some("127.0.0.1:3001"), false),
            (Some("http://evil.example:3001"), Some("evil.example:3001"), false),
            (Some("null"), Some("127.0.0.1:3001"), false),
            (Some("http://127.0.0.1:3001"), None, false),
        ] {
            assert_eq!(origins.admit(origin, host), admitted, "{origin:?} at {host:?}");
        }
        assert!(Origins::new(None).admit(Some("https://evil.example"), None));
        assert!(Origins::new(Some(vec!["*".to_owned()])).admit(Some("https://evil.example"), None));
    }
}
