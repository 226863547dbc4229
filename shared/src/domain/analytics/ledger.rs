//! A running total that can be corrected: every minute, hour and day that it is the sum of is kept
//! apart until it cannot change any more.

use std::collections::BTreeMap;

use super::binary::{Damaged, Reader, Writer};
use super::bucket::{Day, Hour, Minute};
use super::distinct;
use super::estimate::Estimate;

/// The first byte.
const VERSION: u8 = 2;
/// Which did not say of newcomers whether they are estimated.
const PLAIN: u8 = 1;

/// Days kept apart. A message that is older can be deleted, but no longer taken out of the total.
const DAYS: usize = 400;

/// Sums of a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Messages.
    pub messages: u64,
    /// Unicode scalar values in them.
    pub characters: u64,
    /// Users who said something for the first time.
    pub newcomers: u64,
    /// Whether their number is estimated, of a part at least.
    pub estimated: bool,
}

/// All closed minutes since the beginning.
///
/// Setting a stretch again replaces what it was, so that whoever was interrupted sets it once more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The newest minute with a message in it. It and what comes after it are not in the sums.
    open: Option<Minute>,
    /// The first minute with a message in it.
    since: Option<Minute>,
    before: Tally,
    days: BTreeMap<Day, Tally>,
    /// Of the open minute's day.
    hours: BTreeMap<Hour, Tally>,
    /// Of the open minute's hour.
    minutes: BTreeMap<Minute, Tally>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.characters += other.characters;
        self.newcomers += other.newcomers;
        self.estimated |= other.estimated;
    }

    /// The sum of several.
    pub fn sum(tallies: impl IntoIterator<Item = Self>) -> Self {
        tallies.into_iter().fold(Self::default(), |mut sum, tally| {
            sum.add(tally);
            sum
        })
    }

    pub(super) fn write(self, writer: &mut Writer) {
        writer.number(self.messages);
        writer.number(self.characters);
        writer.number(self.newcomers << 1 | u64::from(self.estimated));
    }

    /// What a row of this version says.
    pub(super) fn read(reader: &mut Reader<'_>, version: u8) -> Result<Self, Damaged> {
        let (messages, characters, newcomers) = (reader.number()?, reader.number()?, reader.number()?);
        match version {
            PLAIN => Ok(Self { messages, characters, newcomers, estimated: false }),
            VERSION => {
                Ok(Self { messages, characters, newcomers: newcomers >> 1, estimated: newcomers & 1 == 1 })
            }
            _ => Err(Damaged),
        }
    }

    /// Different users who said something for the first time: a sketch's doubt is taken for all of them.
    pub fn chatters(self) -> Estimate {
        if self.estimated { distinct::bounds(self.newcomers) } else { Estimate::exact(self.newcomers) }
    }
}

impl Ledger {
    /// The newest minute with a message in it; its own messages are not in the sums yet.
    pub fn open(&self) -> Option<Minute> {
        self.open
    }

    /// The first minute with a message in it.
    pub fn since(&self) -> Option<Minute> {
        self.since
    }

    /// There are messages in `minute`.
    pub fn note(&mut self, minute: Minute) {
        self.since = Some(self.since.map_or(minute, |since| since.min(minute)));
    }

    /// Makes `minute` the open one, if it is newer than that. Hours and days that are over by then
    /// become the sums of their parts.
    pub fn advance(&mut self, minute: Minute) {
        if self.open.is_some_and(|open| open >= minute) {
            return;
        }
        self.open = Some(minute);
        for (closed, tally) in std::mem::take(&mut self.minutes) {
            if closed.hour() == minute.hour() {
                self.minutes.insert(closed, tally);
            } else {
                self.hours.entry(closed.hour()).or_default().add(tally);
            }
        }
        for (closed, tally) in std::mem::take(&mut self.hours) {
            if closed.day() == minute.hour().day() {
                self.hours.insert(closed, tally);
            } else {
                self.days.entry(closed.day()).or_default().add(tally);
            }
        }
        while self.days.len() > DAYS
            && let Some((_, tally)) = self.days.pop_first()
        {
            self.before.add(tally);
        }
    }

