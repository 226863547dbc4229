//! What a detector must and must not find.

use proptest::prelude::*;

use super::*;
use crate::domain::{Sequence, Timestamp};

/// 2026-11-24T08:00:00Z.
const START_MS: i64 = 1_795_507_200_000;
const SECOND: i64 = 1_000;

#[derive(Clone, Debug)]
struct Line {
    at: i64,
    sequence: u64,
    user: String,
    content: String,
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(START_MS + ms).expect("a valid moment")
}

fn fold(detector: &mut Detector, line: &Line) -> Folded {
    detector.fold(&Said {
        at: at(line.at),
        sequence: Sequence::new("sequence", line.sequence).expect("from 1"),
        user: &line.user,
        content: &line.content,
    })
}

/// A room of 40 that says `per_second` things a second for `seconds`, but for a burst of everybody.
fn stream(per_second: i64, seconds: i64, burst: Option<i64>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut say = |at: i64, user: i64, content: &str| {
        let sequence = lines.len() as u64 + 1;
        lines.push(Line { at, sequence, user: format!("user{user}"), content: content.to_owned() });
    };
    for second in 0..seconds {
        for n in 0..per_second {
            let user = (second * 7 + n * 11) % 40;
            say(second * SECOND + n * 90, user, "what do you all think of this part of the map");
        }
        if burst.is_some_and(|burst| (burst..burst + 12).contains(&second)) {
            for user in 0..12 {
                say(second * SECOND + 300 + user * 40, user * 3 + second % 3, "PogChamp clutch");
            }
        }
    }
    lines
}

fn run(lines: &[Line]) -> Vec<Moment> {
    let mut detector = Detector::new();
    let mut moments = Vec::new();
    for line in lines {
        fold(&mut detector, line);
        moments.extend(detector.advance(at(line.at)));
    }
    moments.extend(detector.finish());
    moments
}

#[test]
fn a_burst_of_many_people_is_one_moment_that_says_where_and_why() {
    let lines = stream(2, 600, Some(400));
    let moments = run(&lines);
    let [moment] = moments.as_slice() else { panic!("one burst, {moments:?}") };
    assert_eq!(moment.start, at(400 * SECOND));
    assert!((400 * SECOND..412 * SECOND).contains(&(moment.peak.as_millis() - START_MS)), "{moment:?}");
    assert!((410 * SECOND..=425 * SECOND).contains(&(moment.end.as_millis() - START_MS)), "{moment:?}");
    let inside = |sequence: Sequence| lines[sequence.get() as usize - 1].at;
    assert!((400 * SECOND..401 * SECOND).contains(&inside(moment.first)), "{moment:?}");
    assert!((410 * SECOND..425 * SECOND).contains(&inside(moment.last)), "{moment:?}");
    let Why { chatters, usual_chatters, emotes, words, repeat_share, .. } = &moment.why;
    assert!(*chatters >= 30 && *usual_chatters < 12.0, "{moment:?}");
    assert_eq!(emotes[0].text, "PogChamp");
    assert_eq!(words[0].text, "clutch");
    assert!(*repeat_share > 0.8, "{moment:?}");
}

#[test]
fn one_person_alone_makes_no_moment_however_much_they_say() {
    let mut lines = stream(2, 600, None);
    let next = lines.len() as u64 + 1;
    for n in 0..3_000 {
        let (user, content) = ("user3".to_owned(), "LUL".to_owned());
        lines.push(Line { at: 400 * SECOND + n * 10, sequence: next + n as u64, user, content });
    }
    lines.sort_by_key(|line| line.at);
    assert_eq!(run(&lines), []);
}

#[test]
fn a_steady_room_a_silent_one_and_one_of_a_few_people_have_no_moments() {
    assert_eq!(run(&stream(3, 1_200, None)), []);
    assert_eq!(run(&[]), []);
    let few: Vec<Line> = stream(0, 900, Some(600)).into_iter().filter(|l| l.user == "user0").collect();
    assert_eq!(run(&few), []);
}

#[test]
fn a_room_that_was_silent_for_long_is_not_judged_by_its_past_and_costs_no_time() {
    let mut lines = stream(2, 300, None);
    let years = 40 * 365 * 86_400 * SECOND;
    let mut later = stream(12, 60, None);
    later.iter_mut().for_each(|line| {
        line.at += years;
        line.sequence += 10_000;
    });
    lines.append(&mut later);
    assert_eq!(run(&lines), []);
}

