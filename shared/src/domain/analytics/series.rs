//! An hour or a day, minute by minute.

use std::collections::BTreeMap;

use super::binary::{Damaged, Reader, Writer};
use super::bucket::Minute;
use super::estimate::Estimate;

/// What is kept of a minute in the rollup of its hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) messages: u64,
    pub(super) characters: u64,
    pub(super) unique: Estimate,
}

/// Minutes with messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Series(BTreeMap<Minute, Point>);

impl Series {
    pub(super) fn insert(&mut self, minute: Minute, point: Point) {
        self.0.insert(minute, point);
    }

    pub(super) fn get(&self, minute: Minute) -> Option<Point> {
        self.0.get(&minute).copied()
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }

    /// The minute with the most messages, the earliest of equals.
    pub(super) fn peak(&self) -> Option<(Minute, Point)> {
        let most = self.0.iter().max_by(|a, b| a.1.messages.cmp(&b.1.messages).then(b.0.cmp(a.0)));
        most.map(|(minute, point)| (*minute, *point))
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.length(self.0.len());
        let mut from = 0;
        for (minute, point) in &self.0 {
            let number = minute.number().unsigned_abs();
            writer.number(number - from);
            from = number;
            writer.number(point.messages);
            writer.number(point.characters);
            writer.number(point.unique.value);
            writer.number(point.unique.value - point.unique.low);
            writer.number(point.unique.high - point.unique.value);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        let mut points = BTreeMap::new();
        let mut number: u64 = 0;
        for _ in 0..reader.length()? {
            number = number.checked_add(reader.number()?).ok_or(Damaged)?;
            let minute = Minute::from_number(i64::try_from(number).map_err(|_| Damaged)?);
            let (messages, characters) = (reader.number()?, reader.number()?);
            let value = reader.number()?;
            let low = value.checked_sub(reader.number()?).ok_or(Damaged)?;
            let high = value.checked_add(reader.number()?).ok_or(Damaged)?;
            points.insert(minute, Point { messages, characters, unique: Estimate { value, low, high } });
        }
        Ok(Self(points))
    }
}