    /// Says what a minute of the open hour has, before the open one.
    pub fn set_minute(&mut self, minute: Minute, tally: Tally) {
        if self.open.is_some_and(|open| minute < open && minute.hour() == open.hour()) {
            self.minutes.insert(minute, tally);
        }
    }

    /// Says what a closed hour of the open day has.
    pub fn set_hour(&mut self, hour: Hour, tally: Tally) {
        if self.open.is_some_and(|open| hour < open.hour() && hour.day() == open.hour().day()) {
            self.hours.insert(hour, tally);
        }
    }

    /// Says what a closed day has, if it is still kept apart.
    pub fn set_day(&mut self, day: Day, tally: Tally) {
        let closed = self.open.is_some_and(|open| day < open.hour().day());
        let is_kept =
            self.days.len() < DAYS || self.days.first_key_value().is_some_and(|(oldest, _)| day >= *oldest);
        if closed && is_kept {
            self.days.insert(day, tally);
        }
    }

    /// Everything before the open minute.
    pub fn total(&self) -> Tally {
        let parts = self.days.values().chain(self.hours.values()).chain(self.minutes.values());
        Tally::sum(parts.copied().chain([self.before]))
    }

    /// The sums of the last days, the open minute's day up to before that minute included, oldest first.
    pub fn days(&self) -> impl Iterator<Item = (Day, Tally)> {
        let today = self.open.map(|open| {
            let parts = self.hours.values().chain(self.minutes.values());
            (open.hour().day(), Tally::sum(parts.copied()))
        });
        self.days.iter().map(|(day, tally)| (*day, *tally)).chain(today)
    }

    /// Less than 16 KB.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.byte(VERSION);
        for minute in [self.open, self.since] {
            writer.number(minute.map_or(0, |minute| minute.number().unsigned_abs() + 1));
        }
        self.before.write(&mut writer);
        write(&mut writer, self.days.iter().map(|(day, tally)| (day.number(), *tally)));
        write(&mut writer, self.hours.iter().map(|(hour, tally)| (hour.number(), *tally)));
        write(&mut writer, self.minutes.iter().map(|(minute, tally)| (minute.number(), *tally)));
        writer.finish()
    }

    /// What [`to_bytes`](Self::to_bytes) wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        let mut reader = Reader::new(bytes);
        let version = reader.byte()?;
        let reader = &mut reader;
        let mut minute = || {
            let number = i64::try_from(reader.number()?).map_err(|_| Damaged)?;
            Ok((number > 0).then(|| Minute::from_number(number - 1)))
        };
        let (open, since) = (minute()?, minute()?);
        let ledger = Self {
            open,
            since,
            before: Tally::read(reader, version)?,
            days: read(reader, version, Day::from_number)?,
            hours: read(reader, version, Hour::from_number)?,
            minutes: read(reader, version, Minute::from_number)?,
        };
        if reader.is_empty() { Ok(ledger) } else { Err(Damaged) }
    }
}

fn write(writer: &mut Writer, stretches: impl ExactSizeIterator<Item = (i64, Tally)>) {
    writer.length(stretches.len());
    let mut from = 0;
    for (number, tally) in stretches {
        let number = number.unsigned_abs();
        writer.number(number - from);
        from = number;
        tally.write(writer);
    }
}

