//! Who is in a room: a user's live connections, brought up to date from what is seen of them.
//!
//! A stream record only says where to look: records repeat, split and come in any order. So what
//! counts is the state of each connection's row at the time of looking, and the only rule needed is
//! that a row goes from absent to present to absent, once.

use std::collections::{BTreeMap, BTreeSet};

use super::ConnectionId;

/// A user's row in a room, as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// The connections counted so far.
    pub live: BTreeSet<ConnectionId>,
    /// The room was told of a join and not of a leave since. True of everybody with a connection:
    /// one write sets both. Somebody without one may be on the way back.
    pub announced: bool,
    /// Grows with every write; 0 means that there is no row.
    pub version: u64,
}

/// Whether the row of each connection is there, read after the member's row was.
pub type Observed = BTreeMap<ConnectionId, bool>;

/// What has to be written, on condition that the member's version is still the one that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberChange {
    /// The connections to count from now on.
    pub live: BTreeSet<ConnectionId>,
    /// What the room's number of members changes by: −1, 0 or 1.
    pub members: i64,
    /// What the room's number of connections changes by.
    pub connections: i64,
    /// The room has to be told of a join, by whoever writes this.
    pub joins: bool,
}

impl Member {
    /// `None` where nothing has to be written.
    ///
    /// A connection that is gone has to be written even if it was never counted: somebody else may
    /// have seen its row before it went and be about to count it. The write moves the version, so
    /// that theirs fails and they look again. One that is there needs no such fence, because gone
    /// is final.
    pub fn reconcile(&self, observed: &Observed) -> Option<MemberChange> {
        let mut live = self.live.clone();
        for (connection, present) in observed {
            if *present {
                live.insert(connection.clone());
            } else {
                live.remove(connection);
            }
        }
        let someone_gone = observed.values().any(|present| !present);
        if live == self.live && !someone_gone {
            return None;
        }
        let count = |set: &BTreeSet<ConnectionId>| i64::try_from(set.len()).unwrap_or(i64::MAX);
        Some(MemberChange {
            members: i64::from(!live.is_empty()) - i64::from(!self.live.is_empty()),
            connections: count(&live) - count(&self.live),
            joins: !live.is_empty() && !self.announced,
            live,
        })
    }