#[test]
fn what_looks_like_a_moment_can_be_seen_before_it_ends() {
    let lines = stream(2, 600, Some(400));
    let mut detector = Detector::new();
    for line in lines.iter().filter(|line| line.at < 409 * SECOND) {
        fold(&mut detector, line);
    }
    // As a reader does it: on a copy, with its own time.
    let mut copy = detector.clone();
    assert_eq!(copy.advance(at(421 * SECOND)), []);
    assert_eq!(copy.in_progress().map(|moment| moment.start), Some(at(400 * SECOND)));
}

#[test]
fn a_message_that_is_later_than_the_grace_is_named_late_and_changes_nothing() {
    let mut detector = Detector::new();
    let line = |sequence, at| Line { at, sequence, user: "a".to_owned(), content: "b".to_owned() };
    assert_eq!(fold(&mut detector, &line(2, 20 * SECOND)), Folded::Counted);
    detector.advance(at(20 * SECOND));
    assert_eq!(fold(&mut detector, &line(1, 10 * SECOND)), Folded::Counted);
    detector.advance(at(31 * SECOND));
    let before = detector.clone();
    assert_eq!(fold(&mut detector, &line(3, 19 * SECOND)), Folded::Late);
    assert_eq!(fold(&mut detector, &line(2, 20 * SECOND)), Folded::Repeated);
    assert_eq!(detector, before);
}

#[test]
fn the_state_stays_small_however_long_and_busy_the_stream_is() {
    let mut detector = Detector::new();
    let (mut ordinary, mut most) = (0, 0);
    for line in stream(3, 3_600, Some(900)) {
        fold(&mut detector, &line);
        detector.advance(at(line.at));
        ordinary = ordinary.max(detector.to_bytes().len());
    }
    // A room at its ceiling: 1,000 messages a second by 5,000 people, all different.
    for n in 0..60_000_u64 {
        let ms = 3_700 * SECOND + n as i64;
        let (user, content) = (format!("crowd{}", n % 5_000), format!("text {n} {}", n * 7));
        fold(&mut detector, &Line { at: ms, sequence: 1_000_000 + n, user, content });
        if n % 500 == 0 {
            detector.advance(at(ms));
            most = most.max(detector.to_bytes().len());
        }
    }
    assert!(ordinary <= 3_000, "{ordinary} bytes");
    assert!(most <= 40_000, "{most} bytes");
}

/// Without the words, whose counts are approximate and depend on the order.
fn exact(moments: Vec<Moment>) -> Vec<Moment> {
    let strip = |mut moment: Moment| {
        moment.why.words.clear();
        moment.why.emotes.clear();
        moment
    };
    moments.into_iter().map(strip).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Batches of any size, within which messages are shuffled, repeated, and repeated from earlier
    /// batches, the state stored and read in between.
    #[test]
    fn the_moments_are_the_same_whatever_the_batches(seed in any::<u64>(), most in 1usize..60) {
        let lines = stream(2, 560, Some(400));
        let expected = exact(run(&lines));
        prop_assert_eq!(expected.len(), 1);
        let mut random = seed | 1;
        let mut pick = |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random % below.max(1) as u64) as usize
        };
        let mut detector = Detector::new();
        let (mut moments, mut done) = (Vec::new(), 0);
        while done < lines.len() {
            let end = (done + 1 + pick(most)).min(lines.len());
            let mut batch = lines[done.saturating_sub(pick(30))..end].to_vec();
            for n in (1..batch.len()).rev() {
                batch.swap(n, pick(n + 1));
            }
            batch.iter().for_each(|line| { fold(&mut detector, line); });
            // At times an invocation dies here and the batch comes again.
            if pick(4) > 0 {
                moments.extend(detector.advance(at(lines[end - 1].at)));
                done = end;
            }
            detector = Detector::from_bytes(&detector.to_bytes()).expect("our own state");
        }
        moments.extend(detector.finish());
        prop_assert_eq!(exact(moments), expected);
    }

    #[test]
    fn what_is_stored_is_read_again_and_anything_else_is_refused_and_not_believed(
        cut in 0usize..2_000, garbage in prop::collection::vec(any::<u8>(), 0..200), upto in 0usize..1_300,
    ) {
        let mut detector = Detector::new();
        for line in stream(2, 560, Some(400)).iter().take(upto) {
            fold(&mut detector, line);
            detector.advance(at(line.at));
        }
        let bytes = detector.to_bytes();
        prop_assert_eq!(Detector::from_bytes(&bytes), Ok(detector));
        let cut = cut % bytes.len();
        prop_assert_eq!(Detector::from_bytes(&bytes[..cut]), Err(StateError::Damaged));
        let _ = Detector::from_bytes(&[&[1], garbage.as_slice()].concat());
        prop_assert_eq!(Detector::from_bytes(&[&[9], garbage.as_slice()].concat()), Err(StateError::Version(9)));
    }
}
