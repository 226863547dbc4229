//! Chat logs as other programs write them, as lines with a time: Hubbub's own JSON lines,
//! chat-downloader's JSON (an array, or an object a line) and TwitchDownloader's JSON. The format is
//! told by the content. What cannot be used is skipped, named and counted; a log is other people's
//! text, cut off or mended by hand.

mod detect;
mod line;
mod objects;
mod read;
mod take;

pub use detect::Format;
pub use line::Line;
pub use read::{ChatLog, ReadError, read, read_file};
