//! Somebody whose connection breaks again and again misses nothing: opening the socket first, then
//! reading the history after the last sequence known, leaves no hole between the two.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::try_join_all;
use http::StatusCode;
use serde_json::Value;
use tests::{Client, Stack, eventually};

use crate::world::World;

const SPEAKERS: usize = 3;
const ROUNDS: usize = 20;

/// What a client keeps from one connection to the next.
struct Reader {
    stack: Stack,
    /// Chat frames by sequence.
    seen: BTreeMap<u64, Value>,
    live: usize,
    from_history: usize,
}

impl Reader {
    fn new(stack: &Stack) -> Self {
        Self { stack: stack.clone(), seen: BTreeMap::new(), live: 0, from_history: 0 }
    }

    /// The last sequence before the first hole.
    fn whole(&self) -> u64 {
        (1..).find(|sequence| !self.seen.contains_key(sequence)).unwrap() - 1
    }

    /// Whether it is new. What is known already must be the same, live and in the history.
    fn take(&mut self, frame: Value) -> bool {
        let sequence = frame["sequence"].as_u64().unwrap();
        match self.seen.get(&sequence) {
            Some(known) => {
                assert_eq!(*known, frame);
                false
            }
            None => self.seen.insert(sequence, frame).is_none(),
        }
    }

    fn take_live(&mut self, frame: Value) {
        self.live += usize::from(self.take(frame));
    }

    /// Reads the history after what is whole, to its end, in pages of a random size.
    async fn catch_up(&mut self, random: &mut Random) {
        let mut next = Some(self.whole());
        while let Some(after) = next {
            let limit = random.below(40) + 1;
            let path = format!("/api/rooms/global/messages?limit={limit}&after={after}");
            let (status, page) = self.stack.get(&path).await;
            assert_eq!(status, StatusCode::OK, "{page}");
            let mut previous = after;
            for frame in page["messages"].as_array().unwrap() {
                let sequence = frame["sequence"].as_u64().unwrap();
                assert!(sequence > previous, "{sequence} comes after {previous}");
                previous = sequence;
                self.from_history += usize::from(self.take(frame.clone()));
            }
            next = page["next"].as_u64();
            assert!(next.is_none_or(|next| next == previous), "{page}");
        }
    }

    /// Opens a socket, which buffers, reads the history to its end, and merges.
    async fn resume(&mut self, random: &mut Random) -> Client {
        let mut client = self.stack.connect("reader").await;
        self.catch_up(random).await;
        for frame in client.drain().await.into_iter().filter(|frame| frame["type"] == "chat") {
            self.take_live(frame);
        }
        // What took its sequence and is not stored yet is so within two seconds, or never.
        let newest = self.seen.last_key_value().map_or(0, |(sequence, _)| *sequence);
        eventually("a history without holes", async || {
            self.catch_up(random).await;
            (self.whole() >= newest).then_some(()).ok_or_else(|| (self.whole(), newest))
        })
        .await;
        client
    }
}

/// Xorshift, so that a run can be repeated as far as the machine's timing allows.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// Talks without a pause until told to stop; what was acknowledged, by sequence.
async fn speak(stack: Stack, n: usize, stop: Arc<AtomicBool>) -> BTreeMap<u64, String> {
    let mut client = stack.connect(&format!("speaker{n}")).await;
    let mut acknowledged = BTreeMap::new();
    for m in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let content = format!("{n}: {m}");
        let ack = client.say(&content).await;
        acknowledged.insert(ack["sequence"].as_u64().unwrap(), content);
        client.drain().await;
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reconnects_again_and_again_misses_nothing() {
    let world = World::unlimited().await;
    let mut random = Random(0x2026_1124);
    let mut reader = Reader::new(&world.stack);
    let stop = Arc::new(AtomicBool::new(false));
    let speakers = (0..SPEAKERS).map(|n| tokio::spawn(speak(world.stack.clone(), n, stop.clone())));
    let speakers: Vec<_> = speakers.collect();

    for round in 0..ROUNDS {
        let mut client = reader.resume(&mut random).await;
        for _ in 0..random.below(12) {
            reader.take_live(client.expect("chat").await);
        }
        if round.is_multiple_of(2) { client.vanish() } else { client.leave().await }
    }
    stop.store(true, Ordering::Relaxed);
    let said: BTreeMap<_, _> = try_join_all(speakers).await.unwrap().into_iter().flatten().collect();
    let _client = reader.resume(&mut random).await;

    let content = |frame: &Value| frame["content"].as_str().unwrap().to_owned();
    let seen: BTreeMap<_, _> =
        reader.seen.iter().map(|(sequence, frame)| (*sequence, content(frame))).collect();
    assert_eq!(seen, said);
    assert_eq!(reader.whole(), u64::try_from(said.len()).unwrap());
    assert!(reader.live > ROUNDS && reader.from_history > ROUNDS, "{} {}", reader.live, reader.from_history);
}
