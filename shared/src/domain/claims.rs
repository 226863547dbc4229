//! What a token says, and whether to believe it now. The signature is somebody else's concern: a
//! claim may only be judged once it has been verified.

use super::{AllowedRooms, Identity, Role, RoomId, Timestamp, UserId, Username};

/// How far the clock of whoever made the token may be from ours, in seconds.
const LEEWAY: f64 = 60.0;

/// The claims of a token, as they stand in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    /// `sub`: who.
    pub subject: String,
    /// `name`: how others are to see the user.
    pub name: Option<String>,
    /// `role`.
    pub role: Option<String>,
    /// `rooms`; `None` does not restrict them.
    pub rooms: Option<Vec<String>>,
    /// `exp`, in seconds since the Unix epoch; fractions are allowed (RFC 7519, section 2).
    pub expires_at: Option<f64>,
    /// `nbf`, likewise.
    pub not_before: Option<f64>,
    /// `iss`: who made the token.
    pub issuer: Option<String>,
    /// `aud`: whom it was made for.
    pub audience: Vec<String>,
}

/// What a token has to say to be believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Its `iss`, if anything is expected.
    pub issuer: Option<String>,
    /// One of its `aud`, if anything is expected.
    pub audience: Option<String>,
}

/// Why a token is not believed. For a log: a client only learns that it is unauthorized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// A token without an end would be good for ever.
    #[error("the token has no expiry")]
    NoExpiry,
    /// `exp` is more than the leeway ago.
    #[error("the token has expired")]
    Expired,
    /// `nbf` is further ahead than the leeway.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// Another `iss`, or none.
    #[error("the token is another issuer's")]
    Issuer,
    /// Another `aud`, or none.
    #[error("the token was made for somebody else")]
    Audience,
    /// `sub` makes no user id.
    #[error("the token's subject is empty or too long")]
    Subject,
}

impl Claims {
    /// Who the bearer is. A `role` that is unknown makes a viewer, and a name that does not fit is
    /// cut: neither is a reason to keep somebody out. A room that could not exist is never entered.
    pub fn identity(self, expected: &Expected, now: Timestamp) -> Result<Identity, Distrust> {
        self.check_time(now)?;
        if expected.issuer.is_some() && self.issuer != expected.issuer {
            return Err(Distrust::Issuer);
        }
        if expected.audience.as_ref().is_some_and(|audience| !self.audience.contains(audience)) {
            return Err(Distrust::Audience);
        }
        Ok(Identity {
            user_id: UserId::of_subject(&self.subject).map_err(|_| Distrust::Subject)?,
            username: self.name.as_deref().and_then(Username::fitted),
            role: self.role.as_deref().map_or(Role::Viewer, Role::parse),
            rooms: match self.rooms {
                None => AllowedRooms::All,
                Some(rooms) => {
                    AllowedRooms::Listed(rooms.iter().filter_map(|room| RoomId::parse(room).ok()).collect())
                }
            },
        })
    }

    fn check_time(&self, now: Timestamp) -> Result<(), Distrust> {
        #[expect(clippy::cast_precision_loss, reason = "a double holds seconds to the year 285 million")]
        let now = now.as_secs() as f64;
        if self.expires_at.ok_or(Distrust::NoExpiry)? < now - LEEWAY {
            return Err(Distrust::Expired);
        }
        if self.not_before.is_some_and(|moment| moment > now + LEEWAY) {
            return Err(Distrust::NotYetValid);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: f64 = 1_795_509_060.0;

    fn claims() -> Claims {
        Claims {
            subject: "alice".to_owned(),
            name: None,
            role: None,
            rooms: None,
            expires_at: Some(NOW + 60.0),
            not_before: None,
            issuer: Some("https://id.example".to_owned()),
            audience: vec!["hubbub".to_owned(), "other".to_owned()],
        }
    }

    fn judge(claims: Claims) -> Result<Identity, Distrust> {
        let now = Timestamp::from_millis(1_795_509_060_123).unwrap();
        claims.identity(&Expected::default(), now)
    }

    #[test]
    fn clocks_may_differ_by_a_minute_and_no_more() {
        for (expires_at, not_before, verdict) in [
            (Some(NOW - 60.0), None, None),
            (Some(NOW - 61.0), None, Some(Distrust::Expired)),
            (Some(-1e300), None, Some(Distrust::Expired)),
            (None, None, Some(Distrust::NoExpiry)),
            (Some(1e300), Some(NOW + 60.0), None),
            (Some(1e300), Some(NOW + 60.5), Some(Distrust::NotYetValid)),
        ] {
            let judged = judge(Claims { expires_at, not_before, ..claims() });
            assert_eq!(judged.err(), verdict, "{expires_at:?} {not_before:?}");
        }
    }

    #[test]
    fn issuer_and_audience_are_checked_where_they_are_expected() {
        let now = Timestamp::from_millis(1_795_509_060_123).unwrap();
        let expecting = |issuer: &str, audience: &str| Expected {
            issuer: Some(issuer.to_owned()),
            audience: Some(audience.to_owned()),
        };
        let expected = expecting("https://id.example", "hubbub");
        assert!(claims().identity(&expected, now).is_ok());
        let other_issuer = expecting("https://id.example/", "hubbub");
        assert_eq!(claims().identity(&other_issuer, now), Err(Distrust::Issuer));
        let other_audience = expecting("https://id.example", "hub");
        assert_eq!(claims().identity(&other_audience, now), Err(Distrust::Audience));
        let silent = Claims { issuer: None, ..claims() };
        assert_eq!(silent.identity(&expected, now), Err(Distrust::Issuer));
        let silent = Claims { audience: Vec::new(), ..claims() };
        assert_eq!(silent.identity(&expected, now), Err(Distrust::Audience));
    }

    #[test]
    fn a_subject_becomes_a_user_and_none_another_ones() {
        for (subject, user) in [
            ("auth0|5f7c8ec7", Some("auth0%7C5f7c8ec7")),
            ("a#b", Some("a%23b")),
            ("a%23b", Some("a%2523b")),
            ("a/b", Some("a%2Fb")),
            ("ä\0", Some("%C3%A4%00")),
            ("alice.b@example.com", Some("alice.b@example.com")),
            ("", None),
            (&"x".repeat(64), Some(&*"x".repeat(64))),
            (&"x".repeat(65), None),
            (&"|".repeat(21), Some(&*"%7C".repeat(21))),
            (&"|".repeat(22), None),
        ] {
            let judged = judge(Claims { subject: subject.to_owned(), ..claims() });
            assert_eq!(judged.ok().map(|identity| identity.user_id.to_string()).as_deref(), user);
        }
    }

    #[test]
    fn what_does_not_fit_takes_no_right_and_gives_none() {
        let identity = judge(Claims {
            name: Some(format!("\u{1b}[2J{}", "語".repeat(60))),
            role: Some("admin".to_owned()),
            rooms: Some(vec!["a".to_owned(), "*".to_owned(), "b c".to_owned()]),
            ..claims()
        })
        .unwrap();
        assert_eq!(identity.username.unwrap().as_str(), format!("[2J{}", "語".repeat(47)));
        assert_eq!(identity.role, Role::Viewer);
        assert_eq!(identity.rooms, AllowedRooms::Listed(vec![RoomId::parse("a").unwrap()]));
        assert_eq!(judge(Claims { name: Some("\n ".to_owned()), ..claims() }).unwrap().username, None);
    }
}
