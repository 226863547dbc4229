//! A token's payload, as JSON (RFC 7519, section 4).

use serde::{Deserialize, Deserializer};

use crate::domain::Claims;

/// A claim of the wrong type makes the token malformed: a right is never guessed.
#[derive(Deserialize)]
pub(super) struct Payload {
    sub: String,
    #[serde(default, deserialize_with = "present")]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    role: Option<String>,
    #[serde(default, deserialize_with = "present")]
    rooms: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    exp: Option<f64>,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<f64>,
    #[serde(default, deserialize_with = "present")]
    iss: Option<String>,
    #[serde(default, deserialize_with = "present")]
    aud: Option<Audience>,
}

/// One, or several in a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// `null` is no value: least of all is `"rooms":null` every room.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl From<Payload> for Claims {
    fn from(payload: Payload) -> Self {
        Self {
            subject: payload.sub,
            name: payload.name,
            role: payload.role,
            rooms: payload.rooms,
            expires_at: payload.exp,
            not_before: payload.nbf,
            issuer: payload.iss,
            audience: match payload.aud {
                None => Vec::new(),
                Some(Audience::One(audience)) => vec![audience],
                Some(Audience::Several(audience)) => audience,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(json: &str) -> Option<Claims> {
        serde_json::from_str::<Payload>(json).ok().map(Claims::from)
    }

    #[test]
    fn claims_are_read_as_they_stand() {
        let all = claims(
            r#"{"sub":"a","name":"A","role":"owner","rooms":["x"],"exp":1.5,"nbf":1,"iss":"i","aud":["b","c"],"jti":7}"#,
        );
        let all = all.unwrap();
        assert_eq!((all.subject.as_str(), all.expires_at, all.not_before), ("a", Some(1.5), Some(1.0)));
        assert_eq!(
            (all.audience.as_slice(), all.rooms),
            (&["b".to_owned(), "c".to_owned()][..], Some(vec!["x".to_owned()]))
        );
        assert_eq!(claims(r#"{"sub":"a","aud":"b"}"#).unwrap().audience, ["b"]);
        assert_eq!(claims(r#"{"sub":"a"}"#).unwrap().rooms, None);
    }

    #[test]
    fn a_claim_of_the_wrong_type_is_not_guessed_at() {
        for bad in [
            r#"{}"#,
            r#"{"sub":null}"#,
            r#"{"sub":7}"#,
            r#"{"sub":"a","rooms":null}"#,
            r#"{"sub":"a","rooms":"x"}"#,
            r#"{"sub":"a","rooms":[1]}"#,
            r#"{"sub":"a","role":["owner"]}"#,
            r#"{"sub":"a","exp":"1795509060"}"#,
            r#"{"sub":"a","exp":null}"#,
            r#"{"sub":"a","sub":"b"}"#,
        ] {
            assert_eq!(claims(bad), None, "{bad}");
        }
    }
}
