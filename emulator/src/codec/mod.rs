//! RFC 6455 frames as a server sees them, with the service's limits. Bytes in, messages out: no
//! sockets, no tasks.
//!
//! Our own, because the limit is on the header of each single frame, which libraries that assemble
//! messages do not show, and because a library's buffers would be most of an idle connection's
//! memory. The `permessage-deflate` extension is never negotiated.

mod close;
mod decoder;
mod frame;
mod mask;

pub(crate) use close::{Close, Violation};
pub(crate) use decoder::{Decoder, Incoming};
pub use frame::EncodedFrame;

/// Largest payload of one frame, in either direction. AWS says 32 KB and means the frame on the wire.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>
pub const MAX_FRAME_BYTES: usize = 32 * 1024;

/// Largest message, in either direction, all fragments together. Same source.
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024;

/// Largest payload of a control frame (RFC 6455, section 5.5).
const MAX_CONTROL_BYTES: usize = 125;

mod opcode {
    pub(super) const CONTINUATION: u8 = 0x0;
    pub(super) const TEXT: u8 = 0x1;
    pub(super) const BINARY: u8 = 0x2;
    pub(super) const CLOSE: u8 = 0x8;
    pub(super) const PING: u8 = 0x9;
    pub(super) const PONG: u8 = 0xA;
}
