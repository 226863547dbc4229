//! `local token`: a token to try things out with. Real ones are made by whoever knows the users; this
//! is for the one at the keyboard, who has the secret anyway.

use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;
use shared::domain::{RoomId, UserId, Username};

use crate::Environment;

/// Print a token for AUTH_SECRET.
///
/// With AUTH_ISSUER and AUTH_AUDIENCE as they are set.
#[derive(Clone, Debug, Args)]
pub struct TokenOptions {
    /// Who: the token's `sub`
    #[arg(long)]
    pub user: String,

    /// The name that others see; without one whoever connects may choose it
    #[arg(long)]
    pub name: Option<String>,

    /// What the user may do
    #[arg(long, value_enum, default_value_t)]
    pub role: TokenRole,

    /// The rooms that the token is good for, separated by commas; all of them by default
    #[arg(long, value_delimiter = ',')]
    pub rooms: Option<Vec<String>>,

    /// How long it is valid: 90s, 15m, 1h, 7d
    #[arg(long, default_value = "1h", value_parser = duration)]
    pub ttl: Duration,
}

/// A token's `role`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TokenRole {
    /// Reads and writes.
    #[default]
    Viewer,
    /// Keeps order as well.
    Moderator,
    /// Whose room it is.
    Owner,
}

/// Makes the token. What would be refused later is refused here, and says why.
pub fn mint(options: &TokenOptions, environment: &Environment) -> anyhow::Result<String> {
    let Some(secret) = environment.get("AUTH_SECRET") else {
        bail!(
            "AUTH_SECRET is not set: it signs the token, and the server must have the same one \
             (an identity provider's tokens only the provider can make)"
        );
    };
    UserId::of_subject(&options.user)
        .map_err(|_| anyhow::anyhow!("--user must be 1 to 64 characters, 3 for each that is escaped"))?;
    if let Some(name) = &options.name {
        Username::parse(name).context("--name")?;
    }
    for room in options.rooms.iter().flatten() {
        RoomId::parse(room).context("--rooms")?;
    }
    #[expect(clippy::disallowed_methods, reason = "a token made now is valid from now on")]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).context("the clock is before 1970")?;
    let role = match options.role {
        TokenRole::Viewer => "viewer",
        TokenRole::Moderator => "moderator",
        TokenRole::Owner => "owner",
    };
    let mut claims = json!({
        "sub": options.user,
        "role": role,
        "iat": now.as_secs(),
        "exp": now.saturating_add(options.ttl).as_secs(),
    });
    let optional = [
        ("name", options.name.clone().map(Into::into)),
        ("rooms", options.rooms.clone().map(Into::into)),
        ("iss", environment.get("AUTH_ISSUER").map(Into::into)),
        ("aud", environment.get("AUTH_AUDIENCE").map(Into::into)),
    ];
    for (claim, value) in optional {
        if let Some(value) = value {
            claims[claim] = value;
        }
    }
    Ok(encode(&Header::default(), &claims, &EncodingKey::from_secret(secret.as_bytes()))?)
}

/// A number and its unit.
fn duration(text: &str) -> Result<Duration, String> {
    let units = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];
    let seconds = units.into_iter().find_map(|(unit, seconds)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(seconds)
    });
    let seconds = seconds.filter(|seconds| *seconds > 0);
    seconds.map(Duration::from_secs).ok_or_else(|| "must be like 90s, 15m, 1h or 7d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("1h", 3600), ("7d", 604_800)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)));
        }
        for bad in ["", "h", "1", "-1h", "1.5h", "0s", "1w", "1 h", "99999999999999999999d"] {
            assert!(duration(bad).is_err(), "{bad:?} must be refused");
        }
    }
}
