//! What the terminal shows at the start and at the end.

use std::io::{self, Write};
use std::net::SocketAddr;

use local::{Hub, Stopped};

/// A connection takes one file; below this many a busy evening runs out of them.
const FEW_FILES: u64 = 4096;

/// Says where to connect, with a line to paste.
pub(crate) fn print(hub: &Hub, files: Option<u64>) -> io::Result<()> {
    let address = reachable(hub.address());
    let mut out = io::stdout().lock();
    writeln!(out, "Hubbub is running. Chat from two terminals, as alice and as bob:\n")?;
    writeln!(out, "  wscat -c 'ws://{address}/ws?userId=alice&username=Alice'")?;
    writeln!(out, "  wscat -c 'ws://{address}/ws?userId=bob&username=Bob'\n")?;
    writeln!(out, "and type {{\"action\":\"sendMessage\",\"content\":\"hello\"}}\n")?;
    writeln!(out, "  page      http://{address}/")?;
    writeln!(out, "  history   http://{address}/api/rooms/global/messages")?;
    writeln!(out, "  health    http://{address}/health")?;
    if let Some(ca) = hub.ca() {
        writeln!(out, "  TLS       wss://{address}/ws and https://{address}/")?;
        writeln!(out, "  CA        {}  (wscat --ca, curl --cacert; browsers import it)", ca.display())?;
    }
    if let Some(dynamodb) = hub.dynamodb_address() {
        writeln!(out, "  DynamoDB  http://{dynamodb}  (for every program that reaches it)")?;
    }
    if !hub.address().ip().is_loopback() {
        writeln!(out, "\nOther machines can connect: everybody who reaches this port is let in.")?;
    }
    match hub.left_behind() {
        0 => {}
        n => writeln!(out, "\n{n} connections of an earlier process were ended.")?,
    }
    if let Some(files) = files.filter(|files| *files < FEW_FILES) {
        writeln!(
            out,
            "\nThis process may open {files} files, and each connection is one (see `ulimit -n`)."
        )?;
    }
    writeln!(out, "\nCtrl-C stops it.")?;
    out.flush()
}

/// Says what the stop did.
pub(crate) fn farewell(Stopped { closed, unfinished }: Stopped) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Stopped: {closed} connections closed, {unfinished} left unfinished.")?;
    out.flush()
}

/// Nobody can connect to the unspecified address, but it includes loopback.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            [127, 0, 0, 1].into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    address
}
