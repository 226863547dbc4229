//! One stream: a rate that wanders, a ramp at the start, highlights, bursts that are none, spam.

use super::crowd::Crowd;
use super::random::Random;
use super::text::{Manner, say};
use crate::chat_log::Line;
use crate::moments::Window;

/// 2026-11-24T08:00:00Z, plus some seconds so that bursts do not begin with buckets.
const START_MS: i64 = 1_795_507_203_000;
const SECOND_MS: f64 = 1_000.0;

/// What kind of stream.
#[derive(Clone, Debug)]
pub struct StreamPlan {
    pub seed: u64,
    pub minutes: u32,
    /// Messages a minute, on average and without bursts.
    pub rate: f64,
    /// Marked highlights an hour.
    pub highlights: f64,
    /// Bursts an hour that nobody marked.
    pub others: f64,
}

impl StreamPlan {
    /// A stream as they were measured: of two to four hours with some highlight every 15 minutes.
    pub fn typical(seed: u64) -> Self {
        let mut random = Random::new(seed ^ 0x5eed);
        Self {
            seed,
            minutes: 103 + random.below(60) as u32,
            rate: random.between(85.0, 200.0),
            highlights: random.between(2.8, 4.4),
            others: random.between(16.0, 30.0),
        }
    }

    pub fn generate(&self) -> Stream {
        Making::new(self).run()
    }
}

/// A chat log, and what is marked in it.
#[derive(Clone, Debug)]
pub struct Stream {
    pub lines: Vec<Line>,
    pub windows: Vec<Window>,
}

/// A time in which more is said.
struct Burst {
    /// In seconds of the stream.
    begin: f64,
    rise: f64,
    /// At its height, in multiples of the usual rate.
    height: f64,
    hold: f64,
    fall: f64,
    manner: Manner,
}

impl Burst {
    /// Messages that it adds at a time, in multiples of the usual rate.
    fn at(&self, second: f64) -> f64 {
        let since = second - self.begin;
        if since < 0.0 {
            0.0
        } else if since < self.rise {
            self.height * since / self.rise
        } else if since < self.rise + self.hold {
            self.height
        } else {
            self.height * (-(since - self.rise - self.hold) / self.fall).exp()
        }
    }
}

struct Making<'a> {
    plan: &'a StreamPlan,
    random: Random,
    crowd: Crowd,
    bursts: Vec<Burst>,
    stream: Stream,
}

impl<'a> Making<'a> {
    fn new(plan: &'a StreamPlan) -> Self {
        Self {
            plan,
            random: Random::new(plan.seed),
            crowd: Crowd::new(((plan.rate * 12.0) as usize).max(8)),
            bursts: Vec::new(),
            stream: Stream { lines: Vec::new(), windows: Vec::new() },
        }
    }

    fn run(mut self) -> Stream {
        self.place_bursts();
        let usual = self.plan.rate / 60.0;
        let (mut wander, mut mood) = (0.0_f64, 0.0_f64);
        for second in 0..self.plan.minutes * 60 {
            let second = f64::from(second);
            // Over some 15 minutes, and over some 20 seconds: chat comes in clumps.
            wander += -wander / 900.0 + 0.35 * (2.0_f64 / 900.0).sqrt() * self.random.normal();
            mood += -mood / 20.0 + 0.28 * (2.0_f64 / 20.0).sqrt() * self.random.normal();
            // Greetings: three times the usual, gone after some minutes.
            let ramp = (second / 20.0).min(1.0) * (1.0 + 2.0 * (-second / 150.0).exp());
            let now = usual * (wander + mood).exp() * ramp;
            let count = self.random.poisson(now);
            self.speak(second, count, Manner::Usual);
            for burst in 0..self.bursts.len() {
                let Burst { manner, .. } = self.bursts[burst];
                let count = self.random.poisson(usual * self.bursts[burst].at(second));
                self.speak(second, count, manner);
            }
            self.spam(second);
        }
        self.stream.lines.sort_by_key(|line| line.at_ms);
        self.stream
    }

    fn place_bursts(&mut self) {
        let end = f64::from(self.plan.minutes) * 60.0;
        let mut at = 240.0;
        loop {
            // No two within a minute and a half.
            at += 90.0 + -(1.0 - self.random.unit()).ln() * (3600.0 / self.plan.highlights - 90.0).max(60.0);
            if at + 110.0 > end {
                break;
            }
            let length = self.random.between(20.0, 95.0);
            let (start, end) = (at - self.random.between(2.0, 15.0), at + length);
            self.stream.windows.push(Window { start, end });
            // A few are marked although chat hardly cares, and in some things happen twice.
            let twice = self.random.chance(length / 150.0);
            for _ in 0..1 + usize::from(twice) {
                let height = (1.45 + 0.65 * self.random.normal()).exp().clamp(0.4, 11.0);
                let begin = at + self.random.between(0.0, length * 0.7) + self.random.between(3.0, 11.0);
                self.burst(begin, height, Manner::Excited);
            }
        }
        let mut at = 120.0;
        loop {
            at += -(1.0 - self.random.unit()).ln() * 3600.0 / self.plan.others.max(0.01);
            if at + 60.0 > end {
                break;
            }
            let (manner, median) = match self.random.below(20) {
                0..=8 => (Manner::Amused, 0.55),
                9..=11 => (Manner::Excited, 0.5),
                12..=16 => (Manner::Answering, 0.6),
                17..=18 => (Manner::Voting, 0.9),
                _ => (Manner::Raiding, 1.1),
            };
            let height = (median + 0.6 * self.random.normal()).exp().clamp(0.3, 8.0);
            self.burst(at, height, manner);
        }
    }

    fn burst(&mut self, begin: f64, height: f64, manner: Manner) {
        let burst = Burst {
            begin,
            rise: self.random.between(2.0, 6.0),
            height,
            hold: self.random.between(2.0, 10.0),
            fall: self.random.between(4.0, 14.0),
            manner,
        };
        self.bursts.push(burst);
    }

    fn speak(&mut self, second: f64, count: usize, manner: Manner) {
        for _ in 0..count {
            let user = match manner {
                Manner::Usual => self.crowd.someone(&mut self.random),
                _ => self.crowd.anyone(&mut self.random),
            };
            let content = say(manner, &mut self.random);
            self.push(second, user, content);
        }
    }

    /// Now and then somebody alone fills the screen.
    fn spam(&mut self, second: f64) {
        if self.random.chance(1.0 / 2_400.0) {
            let user = format!("viewer{}", self.random.below(50));
            for n in 0..60 {
                self.push(second + f64::from(n) / 6.0, user.clone(), "LUL LUL LUL".to_owned());
            }
        }
    }

    fn push(&mut self, second: f64, user: String, content: String) {
        let offset_ms = ((second + self.random.unit()) * SECOND_MS) as i64;
        self.stream.lines.push(Line { at_ms: START_MS + offset_ms, offset_ms, room: None, user, content });
    }
}
