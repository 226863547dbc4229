//! The detector's state as bytes, to be stored between two invocations: a version, then numbers of
//! variable length. Some hundred bytes in an ordinary room.

use super::baseline::Baseline;
use super::bucket::{Bucket, Closed};
use super::candidate::{Candidate, Totals};
use super::detector::Detector;
use super::places::{PLACES, Places};
use super::ranges::Ranges;
use super::signal::Shares;
use super::state::{KEPT, State};
use super::words::{SLOTS, Words};

/// Changes with the layout or with what a number in it means.
const VERSION: u8 = 1;
/// Open buckets that a state may have: more is no state of ours.
const MOST_OPEN: u64 = 10_000;

/// Bytes that are no state. Begin with a new detector then: it finds moments again after a minute and
/// a half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    #[error("the detector's state has version {0}, this is version {VERSION}")]
    Version(u8),
    #[error("the detector's state is damaged")]
    Damaged,
}

impl Detector {
    /// The state, for [`Detector::from_bytes`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer(vec![VERSION]);
        out.signed(self.next.unwrap_or(-1));
        out.list(self.open.len());
        for (index, bucket) in &self.open {
            out.signed(*index);
            out.bucket(bucket);
        }
        out.list(self.folded.iter().len());
        let mut before = 0;
        for (first, last) in self.folded.iter() {
            out.number(first - before);
            out.number(last - first);
            before = last;
        }
        out.state(&self.state);
        out.0
    }

    /// Refuses what [`Detector::to_bytes`] has not written; never panics, whatever the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        let (version, rest) = bytes.split_first().ok_or(StateError::Damaged)?;
        if *version != VERSION {
            return Err(StateError::Version(*version));
        }
        let mut from = Reader(rest);
        let detector = from.detector().ok_or(StateError::Damaged)?;
        if from.0.is_empty() { Ok(detector) } else { Err(StateError::Damaged) }
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)) as u64);
    }

    fn list(&mut self, length: usize) {
        self.number(length as u64);
    }

    /// Exact: a state that is stored and read must go on as if it had not been.
    fn float(&mut self, number: f64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.list(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn places(&mut self, places: &Places) {
        self.number(u64::from(places.taken_count()));
        let mut before = 0;
        for place in places.taken() {
            self.list(place - before);
            before = place;
        }
    }

    fn words(&mut self, words: &Words) {
        self.list(words.iter().len());
        for (word, count) in words.iter() {
            self.text(word);
            self.number(u64::from(count));
        }
    }

    fn bucket(&mut self, bucket: &Bucket) {
        self.number(u64::from(bucket.messages));
        self.number(u64::from(bucket.reactions));
        self.places(&bucket.chatters);
        self.places(&bucket.reactors);
        self.places(&bucket.texts);
        self.number(bucket.first);
        self.number(bucket.last);
        self.words(&bucket.words);
    }

    fn closed(&mut self, bucket: &Closed) {
        self.signed(bucket.index);
        let Closed { messages, chatters, reactors, reactions, repeats, .. } = *bucket;
        for number in [messages, chatters, reactors, reactions, repeats] {
            self.number(u64::from(number));
        }
        self.number(bucket.first);
        self.number(bucket.last);
        self.words(&bucket.words);
    }

    fn totals(&mut self, totals: &Totals) {
        for number in [totals.messages, totals.reactions, totals.repeats] {
            self.number(number);
        }
        let (first, last) = totals.range.unwrap_or((0, 0));
        self.number(first);
        self.number(last);
        self.words(&totals.words);
    }

    fn state(&mut self, state: &State) {
        let Baseline { seen, mean, variance, chatters, shares } = state.baseline;
        self.number(u64::from(seen));
        for number in [mean, variance, chatters, shares.reactions, shares.repeats, state.raised] {
            self.float(number);
        }
        self.signed(state.silent);
        self.list(state.recent.len());
        state.recent.iter().for_each(|bucket| self.closed(bucket));
        self.list(usize::from(state.candidate.is_some()));
        if let Some(candidate) = &state.candidate {
            for index in [candidate.start, candidate.end, candidate.peak] {
                self.signed(index);
            }
            self.number(u64::from(candidate.peak_chatters));
            self.number(u64::from(candidate.peak_messages));
            self.float(candidate.usual_chatters);
            self.float(candidate.score);
            self.totals(&candidate.inside);
            self.totals(&candidate.since);
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// A length of at most `most`.
    fn list(&mut self, most: u64) -> Option<usize> {
        let length = self.number()?;
        if length <= most { usize::try_from(length).ok() } else { None }
    }

    fn float(&mut self) -> Option<f64> {
        let (bytes, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(f64::from_le_bytes(*bytes)).filter(|number| number.is_finite())
    }

    fn text(&mut self) -> Option<&str> {
        let length = self.list(self.0.len() as u64)?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    fn places(&mut self) -> Option<Places> {
        let mut places = Places::default();
        let mut place = 0;
        for _ in 0..self.list(PLACES as u64)? {
            place += self.list(PLACES as u64)?;
            places.take_place(place);
        }
        (place < PLACES).then_some(places)
    }

    fn words(&mut self) -> Option<Words> {
        let mut words = Words::default();
        for _ in 0..self.list(SLOTS as u64)? {
            let word = self.text()?.to_owned();
            words.add(&word, self.small()?);
        }
        Some(words)
    }

    fn bucket(&mut self) -> Option<Bucket> {
        Some(Bucket {
            messages: self.small()?,
            reactions: self.small()?,
            chatters: self.places()?,
            reactors: self.places()?,
            texts: self.places()?,
            first: self.number()?,
            last: self.number()?,
            words: self.words()?,
        })
    }

    fn closed(&mut self) -> Option<Closed> {
        Some(Closed {
            index: self.signed()?,
            messages: self.small()?,
            chatters: self.small()?,
            reactors: self.small()?,
            reactions: self.small()?,
            repeats: self.small()?,
            first: self.number()?,
            last: self.number()?,
            words: self.words()?,
        })
    }

    fn totals(&mut self) -> Option<Totals> {
        Some(Totals {
            messages: self.number()?,
            reactions: self.number()?,
            repeats: self.number()?,
            range: Some((self.number()?, self.number()?)).filter(|(first, _)| *first > 0),
            words: self.words()?,
        })
    }

    fn candidate(&mut self) -> Option<Candidate> {
        Some(Candidate {
            start: self.signed()?,
            end: self.signed()?,
            peak: self.signed()?,
            peak_chatters: self.small()?,
            peak_messages: self.small()?,
            usual_chatters: self.float()?,
            score: self.float()?,
            inside: self.totals()?,
            since: self.totals()?,
        })
    }

    fn state(&mut self) -> Option<State> {
        let seen = self.small()?;
        let (mean, variance, chatters) = (self.float()?, self.float()?, self.float()?);
        let shares = Shares { reactions: self.float()?, repeats: self.float()? };
        let (raised, silent) = (self.float()?, self.signed()?);
        let mut recent = Vec::new();
        for _ in 0..self.list(KEPT as u64)? {
            recent.push(self.closed()?);
        }
        let candidate = if self.list(1)? == 1 { Some(self.candidate()?) } else { None };
        let baseline = Baseline { seen, mean, variance, chatters, shares };
        Some(State { baseline, recent, candidate, raised, silent })
    }

    fn detector(&mut self) -> Option<Detector> {
        let next = Some(self.signed()?).filter(|next| *next >= 0);
        let mut detector = Detector { next, ..Detector::default() };
        for _ in 0..self.list(MOST_OPEN)? {
            let index = self.signed()?;
            detector.open.insert(index, self.bucket()?);
        }
        let mut ranges = Ranges::default();
        let mut before = 0_u64;
        for _ in 0..self.list(self.0.len() as u64)? {
            let first = before.checked_add(self.number()?)?;
            before = first.checked_add(self.number()?)?;
            if !ranges.push(first, before) {
                return None;
            }
        }
        detector.folded = ranges;
        detector.state = self.state()?;
        Some(detector)
    }
}
