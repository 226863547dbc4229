//! Who said something, how often, and who of them for the first time in this room.

use super::binary::{Damaged, Reader, Writer};
use super::distinct::Distinct;
use super::estimate::Estimate;
use super::hash;
use super::top::Top;

/// What was known of a user who had to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trace {
    /// Nothing.
    None,
    /// It is out.
    Removed,
    /// A sketch may have it, and keeps it.
    Blurred,
}

/// Users of one room.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chatters {
    counts: Top,
    newcomers: Distinct,
    /// Everybody, as soon as `counts` does not know everybody any more.
    all: Option<Distinct>,
}

impl Chatters {
    /// Whether the user has said something, as far as that is known by name.
    pub fn contains(&self, user: &str) -> bool {
        self.counts.contains(user)
    }

    pub(super) fn add(&mut self, user: &str, newcomer: bool, capacity: usize) {
        if self.counts.len() == capacity && !self.counts.contains(user) {
            self.know_all(capacity);
        }
        self.counts.add(user, 1, capacity);
        let hash = hash::stable(user);
        if let Some(all) = &mut self.all {
            all.add(hash, 1, capacity);
        }
        if newcomer {
            self.newcomers.add(hash, 1, capacity);
        }
    }

    /// `false` where a sketch still holds what was taken back.
    pub(super) fn subtract(&mut self, user: &str) -> bool {
        self.counts.subtract(user, 1);
        if self.all.is_some() {
            return false;
        }
        self.counts.contains(user) || self.newcomers.remove(hash::stable(user))
    }

    /// The user was here before; `false` where a sketch still says otherwise.
    pub(super) fn known(&mut self, user: &str) -> bool {
        self.newcomers.remove(hash::stable(user))
    }

    /// The user was not here before.
    pub(super) fn came_first(&mut self, user: &str, capacity: usize) {
        if self.all.is_some() || self.counts.contains(user) {
            self.newcomers.add(hash::stable(user), 1, capacity);
        }
    }

    /// Takes a user out, however often they spoke.
    pub(super) fn erase(&mut self, user: &str) -> Trace {
        let hash = hash::stable(user);
        let named = self.counts.contains(user);
        self.counts.forget(user);
        self.newcomers.remove(hash);
        match &mut self.all {
            None if named => Trace::Removed,
            Some(all) if named || all.contains(hash) => match all.remove(hash) {
                true => Trace::Removed,
                false => Trace::Blurred,
            },
            _ => Trace::None,
        }
    }

    pub(super) fn forget_all(&mut self, capacity: usize) {
        self.know_all(capacity);
        self.counts = Top::default();
    }

    pub(super) fn merge(&mut self, other: &Self, capacity: usize) {
        let known = self.counts.names().filter(|name| other.counts.contains(name)).count();
        let together = self.counts.len() + other.counts.len() - known;
        if other.all.is_some() || self.all.is_some() || together > capacity {
            self.know_all(capacity);
            let mut theirs = other.clone();
            theirs.know_all(capacity);
            if let (Some(all), Some(theirs)) = (&mut self.all, &theirs.all) {
                all.merge(theirs, capacity);
            }
        }
        self.counts.merge(&other.counts, capacity);
        self.newcomers.merge(&other.newcomers, capacity);
    }

    fn know_all(&mut self, capacity: usize) {
        if self.all.is_none() {
            let mut all = Distinct::default();
            self.counts.names().for_each(|name| all.add(hash::stable(name), 1, capacity));
            self.all = Some(all);
        }
    }

    pub(super) fn unique(&self) -> Estimate {
        match &self.all {
            Some(all) => all.estimate(),
            None => Estimate::exact(self.counts.len() as u64),
        }
    }

    pub(super) fn newcomers(&self) -> Estimate {
        self.newcomers.estimate()
    }

    pub(super) fn most(&self, limit: usize) -> Vec<(&str, Estimate)> {
        self.counts.most(limit)
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        self.counts.write(writer);
        self.newcomers.write(writer);
        writer.byte(self.all.is_some().into());
        if let Some(all) = &self.all {
            all.write(writer);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        Ok(Self {
            counts: Top::read(reader)?,
            newcomers: Distinct::read(reader)?,
            all: if reader.byte()? == 0 { None } else { Some(Distinct::read(reader)?) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(users: std::ops::Range<u32>, capacity: usize) -> Chatters {
        let mut chatters = Chatters::default();
        for user in users {
            chatters.add(&format!("user{user}"), user % 2 == 0, capacity);
        }
        chatters
    }

    #[test]
    fn few_chatters_are_known_by_name() {
        let mut chatters = of(0..10, 16);
        chatters.add("user1", false, 16);
        assert_eq!((chatters.unique(), chatters.newcomers()), (Estimate::exact(10), Estimate::exact(5)));
        assert_eq!(chatters.most(1), [("user1", Estimate::exact(2))]);
        assert!(chatters.subtract("user0"));
        assert_eq!((chatters.unique(), chatters.newcomers()), (Estimate::exact(9), Estimate::exact(4)));
    }

    #[test]
    fn who_has_no_name_any_more_is_counted_still() {
        let mut chatters = of(0..10, 16);
        chatters.forget_all(16);
        assert!(chatters.most(10).is_empty() && !chatters.contains("user1"));
        assert_eq!((chatters.unique(), chatters.newcomers()), (Estimate::exact(10), Estimate::exact(5)));
        chatters.merge(&of(5..12, 16), 16);
        assert_eq!(chatters.unique(), Estimate::exact(12));
    }

    #[test]
    fn who_is_in_both_parts_is_one_chatter() {
        let mut chatters = of(0..10, 16);
        chatters.merge(&of(5..14, 16), 16);
        assert_eq!(chatters.unique(), Estimate::exact(14));
        chatters.merge(&of(10..30, 16), 16);
        let unique = chatters.unique();
        assert!((unique.low..=unique.high).contains(&30), "{unique:?}");
        assert!(!chatters.subtract("user20"), "a sketch takes nothing back");
    }

    #[test]
    fn the_number_of_many_is_the_same_whatever_the_parts() {
        let whole = of(0..500, 16);
        let mut parts = of(0..3, 16);
        parts.merge(&of(3..400, 16), 16);
        parts.merge(&of(390..500, 16), 16);
        assert_eq!(whole.unique(), parts.unique());
        assert_eq!(whole.newcomers(), parts.newcomers());
    }
}
