//! Nothing that a client sends reaches a log, at any level: not what it says, not what it calls
//! itself or its room, not what it got wrong.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use shared::App;
use tests::faults::{ANY, Fault, every};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tracing_subscriber::filter::{LevelFilter, Targets, dynamic_filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::faults::{Database, MESSAGES, Mailbox, NOON, event};
use crate::world::World;

/// In everything that is sent here, and in no other test.
const MARK: &str = "m4rk3d";

/// How the tokens of tests begin, in any test: `{"typ":"JWT"` in base64.
const TOKEN: &str = "eyJ0eXAiOiJKV1Qi";

const OURS: [&str; 9] =
    ["api", "authorizer", "connect", "disconnect", "emulator", "local", "presence", "send_message", "shared"];

/// Which of our crates logged, and every line with the mark in it.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<(BTreeSet<&'static str>, Vec<String>)>>);

impl io::Write for Log {
    /// One event a call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let (heard, marked) = &mut *self.0.lock().unwrap();
        heard.extend(OURS.iter().filter(|target| {
            text.contains(&format!(" {target}: ")) || text.contains(&format!(" {target}::"))
        }));
        if text.to_lowercase().contains(MARK) || text.contains(TOKEN) {
            marked.push(text.into_owned());
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The other tests need not wait for what nobody reads.
static LISTENING: AtomicBool = AtomicBool::new(true);

/// For the whole process, because a hub works on many threads; the other tests' logs have no mark.
fn listen() -> Log {
    let log = Log::default();
    let writer = log.clone();
    let ours = Targets::new().with_targets(OURS.map(|target| (target, LevelFilter::TRACE)));
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
    let listening = dynamic_filter_fn(|_, _| LISTENING.load(Ordering::Relaxed));
    tracing_subscriber::registry().with(ours).with(listening).with(lines).init();
    log
}

async fn handshakes(world: &World) {
    for bad in [
        format!("room={MARK}%20x"),
        format!("room={MARK}&room={MARK}"),
        format!("userId={MARK}%00"),
        format!("username={MARK}%0A"),
        format!("username={}", MARK.repeat(20)),
        format!("feed={MARK}"),
    ] {
        assert_eq!(world.stack.try_connect(&bad).await.unwrap_err().status.as_u16(), 400, "{bad}");
    }
    let origin = format!("https://{MARK}.example");
    let refused = world.stack.connect_with("", &[("origin", &origin)]).await.unwrap_err();
    assert_eq!(refused.status.as_u16(), 403);
    for path in [
        format!("/{MARK}"),
        format!("/ws/{MARK}"),
        format!("/api/rooms/{MARK}%20/messages"),
        format!("/api/rooms/global/messages?before={MARK}"),
        format!("/api/{MARK}"),
        format!("/ws/@connections/{MARK}"),
    ] {
        let signature = [("authorization", tests::SIGNED_BY_NOBODY), ("x-mark", MARK)];
        let (status, _) = world.stack.request("POST", &path, &signature, MARK).await;
        assert!(status.is_client_error(), "{path}: {status}");
    }
    for raw in [format!("{MARK}\r\n\r\n"), format!("GET /{MARK} HTTP/9.9\r\n{MARK}\u{1}: {MARK}\r\n\r\n")] {
        let mut socket = TcpStream::connect(world.hub.address()).await.unwrap();
        socket.write_all(raw.as_bytes()).await.unwrap();
        socket.read_to_end(&mut Vec::new()).await.unwrap();
    }
}

async fn frames(world: &World) {
    let room = format!("room-{MARK}");
    let mut client = world.stack.connect_to(&room, &format!("user-{MARK}")).await;
    client.say(MARK).await;
    for _ in 0..2 {
        client.send(&json!({"action": "sendMessage", "content": MARK, "nonce": MARK})).await;
        client.expect("ack").await;
    }
    for bad in [
        MARK.to_owned(),
        format!("{{\"{MARK}"),
        json!({"action": MARK}).to_string(),
        json!({"action": {MARK: MARK}}).to_string(),
        json!({"type": MARK, "content": MARK}).to_string(),
        json!({"action": "sendMessage", "content": {MARK: MARK}}).to_string(),
        json!({"action": "sendMessage", "content": MARK.repeat(1000)}).to_string(),
        json!({"action": "sendMessage", "content": MARK, "nonce": MARK.repeat(20)}).to_string(),
        json!({"action": "sendMessage", "content": MARK, "replyTo": MARK}).to_string(),
        json!({"action": "sendMessage", "content": MARK, "replyTo": 99, "nonce": format!("{MARK}2")})
            .to_string(),
    ] {
        client.send_text(&bad).await;
        client.expect("error").await;
    }
    client.leave_saying(MARK).await;
    let mut client = world.stack.connect_to(&room, MARK).await;
    client.send_text(&MARK.repeat(6000)).await;
    assert_eq!(client.expect_close().await, 1009);
    let mut client = world.stack.connect_to(&room, MARK).await;
    client.send_binary(MARK.as_bytes()).await;
    assert_eq!(client.expect_close().await, 1003);
}

/// Secrets, tokens and what is in them, believed or not.
async fn tokens() {
    let secret = format!("{MARK}-secret");
    let world = World::with(&[("AUTH_SECRET", &secret), ("AUTH_AUDIENCE", MARK)]).await;
    let claims = json!({"sub": MARK, "name": MARK, "aud": MARK, "rooms": [MARK]});
    let good = tests::token(&secret, &claims);
    world.stack.bearing(&good).try_connect(&format!("room={MARK}")).await.unwrap().leave().await;
    let stranger = tests::token(&secret, &json!({"sub": MARK, "aud": format!("{MARK}2")}));
    let forged = tests::token(MARK, &claims);
    for (token, room, status) in [
        (good.as_str(), "elsewhere", 403),
        (&stranger, MARK, 401),
        (&forged, MARK, 401),
        (MARK, MARK, 401),
        (&format!("{MARK}.{MARK}.{MARK}"), MARK, 401),
    ] {
        let stack = world.stack.bearing(token);
        assert_eq!(stack.try_connect(&format!("room={room}")).await.unwrap_err().status, status);
        assert_eq!(stack.get(&format!("/api/rooms/{room}/messages")).await.0, status);
    }
    world.hub.stop().await;
}

/// What is logged when the database fails, and when those who shall hear it cannot be read.
async fn failures() {
    let frame = json!({"action": "sendMessage", "content": MARK, "nonce": MARK}).to_string();
    for (requests, answer) in
        [(every("PutItem").to(MESSAGES), "error"), (every(ANY), "error"), (every("Query"), "ack")]
    {
        let database = Database::new().await;
        let (app, faults) = database.app_with_faults();
        faults.strike(requests, Fault::internal());
        let app = App { management: Mailbox::default().management(), ..app };
        let mut event = event("sendMessage", MARK, "c1", NOON, Some(&frame));
        event.request_context.authorizer.as_mut().unwrap().room = Some(MARK.to_owned());
        let said = send_message::handle(&app, event).await.unwrap();
        assert!(said.body().unwrap().contains(answer), "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_client_sends_reaches_a_log() {
    let log = listen();
    let world = World::unlimited().await;
    let world_in_process = world.in_process;
    handshakes(&world).await;
    frames(&world).await;
    failures().await;
    tokens().await;
    world.hub.streams_drained().await;
    world.hub.stop().await;
    LISTENING.store(false, Ordering::Relaxed);

    let (heard, marked) = &*log.0.lock().unwrap();
    assert_eq!(*marked, Vec::<String>::new());
    // What functions as processes log goes through the emulator.
    let targets = ["emulator", "send_message", "shared"].into_iter();
    for target in targets.chain(world_in_process.then_some("authorizer")) {
        assert!(heard.contains(target), "{target} was not heard, only {heard:?}");
    }
}
