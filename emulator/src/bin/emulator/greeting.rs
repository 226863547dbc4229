//! What the terminal shows at the start.

use std::io::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use emulator::{Template, Tls};

use crate::elsewhere::Elsewhere;
use crate::storage::Storage;

/// Says where everything is, one line each: `name  address`.
pub(crate) fn print(
    template: &Template,
    address: SocketAddr,
    storage: &Storage,
    tls: Option<&Tls>,
    elsewhere: Option<&Elsewhere>,
) -> io::Result<()> {
    let address = reachable(address);
    let mut out = io::stdout().lock();
    for (id, api) in &template.web_socket_apis {
        writeln!(out, "{id}  ws://{address}/{}", api.stage)?;
        for key in api.api_keys.iter().flat_map(|keys| &keys.keys) {
            writeln!(out, "{id} x-api-key  {}  ({})", key.value, key.name)?;
        }
        writeln!(out, "{id} @connections  http://{address}/{}", api.stage)?;
    }
    for (id, api) in &template.http_apis {
        let stage = if api.stage == "$default" { "" } else { &*api.stage };
        writeln!(out, "{id}  http://{address}/{stage}")?;
    }
    let functions = match template.functions.len() {
        1 => "1 function".to_owned(),
        count => format!("{count} functions"),
    };
    writeln!(out, "Lambda  http://{address}  ({functions})")?;
    if let Some(tls) = tls {
        writeln!(out, "TLS  {address}  (wss:// and https:// on the same port)")?;
        writeln!(out, "CA  {}", tls.ca().display())?;
    }
    match &storage.behind {
        None => writeln!(out, "DynamoDB  {}", storage.endpoint)?,
        Some(behind) => writeln!(out, "DynamoDB  {}  (with faults, before {behind})", storage.endpoint)?,
    }
    if let Some(elsewhere) = elsewhere {
        writeln!(
            out,
            "Functions  {}  (in their environment, which --write-env writes whole:)",
            elsewhere.endpoint
        )?;
        for line in elsewhere.addresses() {
            writeln!(out, "  {line}")?;
        }
    }
    writeln!(out, "Ready. Ctrl-C stops it.")?;
    out.flush()
}

/// Nobody can connect to the unspecified address, but it includes loopback.
pub(crate) fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
