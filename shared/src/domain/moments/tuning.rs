//! The numbers that decide what a moment is. Chosen on synthetic chat (`bench moments --synthetic`),
//! whose rates are those measured on five streams of Twitch, never on the logs that judge them.

/// Buckets over which the usual is averaged: 8 minutes. A burst of tens of seconds must not become
/// usual; a stream that grows within half an hour must.
pub(super) const MEMORY: f64 = 96.0;
/// Buckets before anything is found: a minute and a half of a new room, or of one that was silent.
pub(super) const WARM_UP: u32 = 18;
/// Silent buckets after which a room begins anew: 15 minutes.
pub(super) const FORGET: i64 = 180;
/// How far the usual follows one bucket, in standard deviations up and down: heavy tails are the
/// rule in chat.
pub(super) const CLIP: f64 = 2.0;
/// How much slower the usual follows inside a moment.
pub(super) const INSIDE: f64 = 0.25;
/// Least standard deviation of the root of a count; 0.35 is that of independent chatters in two buckets.
pub(super) const LEAST_DEVIATION: f64 = 0.4;
/// Least standard deviation as a share of the mean of that root. Chance hides a burst in a slow room and none
/// in a busy one, so that there only the multiple of the usual tells a highlight from laughter: 2.4 of the
/// root, whatever the rate.
pub(super) const LEAST_SHARE: f64 = 0.36;

/// Score at which a moment begins.
pub(super) const ON: f64 = 4.0;
/// Score under which it has ended; in between it goes on.
pub(super) const OFF: f64 = 1.5;
/// Fewest chatters per bucket, the mean of two, that can be a moment.
pub(super) const LEAST_CHATTERS: f64 = 4.0;
/// Least multiple of the usual number of chatters.
pub(super) const LEAST_RATIO: f64 = 1.8;

/// Buckets under `OFF` that end a moment, so that a breath does not.
pub(super) const BREATH: u32 = 2;
/// Buckets after the end within which a new burst is the same moment: 20 seconds.
pub(super) const MERGE: u32 = 4;
/// Longest moment in buckets, 2 minutes: what goes on for longer is how the room talks now.
pub(super) const LONGEST: i64 = 24;
/// What a moment adds to `ON` for the next one, and how many buckets (3 minutes) halve that.
pub(super) const COOL_DOWN: f64 = 1.0;
pub(super) const COOL_DOWN_HALF: f64 = 36.0;

/// Least share of the chatters who react: who only talks, answers or votes makes no moment, however many
/// they are.
pub(super) const LEAST_REACTING: f64 = 0.3;
/// How much somebody who talks counts beside somebody who reacts.
pub(super) const TALKER_WEIGHT: f64 = 0.2;
/// What it adds to a score, as a share of it, if all messages are reactions, or all are repeats, where
/// usually none is.
pub(super) const REACTION_WEIGHT: f64 = 0.6;
pub(super) const REPEAT_WEIGHT: f64 = 0.9;
/// Bounds of both together: how people talk refines what their number says, no more.
pub(super) const LEAST_BOOST: f64 = 0.65;
pub(super) const MOST_BOOST: f64 = 2.0;
