//! The rules of the chat as values and functions of values: no I/O, no `async`, no AWS type, no
//! clock. A value of one of these types that exists is valid.

pub mod analytics;
mod connection_id;
mod content;
mod gcra;
mod invalid;
mod members;
mod message;
mod message_id;
pub mod moments;
mod nonce;
mod rejection;
mod role;
mod room_id;
mod room_settings;
mod rules;
mod sequence;
mod speaker;
mod timestamp;
mod user_id;
mod username;

pub use connection_id::ConnectionId;
pub use content::Content;
pub use gcra::{Gcra, Verdict};
pub use invalid::Invalid;
pub use members::{Member, MemberChange, Observed};
pub use message::{Draft, Message};
pub use message_id::MessageId;
pub use nonce::Nonce;
pub use rejection::Rejection;
pub use role::Role;
pub use room_id::RoomId;
pub use room_settings::{RoomSettings, SettingsChange};
pub use rules::{BlockedTerms, Fingerprint, Pace, RoomRules, Spoken};
pub use sequence::Sequence;
pub use speaker::Speaker;
pub use timestamp::Timestamp;
pub use user_id::UserId;
pub use username::Username;