    /// Whether the room has to be told of a leave, by whoever takes back the announcement on
    /// condition that the version is still this one.
    pub fn leaves(&self) -> bool {
        self.live.is_empty() && self.announced
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(n: u8) -> ConnectionId {
        ConnectionId::new(format!("c{n}"))
    }

    #[test]
    fn a_second_connection_is_no_second_member() {
        let member = Member { live: [id(1)].into(), announced: true, version: 1 };
        let change = member.reconcile(&[(id(2), true)].into()).expect("one more connection");
        assert_eq!((change.members, change.connections), (0, 1));
    }

    #[test]
    fn a_repeated_join_needs_no_write_and_a_repeated_leave_is_fenced() {
        let member = Member { live: [id(1)].into(), announced: true, version: 1 };
        assert_eq!(member.reconcile(&[(id(1), true)].into()), None);
        let fence = member.reconcile(&[(id(2), false)].into()).expect("gone is always written");
        assert_eq!((fence.members, fence.connections, fence.live), (0, 0, member.live));
    }

    #[test]
    fn somebody_back_before_the_leave_was_told_does_not_join_again() {
        let left = Member { live: [].into(), announced: true, version: 3 };
        assert!(left.leaves());
        let back = left.reconcile(&[(id(2), true)].into()).expect("a connection to count");
        assert_eq!((back.members, back.joins), (1, false));
        let told = Member { announced: false, ..left };
        assert!(!told.leaves());
        assert!(told.reconcile(&[(id(2), true)].into()).expect("a connection to count").joins);
    }

    /// Several consumers at once over one row with compare-and-set, each between any two steps of
    /// another, records repeated at will: at rest the row is what the connections are.
    #[derive(Clone, Debug)]
    enum Step {
        Open(u8),
        Close(u8),
        /// A consumer is woken by a record of this connection and reads the member's row.
        ReadMember(u8, u8),
        /// It reads the connection's row.
        ReadConnection(u8),
        /// It writes, if the version is still the one it read.
        Write(u8),
        /// It takes back the announcement of somebody who left, if the version is still the one it
        /// read.
        Retract(u8),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0u8..4).prop_map(Step::Open),
            (0u8..4).prop_map(Step::Close),
            (0u8..3, 0u8..4).prop_map(|(consumer, id)| Step::ReadMember(consumer, id)),
            (0u8..3).prop_map(Step::ReadConnection),
            (0u8..3).prop_map(Step::Write),
            (0u8..3).prop_map(Step::Retract),
        ];
        prop::collection::vec(step, 1..80)
    }

    #[derive(Clone, Default)]
    struct Consumer {
        woken_by: Option<ConnectionId>,
        read: Option<Member>,
        observed: Option<Observed>,
    }

    /// The row, the counts, and what the room was told, in the order of the writes.
    #[derive(Default)]
    struct Room {
        member: Member,
        members: i64,
        connections: i64,
        told: Vec<&'static str>,
    }

    impl Room {
        fn write(&mut self, consumer: &mut Consumer) {
            let (Some(read), Some(observed)) = (consumer.read.take(), consumer.observed.take()) else {
                return;
            };
            let Some(change) = read.reconcile(&observed) else { return };
            if self.member.version == read.version {
                let announced = read.announced || change.joins;
                self.member = Member { live: change.live, announced, version: read.version + 1 };
                self.members += change.members;
                self.connections += change.connections;
                self.told.extend(change.joins.then_some("join"));
            }
        }

        fn retract(&mut self, consumer: &mut Consumer) {
            let Some(read) = consumer.read.take().filter(Member::leaves) else { return };
            if self.member.version == read.version {
                self.member = Member { announced: false, version: read.version + 1, ..read };
                self.told.push("leave");
            }
        }
    }

    proptest! {
        #[test]
        fn at_rest_the_counts_are_exact_and_the_notices_alternate_whatever_the_interleaving(steps in steps()) {
            let (mut open, mut closed) = (BTreeSet::new(), BTreeSet::new());
            let mut room = Room::default();
            let mut consumers = vec![Consumer::default(); 3];
            for step in steps {
                match step {
                    Step::Open(n) if !closed.contains(&id(n)) => { open.insert(id(n)); }
                    Step::Close(n) => { if open.remove(&id(n)) { closed.insert(id(n)); } }
                    Step::Open(_) => {}
                    Step::ReadMember(c, n) => {
                        let read = Some(room.member.clone());
                        consumers[usize::from(c)] = Consumer { woken_by: Some(id(n)), read, observed: None };
                    }
                    Step::ReadConnection(c) => {
                        let consumer = &mut consumers[usize::from(c)];
                        if let Some(woken_by) = &consumer.woken_by {
                            consumer.observed = Some([(woken_by.clone(), open.contains(woken_by))].into());
                        }
                    }
                    Step::Write(c) => room.write(&mut consumers[usize::from(c)]),
                    Step::Retract(c) => room.retract(&mut consumers[usize::from(c)]),
                }
                prop_assert!(room.member.announced || room.member.live.is_empty());
            }
            // Every record is delivered at least once: those still in flight end, then each
            // connection that ever was is looked at a last time, and each leave is looked for.
            for mut consumer in consumers {
                room.write(&mut consumer);
            }
            for connection in open.iter().chain(&closed) {
                let observed = [(connection.clone(), open.contains(connection))].into();
                let read = Some(room.member.clone());
                room.write(&mut Consumer { read, observed: Some(observed), woken_by: None });
            }
            room.retract(&mut Consumer { read: Some(room.member.clone()), ..Consumer::default() });
            prop_assert_eq!(&room.member.live, &open);
            prop_assert_eq!(room.connections, i64::try_from(open.len()).expect("small"));
            prop_assert_eq!(room.members, i64::from(!open.is_empty()));
            let last = if open.is_empty() { "leave" } else { "join" };
            prop_assert!(room.told.last().is_none_or(|told| *told == last), "{:?}", room.told);
            prop_assert_eq!(room.told.is_empty() && !open.is_empty(), false);
            prop_assert!(room.told.iter().step_by(2).all(|told| *told == "join"), "{:?}", room.told);
            prop_assert!(room.told.iter().skip(1).step_by(2).all(|told| *told == "leave"), "{:?}", room.told);
        }
    }
}
