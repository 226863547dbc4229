//! A few people do anything at all, at once, in two rooms; at the end everything adds up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tests::{Client, Stack, eventually};
use tokio::time::Instant;

use crate::world::World;

const USERS: usize = 3;
const ROOMS: [&str; 2] = ["global", "lounge"];
const BAD_FRAMES: [&str; 4] =
    ["", "{", r#"{"action":"dance"}"#, r#"{"action":"sendMessage","content":"\u0000"}"#];

/// What somebody does next. Of no effect if it takes a connection and there is none.
#[derive(Clone, Debug)]
enum Step {
    Connect(usize),
    Leave(usize),
    Vanish(usize),
    Say(usize),
    SayWithNonce(usize, u8),
    Mumble(usize, usize),
    /// Of an earlier connection only the row is left.
    Ghost,
}

/// What each user does, one thing after the other; the users do it at the same time.
fn scripts() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let step = prop_oneof![
        4 => (0..ROOMS.len()).prop_map(Step::Connect),
        1 => any::<usize>().prop_map(Step::Leave),
        1 => any::<usize>().prop_map(Step::Vanish),
        8 => any::<usize>().prop_map(Step::Say),
        4 => (any::<usize>(), 0_u8..3).prop_map(|(who, nonce)| Step::SayWithNonce(who, nonce)),
        2 => (any::<usize>(), 0..BAD_FRAMES.len()).prop_map(|(who, frame)| Step::Mumble(who, frame)),
        1 => Just(Step::Ghost),
    ];
    prop::collection::vec(prop::collection::vec(step, 5..30), USERS)
}

/// A message as it was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Said {
    sequence: u64,
    message_id: String,
    content: String,
}

/// What all users know together.
#[derive(Default)]
struct Ledger {
    /// In each room, with the moment before it was first sent.
    said: [BTreeMap<Said, Instant>; 2],
    ghosts: usize,
}

/// Somebody's connection, open since a ping was answered.
struct Open {
    client: Client,
    room: usize,
    since: Instant,
}

struct Person<'a> {
    name: String,
    world: &'a World,
    ledger: &'a Mutex<Ledger>,
    open: Vec<Open>,
    nonces: BTreeMap<(usize, u8), Said>,
    utterances: usize,
}

impl Person<'_> {
    async fn take(&mut self, step: &Step) {
        let which = |who: usize| (!self.open.is_empty()).then(|| who % self.open.len());
        match *step {
            Step::Connect(room) => {
                let mut client = self.world.stack.connect_to(ROOMS[room], &self.name).await;
                client.send(&json!({"action": "ping"})).await;
                client.expect("pong").await;
                self.open.push(Open { client, room, since: Instant::now() });
            }
            Step::Leave(who) => {
                if let Some(at) = which(who) {
                    self.open.remove(at).client.leave().await;
                }
            }
            Step::Vanish(who) => {
                if let Some(at) = which(who) {
                    self.open.remove(at).client.vanish();
                }
            }
            Step::Say(who) => {
                if let Some(at) = which(who) {
                    self.say(at, None).await;
                }
            }
            Step::SayWithNonce(who, nonce) => {
                if let Some(at) = which(who) {
                    self.say(at, Some(nonce)).await;
                }
            }
            Step::Mumble(who, frame) => {
                if let Some(at) = which(who) {
                    self.open[at].client.send_text(BAD_FRAMES[frame]).await;
                    self.open[at].client.expect("error").await;
                }
            }
            Step::Ghost => {
                let ghosts = {
                    let mut ledger = self.ledger.lock().unwrap();
                    ledger.ghosts += 1;
                    ledger.ghosts
                };
                let (id, age) = (format!("{ghosts:015}="), Duration::from_secs(60));
                self.world.ghost(&id, &self.name, age).await;
            }
        }
    }

    async fn say(&mut self, at: usize, nonce: Option<u8>) {
        let Open { client, room, .. } = &mut self.open[at];
        self.utterances += 1;
        let content = format!("{} says {}", self.name, self.utterances);
        let mut frame = json!({"action": "sendMessage", "content": content});
        if let Some(nonce) = nonce {
            frame["nonce"] = nonce.to_string().into();
        }
        let sent = Instant::now();
        client.send(&frame).await;
        let ack = client.expect("ack").await;
        let said = said(&ack, &content);
        if let Some(first) = nonce.and_then(|nonce| self.nonces.get(&(*room, nonce))) {
            // What was said first counts, whatever it is the second time.
            assert_eq!((&said.message_id, said.sequence), (&first.message_id, first.sequence));
            return;
        }
        if let Some(nonce) = nonce {
            self.nonces.insert((*room, nonce), said.clone());
        }
        let earlier = self.ledger.lock().unwrap().said[*room].insert(said, sent);
        assert_eq!(earlier, None);
    }
}

