//! Where a request has its token: browsers cannot set headers on a WebSocket's handshake, so the
//! query string is as good a place as `Authorization`.

use super::Untrusted;

/// The token among a request's values of the parameter `token` and its `Authorization` headers, of
/// which only those count that say `Bearer`.
pub fn presented<'a>(
    parameters: impl IntoIterator<Item = &'a str>,
    authorizations: impl IntoIterator<Item = &'a str>,
) -> Result<Option<&'a str>, Untrusted> {
    let bearers = authorizations.into_iter().filter_map(bearer);
    let mut tokens = parameters.into_iter().chain(bearers);
    match (tokens.next(), tokens.next()) {
        (token, None) => Ok(token),
        (_, Some(_)) => Err(Untrusted::Ambiguous),
    }
}

/// RFC 9110, section 11.1: the scheme is in whatever case.
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_in_the_query_or_in_a_header_and_only_once() {
        assert_eq!(presented([], []), Ok(None));
        assert_eq!(presented(["t"], []), Ok(Some("t")));
        assert_eq!(presented([], ["Bearer t"]), Ok(Some("t")));
        assert_eq!(presented([], ["bearer  t "]), Ok(Some("t")));
        assert_eq!(presented(["t"], ["Basic dTpw"]), Ok(Some("t")));
        assert_eq!(presented([], ["Basic dTpw", "Bearer"]), Ok(None));
        assert_eq!(presented(["t", "u"], []), Err(Untrusted::Ambiguous));
        assert_eq!(presented(["t"], ["Bearer t"]), Err(Untrusted::Ambiguous));
    }
}
