//! RFC 6455 frames as a server sees them, with the service's limits. Bytes in, messages out: no
//! sockets, no tasks.
//!
//! Our own, because the limit is on the header of each single frame, which libraries that assemble
//! messages do not show, and because a library's buffers would be most of an idle connection's
//! memory. `permessage-deflate` is here too.

mod close;
mod decoder;
mod deflate;
mod frame;
mod mask;

pub(crate) use close::{Close, Violation};
pub(crate) use decoder::{Decoder, Incoming, Rules};
pub(crate) use deflate::Deflate;
pub use frame::EncodedFrame;

/// Largest payload of one frame, in either direction. AWS says 32 KB and does not say of what: the
/// default is 32,768 bytes of the frame as it is on the wire.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>
pub const MAX_FRAME_BYTES: usize = 32 * 1024;

/// Largest message, in either direction, all fragments together. Same source.
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024;

/// Largest payload of a control frame (RFC 6455, section 5.5).
const MAX_CONTROL_BYTES: usize = 125;

/// The bit of a compressed message's first frame (RFC 7692, section 6).
const COMPRESSED: u8 = 0x40;

mod opcode {
    pub(super) const CONTINUATION: u8 = 0x0;
    pub(super) const TEXT: u8 = 0x1;
    pub(super) const BINARY: u8 = 0x2;
    pub(super) const CLOSE: u8 = 0x8;
    pub(super) const PING: u8 = 0x9;
    pub(super) const PONG: u8 = 0xA;
}
