//! One user: comes, says something now and then, and goes; whatever was begun is repeated until it is
//! acknowledged, as a client should.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::records::{Records, Said, TwoMessages};
use crate::client::{Answer, Connection, OpenError};
use crate::synthetic::Random;

/// Longer than the server may take for one message; a crashed handler's answer carries no nonce, so
/// nothing but time tells its sender.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two attempts at the same thing.
const PAUSE: Duration = Duration::from_millis(200);
/// Attempts at one thing; a minute and more.
const ATTEMPTS: u32 = 60;
/// How long people stay, and how long they are away, in seconds.
const VISIT: (f64, f64) = (10.0, 120.0);
const AWAY: (f64, f64) = (0.0, 5.0);

#[derive(Debug, thiserror::Error)]
pub(super) enum PersonError {
    #[error("{user} could not connect in {ATTEMPTS} attempts")]
    NotConnected {
        user: String,
        #[source]
        source: OpenError,
    },
    #[error("{user} was refused: {code}: {message}")]
    Refused { user: String, code: String, message: String },
    #[error("{user} had no ack of {content:?} in {ATTEMPTS} attempts")]
    NoAck { user: String, content: String },
    #[error(transparent)]
    TwoMessages(#[from] TwoMessages),
}

pub(super) struct Person {
    pub(super) user: String,
    pub(super) room: String,
    /// `ws://host:port/ws`.
    pub(super) url: String,
    pub(super) random: Random,
    said: u64,
}

impl Person {
    pub(super) fn new(number: usize, room: String, url: String, seed: u64) -> Self {
        let random = Random::new(seed ^ (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        Self { user: format!("soak-{number}"), room, url, random, said: 0 }
    }

    /// Until `until`, saying something every `pause` seconds on average. Leaves nobody connected.
    pub(super) async fn live(
        &mut self,
        until: Instant,
        pause: f64,
        records: &Records,
    ) -> Result<(), PersonError> {
        while Instant::now() < until {
            let mut connection = self.come(records).await?;
            let leaves = Instant::now() + self.seconds(VISIT);
            while Instant::now() < leaves.min(until) {
                let next = Instant::now() + self.seconds((0.0, 2.0 * pause));
                sleep_until(next.min(until)).await;
                connection = self.say(connection, records).await?;
            }
            if self.random.chance(0.5) {
                records.count(|tally| &mut tally.goodbyes);
            } else {
                records.count(|tally| &mut tally.vanished);
                connection.vanish();
            }
            sleep_until((Instant::now() + self.seconds(AWAY)).min(until)).await;
        }
        Ok(())
    }

    pub(super) async fn come(&self, records: &Records) -> Result<Connection, PersonError> {
        let url = format!("{}?room={}&userId={}&username={}", self.url, self.room, self.user, self.user);
        let mut attempt = 0;
        loop {
            match Connection::open(&url).await {
                Ok(connection) => {
                    records.count(|tally| &mut tally.connects);
                    return Ok(connection);
                }
                Err(source) if attempt == ATTEMPTS => {
                    return Err(PersonError::NotConnected { user: self.user.clone(), source });
                }
                Err(_) => records.count(|tally| &mut tally.refused_connects),
            }
            attempt += 1;
            sleep(PAUSE).await;
        }
    }

    /// Says one thing until it is acknowledged, and returns the connection on which it was.
    async fn say(
        &mut self,
        mut connection: Connection,
        records: &Records,
    ) -> Result<Connection, PersonError> {
        self.said += 1;
        let content = format!("{} says number {}", self.user, self.said);
        let nonce = format!("{}-{}", self.user, self.said);
        let frame = json!({"action": "sendMessage", "content": content, "nonce": nonce}).to_string();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                records.count(|tally| &mut tally.repeats);
            }
            if !connection.is_open() {
                records.count(|tally| &mut tally.lost_connections);
                connection = self.come(records).await?;
            }
            match timeout(PATIENCE, connection.ask(&nonce, frame.clone())).await.ok().flatten() {
                Some(Answer { sequence: Some(sequence), code: None, .. }) => {
                    records.acknowledged(&self.room, sequence, Said { user: self.user.clone(), content })?;
                    return Ok(connection);
                }
                Some(Answer { code: Some(code), message, .. })
                    if !matches!(code.as_str(), "internal" | "room_busy" | "rate_limited") =>
                {
                    let message = message.unwrap_or_default();
                    return Err(PersonError::Refused { user: self.user.clone(), code, message });
                }
                _ => sleep(PAUSE).await,
            }
        }
        Err(PersonError::NoAck { user: self.user.clone(), content })
    }

    fn seconds(&mut self, (low, high): (f64, f64)) -> Duration {
        Duration::from_secs_f64(self.random.between(low, high))
    }
}
