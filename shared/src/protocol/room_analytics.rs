//! A room's numbers as clients get them: in the answer of the HTTP API, and in the frames of a
//! connection with `feed=analytics`.

use serde::Serialize;
use utoipa::ToSchema;

use super::MomentFigures;
use crate::analytics::RoomNumbers;
use crate::domain::RoomId;
use crate::domain::analytics::{BucketReport, Estimate, MinuteReport, Named};

/// A number that was counted, or one that was estimated, with the bounds that the truth lies between
/// in 95 of 100 cases.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Figure<T: ToSchema> {
    /// It is so.
    Exact(T),
    /// It is about so.
    Estimated {
        /// The best guess.
        value: T,
        /// At least this.
        low: T,
        /// At most this.
        high: T,
    },
}

/// A minute of a room.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MinuteFigures {
    /// When it began.
    #[schema(format = DateTime)]
    minute: String,
    messages: u64,
    unique_chatters: Figure<u64>,
    /// Unicode scalar values.
    characters: u64,
    /// Users who were there at its end.
    members: u64,
}

/// A clock hour or a day of a room, in UTC.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BucketFigures {
    /// When it began.
    #[schema(format = DateTime)]
    start: String,
    messages: u64,
    /// Unicode scalar values.
    characters: u64,
    unique_chatters: Figure<u64>,
    /// Those of them who said something in this room for the first time.
    new_chatters: Figure<u64>,
    /// Users whom it may still count though they were erased: their messages were gone already. 256 at
    /// the most.
    erased_users: u64,
}

/// A user and how many messages there are of them.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TopChatter {
    user_id: String,
    messages: Figure<u64>,
}

/// A word in lower case, and how often it occurred.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TopWord {
    word: String,
    count: Figure<u64>,
}

/// An emoji, a `:name:` or a name that the service knows as an emote, and how often it occurred.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TopEmote {
    emote: String,
    count: Figure<u64>,
}

/// A `!command` in lower case, and how often messages began with it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TopCommand {
    command: String,
    count: Figure<u64>,
}

/// Lengths of messages, in Unicode scalar values; `null` where there are none.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MessageLength {
    mean: Option<f64>,
    p50: Option<u64>,
    p95: Option<u64>,
}

/// Shares of all messages, 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Shares {
    /// Messages that ask something.
    questions: f64,
    /// Messages with a link.
    links: f64,
    /// Messages whose text was said before in the window, but for case and white space.
    repeated: Figure<f64>,
}

/// Users with a connection.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MemberFigures {
    now: u64,
    /// The most there ever were at one moment.
    peak: u64,
}

/// Since the room's first message.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomTotal {
    messages: u64,
    /// Unicode scalar values.
    characters: u64,
    /// Different users: those whose first message is among them.
    chatters: Figure<u64>,
}

/// A window of a room.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomAnalytics {
    #[schema(value_type = RoomId)]
    room_id: String,
    messages: u64,
    /// Unicode scalar values.
    characters: u64,
    unique_chatters: Figure<u64>,
    /// Those of them who said something in this room for the first time.
    new_chatters: Figure<u64>,
    /// The others.
    returning_chatters: Figure<u64>,
    /// Every minute of the window, oldest first; the last one is still running. Empty for `30d`.
    series: Vec<MinuteFigures>,
    /// Every clock hour of the window, oldest first; the last one is still running. Only for `24h`.
    #[schema(max_items = 24)]
    hours: Vec<BucketFigures>,
    /// Every day of the window, oldest first; the last one is still running. Only for `30d`.
    #[schema(max_items = 30)]
    days: Vec<BucketFigures>,
    /// The minute with the most messages.
    peak_minute: Option<MinuteFigures>,
    /// At most 10. None for `30d`: names are kept no longer than messages.
    top_chatters: Vec<TopChatter>,
    /// At most 10, without English stop words.
    top_words: Vec<TopWord>,
    /// At most 10.
    top_emotes: Vec<TopEmote>,
    /// At most 10.
    top_commands: Vec<TopCommand>,
    message_length: MessageLength,
    shares: Shares,
    /// Whether something that was deleted may still be in the estimates.
    stale: bool,
    /// Users who were erased after messages of them in the window were gone: the numbers may still count
    /// what they said, and estimates of chatters may count them. Nothing names them. 256 at the most.
    erased_users: u64,
    /// Unique chatters for each user who is there now; `null` while nobody is.
    engagement: Option<Figure<f64>>,
    members: MemberFigures,
    /// The newest of the window, newest first, at most 10.
    moments: Vec<MomentFigures>,
    total: RoomTotal,
    /// Everything stored before this is counted.
    #[schema(format = DateTime)]
    as_of: String,
    /// How long the oldest message that is not counted yet has waited.
    lag_ms: u64,
}

