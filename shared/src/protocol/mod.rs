//! The JSON on the wire: what clients send and what they get. Wire frames, stored items and domain
//! types are three things; this is the first.

mod client_frame;
mod lines;
mod moderate_frame;
mod moderation_frames;
mod moment;
mod presence_frame;
mod room_analytics;
mod server_frame;
mod values;

pub use client_frame::{ClientFrame, FrameRefused};
pub use lines::lines;
pub use moderate_frame::ModerateFrame;
pub use moderation_frames::{DeleteFrame, ModerationEntry, SystemFrame};
pub use moment::{MomentFigures, MomentReasons, MomentTerm};
pub use presence_frame::{HowMany, PresenceFrame, Who};
pub use room_analytics::{
    AnalyticsFrame, BucketFigures, Figure, MemberFigures, MessageLength, MinuteFigures, RoomAnalytics,
    RoomTotal, Shares, TopChatter, TopCommand, TopEmote, TopWord,
};
pub use server_frame::{Ack, ChatFrame, ErrorFrame, Pong};
