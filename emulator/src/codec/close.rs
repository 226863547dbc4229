//! Close codes: what a client may send, and why the codec gives a connection up.

/// A close frame of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Close {
    /// `None` if the frame had no payload.
    pub(crate) code: Option<u16>,
    /// At most 123 bytes.
    pub(crate) reason: String,
}

impl Close {
    pub(super) fn parse(payload: &[u8]) -> Result<Self, Violation> {
        let Some((code, reason)) = payload.split_first_chunk::<2>() else {
            let no_code = Self { code: None, reason: String::new() };
            return if payload.is_empty() { Ok(no_code) } else { Err(Violation::Protocol) };
        };
        let code = u16::from_be_bytes(*code);
        if !may_be_sent(code) {
            return Err(Violation::Protocol);
        }
        let reason = std::str::from_utf8(reason).map_err(|_| Violation::NotUtf8)?.to_owned();
        Ok(Self { code: Some(code), reason })
    }
}

/// RFC 6455, section 7.4, and the registry that it founded (1012 to 1014). 1004 to 1006 and 1015
/// are never sent.
fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// What a client did that ends its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    #[error("Protocol error")]
    Protocol,
    #[error("Binary frames are not supported")]
    Binary,
    #[error("Text is not UTF-8")]
    NotUtf8,
    #[error("Message too big")]
    TooBig,
    #[error("Compressed data is damaged")]
    BadData,
}

impl Violation {
    /// The code of the close frame that answers it.
    pub(crate) fn code(self) -> u16 {
        match self {
            Self::Protocol => 1002,
            Self::Binary => 1003,
            Self::NotUtf8 | Self::BadData => 1007,
            Self::TooBig => 1009,
        }
    }
}