impl From<Estimate> for Figure<u64> {
    fn from(estimate: Estimate) -> Self {
        let Estimate { value, low, high } = estimate;
        if estimate.is_exact() { Self::Exact(value) } else { Self::Estimated { value, low, high } }
    }
}

impl Figure<u64> {
    /// The share that this is of `all`, 0 to 1.
    pub fn of(self, all: u64) -> Figure<f64> {
        let share = |part| share(part, all);
        match self {
            Self::Exact(value) => Figure::Exact(share(value)),
            Self::Estimated { value, low, high } => {
                Figure::Estimated { value: share(value), low: share(low), high: share(high) }
            }
        }
    }
}

/// Rounded to four digits.
fn share(part: u64, all: u64) -> f64 {
    #[allow(clippy::cast_precision_loss)] // numbers of messages are far below 2^53
    let share = if all == 0 { 0.0 } else { part as f64 / all as f64 };
    (share * 10_000.0).round() / 10_000.0
}

impl From<&BucketReport> for BucketFigures {
    fn from(report: &BucketReport) -> Self {
        Self {
            start: report.start.to_string(),
            messages: report.messages,
            characters: report.characters,
            unique_chatters: report.unique_chatters.into(),
            new_chatters: report.new_chatters.into(),
            erased_users: report.erased_users,
        }
    }
}

impl MinuteFigures {
    fn new(report: &MinuteReport, numbers: &RoomNumbers) -> Self {
        let start = report.minute.start();
        Self {
            minute: start.to_string(),
            messages: report.messages,
            unique_chatters: report.unique_chatters.into(),
            characters: report.characters,
            members: numbers.members_at(start),
        }
    }
}

impl RoomAnalytics {
    /// Of a room's numbers.
    pub fn new(room: &RoomId, numbers: &RoomNumbers) -> Self {
        let RoomNumbers { report, hours, days, total, moments, attendance, freshness, .. } = numbers;
        let minute = |report| MinuteFigures::new(report, numbers);
        let members = attendance.now.members;
        let all = report.messages;
        let count = |named: &Named| (named.name.clone(), named.count.into());
        Self {
            room_id: room.to_string(),
            messages: all,
            characters: report.characters,
            unique_chatters: report.unique_chatters.into(),
            new_chatters: report.new_chatters.into(),
            returning_chatters: report.returning_chatters.into(),
            series: report.series.iter().map(minute).collect(),
            hours: hours.iter().map(Into::into).collect(),
            days: days.iter().map(Into::into).collect(),
            peak_minute: report.peak.as_ref().map(minute),
            top_chatters: report
                .top_chatters
                .iter()
                .map(count)
                .map(|(user_id, messages)| TopChatter { user_id, messages })
                .collect(),
            top_words: report
                .top_words
                .iter()
                .map(count)
                .map(|(word, count)| TopWord { word, count })
                .collect(),
            top_emotes: report
                .top_emotes
                .iter()
                .map(count)
                .map(|(emote, count)| TopEmote { emote, count })
                .collect(),
            top_commands: report
                .top_commands
                .iter()
                .map(count)
                .map(|(command, count)| TopCommand { command, count })
                .collect(),
            message_length: MessageLength {
                mean: (all > 0).then(|| share(report.characters, all)),
                p50: report.length_p50,
                p95: report.length_p95,
            },
            shares: Shares {
                questions: share(report.questions, all),
                links: share(report.links, all),
                repeated: Figure::from(report.repeated).of(all),
            },
            stale: report.stale,
            erased_users: report.erased_users,
            engagement: (members > 0).then(|| Figure::from(report.unique_chatters).of(members)),
            members: MemberFigures { now: members, peak: attendance.peak.members },
            moments: moments.iter().map(Into::into).collect(),
            total: RoomTotal {
                messages: total.messages,
                characters: total.characters,
                chatters: total.chatters().into(),
            },
            as_of: freshness.as_of.to_string(),
            lag_ms: freshness.lag_ms,
        }
    }
}

/// A room's numbers, on a connection with `feed=analytics`: the same fields as in the HTTP API's answer
/// for the last 15 minutes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AnalyticsFrame<'a> {
    // A member and not serde's tag: the description would leave that out of a struct without members.
    #[serde(rename = "type")]
    #[schema(inline)]
    kind: Kind,
    #[serde(flatten)]
    analytics: &'a RoomAnalytics,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
enum Kind {
    #[serde(rename = "analytics")]
    Analytics,
}

impl<'a> AnalyticsFrame<'a> {
    /// Of a room's window.
    pub fn new(analytics: &'a RoomAnalytics) -> Self {
        Self { kind: Kind::Analytics, analytics }
    }
}
