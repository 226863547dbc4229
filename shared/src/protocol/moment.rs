//! A room's highlight as clients get it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::moments::{Moment, Term};

/// A highlight: far more people than usual said something at once.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MomentFigures {
    /// When more people than usual began to speak. They react to something 5 to 15 seconds earlier.
    #[schema(format = DateTime)]
    start: String,
    /// When most did.
    #[schema(format = DateTime)]
    peak: String,
    /// When they had stopped.
    #[schema(format = DateTime)]
    end: String,
    /// How unusual it was, in standard deviations; comparable within a room.
    score: f64,
    /// The first message: `after` the one before it opens the history there.
    first_sequence: u64,
    /// The last message.
    last_sequence: u64,
    why: MomentReasons,
}

/// What made it one.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MomentReasons {
    messages: u64,
    /// Messages a second at the peak.
    rate: f64,
    /// Different users in the five seconds of the peak.
    chatters: u32,
    /// How many there usually were.
    usual_chatters: f64,
    /// Share of messages that only react, 0 to 1.
    reaction_share: f64,
    /// Share of messages that say what was just said, 0 to 1.
    repeat_share: f64,
    /// At most five; counts are approximate.
    words: Vec<MomentTerm>,
    /// At most five; counts are approximate.
    emotes: Vec<MomentTerm>,
}

/// A word or an emote of a moment.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MomentTerm {
    text: String,
    /// In how many messages, approximately.
    count: u32,
}

impl From<&Moment> for MomentFigures {
    fn from(moment: &Moment) -> Self {
        let why = &moment.why;
        let terms = |terms: &[Term]| {
            terms.iter().map(|term| MomentTerm { text: term.text.clone(), count: term.count }).collect()
        };
        Self {
            start: moment.start.to_string(),
            peak: moment.peak.to_string(),
            end: moment.end.to_string(),
            score: rounded(moment.score),
            first_sequence: moment.first.get(),
            last_sequence: moment.last.get(),
            why: MomentReasons {
                messages: why.messages,
                rate: rounded(why.rate),
                chatters: why.chatters,
                usual_chatters: rounded(why.usual_chatters),
                reaction_share: rounded(why.reaction_share),
                repeat_share: rounded(why.repeat_share),
                words: terms(&why.words),
                emotes: terms(&why.emotes),
            },
        }
    }
}

/// To two digits.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