fn read<K: Ord>(
    reader: &mut Reader<'_>,
    version: u8,
    stretch: impl Fn(i64) -> K,
) -> Result<BTreeMap<K, Tally>, Damaged> {
    let mut stretches = BTreeMap::new();
    let mut number: u64 = 0;
    for _ in 0..reader.length()? {
        number = number.checked_add(reader.number()?).ok_or(Damaged)?;
        let key = stretch(i64::try_from(number).map_err(|_| Damaged)?);
        stretches.insert(key, Tally::read(reader, version)?);
    }
    Ok(stretches)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(messages: u64) -> Tally {
        Tally { messages, characters: messages * 10, newcomers: 1, estimated: false }
    }

    #[test]
    fn a_total_is_right_while_minutes_become_hours_and_hours_days() {
        let mut ledger = Ledger::default();
        let first = Minute::from_number(29_925_151);
        ledger.advance(first);
        for step in 1..=4_000 {
            let minute = Minute::from_number(first.number() + step);
            ledger.advance(minute);
            ledger.set_minute(minute.back(1), messages(1));
            if minute.back(1).hour() != minute.hour() {
                // What the closed hour really was: its last minute could not be set any more.
                let from = minute.back(1).hour().first_minute().max(first).number();
                let whole = u64::try_from(minute.number() - from).expect("positive");
                ledger.set_hour(minute.back(1).hour(), messages(whole));
                if minute.back(1).hour().day() != minute.hour().day() {
                    let day = minute.back(1).hour().day();
                    let from = day.first_hour().first_minute().max(first).number();
                    ledger.set_day(day, messages(u64::try_from(minute.number() - from).expect("positive")));
                }
            }
            assert_eq!(ledger.total().messages, u64::try_from(step).expect("positive"), "step {step}");
        }
        let days: Vec<(Day, Tally)> = ledger.days().collect();
        assert_eq!(Tally::sum(days.iter().map(|(_, tally)| *tally)).messages, 4_000);
        let day = first.hour().day();
        assert_eq!(
            days.iter().map(|(day, _)| *day).collect::<Vec<_>>(),
            [day, day.back(-1), day.back(-2), day.back(-3)]
        );
        assert_eq!(days[1].1.messages, 24 * 60);
        assert_eq!(Ledger::from_bytes(&ledger.to_bytes()), Ok(ledger));
    }

    #[test]
    fn who_was_estimated_in_a_part_is_estimated_in_all() {
        let exact = messages(1);
        let estimated = Tally { newcomers: 3_000, estimated: true, ..exact };
        assert_eq!(Tally::sum([exact, exact]).chatters(), Estimate::exact(2));
        let chatters = Tally::sum([exact, estimated]).chatters();
        assert!(chatters.low < 2_950 && chatters.value == 3_001 && chatters.high > 3_050, "{chatters:?}");
        let mut ledger = Ledger::default();
        ledger.advance(Minute::from_number(1_000_000));
        ledger.set_minute(Minute::from_number(999_999), estimated);
        assert_eq!(Ledger::from_bytes(&ledger.to_bytes()), Ok(ledger));
    }

    #[test]
    fn a_ledger_of_the_version_before_is_read() {
        // Open minute 1 and first minute 0, each plus one; 5, 50 and 2 before; no days, hours, minutes.
        let ledger = Ledger::from_bytes(&[PLAIN, 2, 1, 5, 50, 2, 0, 0, 0]).expect("readable");
        assert_eq!(ledger.total(), Tally { messages: 5, characters: 50, newcomers: 2, estimated: false });
    }

    #[test]
    fn setting_a_stretch_again_replaces_it() {
        let mut ledger = Ledger::default();
        let minute = Minute::from_number(1_000_000);
        ledger.advance(minute);
        ledger.set_minute(minute.back(1), messages(5));
        ledger.set_minute(minute.back(1), messages(3));
        assert_eq!(ledger.total().messages, 3);
        ledger.set_minute(minute, messages(9));
        assert_eq!(ledger.total().messages, 3, "the open minute is not in the sum");
    }

    #[test]
    fn four_hundred_days_take_less_than_16_kb() {
        let mut ledger = Ledger::default();
        for day in 0..500 {
            ledger.advance(Day::from_number(20_000 + day).first_hour().first_minute());
            ledger.set_day(Day::from_number(20_000 + day - 1), messages(5_000_000_000));
        }
        assert_eq!(ledger.total().messages, 500 * 5_000_000_000);
        let bytes = ledger.to_bytes();
        assert!(bytes.len() < 16 * 1024, "{} bytes", bytes.len());
        assert_eq!(Ledger::from_bytes(&bytes), Ok(ledger));
    }
}
