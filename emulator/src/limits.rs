//! The limits of the gateway that may be adjusted, for tests above all. Those of the wire (frame,
//! message and post sizes) are fixed: `codec`, `management`.

use std::time::Duration;

/// Times and sizes for each connection.
#[derive(Clone, Debug)]
pub struct Limits {
    /// A connection without a message in either direction for this long is closed with 1001.
    /// AWS: 10 minutes, not raisable.
    pub idle: Duration,
    /// Whether a client's ping counts as such a message. Nobody knows for AWS; products built on it
    /// send messages instead.
    pub pings_keep_alive: bool,
    /// A connection of this age is closed with 1001. AWS: 2 hours, not raisable.
    pub lifetime: Duration,
    /// Handshakes in a second, all APIs together, and as many at once; beyond, 429. AWS: 500 for an
    /// account and Region, raisable.
    pub connects_per_second: u32,
    /// How long the other side may take to close after our close frame; then the socket is dropped.
    pub close_grace: Duration,
    /// How long a request's head may take to arrive.
    pub request_head: Duration,
    /// Bytes that may wait for one slow client; posts beyond get 429. AWS has such a bound and does
    /// not publish it.
    pub outbound_bytes: usize,
    /// Invocations that one client's messages may have running; beyond, its socket is not read. AWS
    /// throttles by account instead.
    pub messages_in_flight: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
            idle: Duration::from_secs(10 * 60),
            pings_keep_alive: false,
            lifetime: Duration::from_secs(2 * 60 * 60),
            connects_per_second: 500,
            close_grace: Duration::from_secs(2),
            request_head: Duration::from_secs(10),
            outbound_bytes: 1024 * 1024,
            messages_in_flight: 256,
        }
    }
}