fn said(frame: &Value, content: &str) -> Said {
    Said {
        sequence: frame["sequence"].as_u64().unwrap(),
        message_id: frame["messageId"].as_str().unwrap().to_owned(),
        content: content.to_owned(),
    }
}

fn heard(frame: &Value) -> Said {
    said(frame, frame["content"].as_str().unwrap())
}

async fn history(stack: &Stack, room: usize) -> Vec<Said> {
    stack.history(ROOMS[room]).await.iter().map(heard).collect()
}

async fn play(scripts: Vec<Vec<Step>>) {
    let world = &World::unlimited().await;
    let ledger = &Mutex::default();
    let people = scripts.iter().enumerate().map(async |(n, script)| {
        let (nonces, open) = (BTreeMap::new(), Vec::new());
        let mut person = Person { name: format!("user{n}"), world, ledger, open, nonces, utterances: 0 };
        for step in script {
            person.take(step).await;
        }
        person
    });
    let mut people = join_all(people).await;

    // A delivery finds the ghosts.
    let mut last = world.stack.connect("last").await;
    let sent = Instant::now();
    let ack = last.say("goodbye").await;
    ledger.lock().unwrap().said[0].insert(said(&ack, "goodbye"), sent);

    let said = ledger.lock().unwrap().said.clone();
    for (room, said) in said.iter().enumerate() {
        let numbers: Vec<_> = said.keys().map(|said| said.sequence).collect();
        assert_eq!(numbers, (1..=said.len() as u64).collect::<Vec<_>>(), "no hole, no number twice");
        let all: Vec<_> = said.keys().cloned().collect();
        assert_eq!(history(&world.stack, room).await, all, "what was acknowledged, and nothing else");
    }
    for Open { client, room, since } in people.iter_mut().flat_map(|person| &mut person.open) {
        let heard: BTreeSet<_> = client.drain().await.iter().map(heard).collect();
        let due = said[*room].iter().filter(|(_, sent)| *sent > since);
        let missed: Vec<_> = due.map(|(said, _)| said).filter(|said| !heard.contains(*said)).collect();
        assert!(missed.is_empty(), "not heard live: {missed:?}");
        assert!(heard.iter().all(|heard| said[*room].contains_key(heard)), "of another room, or not stored");
    }
    expect_counts(world, &people).await;
}

async fn expect_counts(world: &World, people: &[Person<'_>]) {
    for (room, name) in ROOMS.iter().enumerate() {
        let here = |person: &Person<'_>| person.open.iter().filter(|open| open.room == room).count() as u64;
        let last = u64::from(room == 0);
        let members = people.iter().filter(|person| here(person) > 0).count() as u64 + last;
        let connections = people.iter().map(here).sum::<u64>() + last;
        eventually(&format!("{members} members and {connections} connections in {name}"), async || {
            let counts = world.counts(name).await;
            (counts == (members, connections)).then_some(()).ok_or(counts)
        })
        .await;
    }
    let everybody = people.iter().map(|person| person.open.len() as u64).sum::<u64>() + 1;
    world.stack.expect_clients(everybody).await;
}

#[test]
fn whatever_people_do_at_once_everything_adds_up() {
    // Each case is a hub of its own; a failure is looked for in smaller scripts, not for ever.
    let config = Config { cases: 8, max_shrink_iters: 40, failure_persistence: None, ..Config::default() };
    let runtime = Arc::new(tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap());
    let played = TestRunner::new(config).run(&scripts(), |scripts| {
        let runtime = runtime.clone();
        let case = std::panic::AssertUnwindSafe(|| runtime.block_on(play(scripts)));
        std::panic::catch_unwind(case).map_err(|_said_above| TestCaseError::fail("it does not add up"))
    });
    if let Err(error) = played {
        panic!("{error}");
    }
}
