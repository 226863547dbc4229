//! The ledger: each way in which a server can lose, repeat or invent something has its own error.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::*;

fn sent(connections: usize, messages: usize) -> (Ledger, Vec<Marker>) {
    let mut ledger = Ledger::new(connections).unwrap();
    let markers = (0..messages).map(|at| ledger.send(Duration::from_millis(at as u64))).collect();
    (ledger, markers)
}

#[test]
fn a_message_is_finished_when_everybody_has_it_and_its_ack_is_there() {
    let (mut ledger, markers) = sent(2, 1);
    let now = Duration::from_millis(3);
    ledger.received(1, now, markers[0]).unwrap();
    ledger.received(0, now, markers[0]).unwrap();
    assert_eq!(ledger.in_flight(), 1);
    ledger.copied(41);
    ledger.acknowledged(now, 41);
    assert_eq!(ledger.in_flight(), 0);
    ledger.settle().unwrap();
    assert_eq!((ledger.totals.deliveries, ledger.totals.acks), (2, 1));
    let latency = ledger.receipt.percentiles().unwrap();
    assert_eq!((latency.samples, latency.p50.round()), (2, 3.0));
    assert_eq!(ledger.last_receipt.percentiles().unwrap().samples, 1);
}

#[test]
fn a_second_receipt_is_a_violation_also_after_the_message_is_finished() {
    let (mut ledger, markers) = sent(1, 2);
    for message in [1, 0] {
        ledger.received(0, Duration::ZERO, markers[message]).unwrap();
        let again = ledger.received(0, Duration::ZERO, markers[message]).unwrap_err();
        assert!(matches!(again, Violation::Duplicate { connection: 0, .. }), "{again}");
    }
}

#[test]
fn a_message_that_was_never_sent_is_a_violation() {
    let (mut ledger, _) = sent(1, 1);
    for message in [1, MAX_IN_FLIGHT + 1] {
        let invented = Marker { message, sent_at: Duration::ZERO };
        let error = ledger.received(0, Duration::ZERO, invented).unwrap_err();
        assert!(matches!(error, Violation::Unsent { connection: 0, .. }), "{error}");
    }
}

#[test]
fn what_is_missing_is_named_by_message_and_connection() {
    let (mut ledger, markers) = sent(3, 2);
    for connection in [0, 1] {
        ledger.received(connection, Duration::ZERO, markers[0]).unwrap();
    }
    ledger.acknowledged(Duration::ZERO, 1);
    let Missing { acks, receipts } = ledger.missing();
    assert_eq!((acks, receipts), (1, Some((0, 1, 2))));
}

#[test]
fn an_ack_for_a_sequence_nobody_received_is_a_violation() {
    let (mut ledger, markers) = sent(1, 1);
    ledger.received(0, Duration::ZERO, markers[0]).unwrap();
    ledger.copied(1);
    ledger.acknowledged(Duration::ZERO, 2);
    assert!(matches!(ledger.settle(), Err(Violation::Unmatched { unmatched: 2, example: 1 })));
}

#[test]
fn a_second_ack_of_one_message_is_a_violation() {
    let (mut ledger, markers) = sent(1, 1);
    ledger.received(0, Duration::ZERO, markers[0]).unwrap();
    ledger.acknowledged(Duration::ZERO, 7);
    ledger.copied(7);
    ledger.acknowledged(Duration::ZERO, 7);
    assert!(matches!(ledger.settle(), Err(Violation::Unmatched { unmatched: 1, example: 7 })));
}

#[test]
fn a_window_closes_at_its_size_and_at_what_receipts_can_tell_apart() {
    let (mut ledger, markers) = sent(1, 2);
    assert!(!ledger.may_send(2) && ledger.may_send(3));
    // Everything but message 0 arrives: the window by count is open, the one by age is not.
    for marker in &markers[1..] {
        ledger.received(0, Duration::ZERO, *marker).unwrap();
        ledger.acknowledged(Duration::ZERO, 0);
    }
    while ledger.may_send(u32::MAX) {
        let marker = ledger.send(Duration::ZERO);
        ledger.received(0, Duration::ZERO, marker).unwrap();
        ledger.acknowledged(Duration::ZERO, 0);
    }
    assert_eq!(ledger.sent(), MAX_IN_FLIGHT);
}
