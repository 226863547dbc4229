//! The bytes that a rollup is stored as: variable-length integers (LEB128), texts with their
//! lengths, sorted numbers by their differences.

/// Bytes that no version of ours wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored analytics are damaged or of a newer version")]
pub struct Damaged;

#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(super) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            #[allow(clippy::cast_possible_truncation)] // the lowest seven bits are meant
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        #[allow(clippy::cast_possible_truncation)] // less than 0x80
        self.0.push(number as u8);
    }

    pub(super) fn length(&mut self, length: usize) {
        self.number(length as u64);
    }

    /// All 64 bits: a hash would be longer as a variable-length integer.
    pub(super) fn hash(&mut self, hash: u64) {
        self.0.extend(hash.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.0.extend(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Damaged> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Damaged> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn number(&mut self) -> Result<u64, Damaged> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Damaged)
    }

    /// A number of things that take at least a byte each, so that damage cannot ask for memory.
    pub(super) fn length(&mut self) -> Result<usize, Damaged> {
        let length = usize::try_from(self.number()?).map_err(|_| Damaged)?;
        if length <= self.0.len() { Ok(length) } else { Err(Damaged) }
    }

    pub(super) fn hash(&mut self) -> Result<u64, Damaged> {
        let bytes = self.take(8)?.try_into().map_err(|_| Damaged)?;
        Ok(u64::from_le_bytes(bytes))
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Damaged> {
        let length = self.length()?;
        self.take(length)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Damaged> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Damaged)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut writer = Writer::default();
        for number in [0, 1, 127, 128, 300, u64::MAX] {
            writer.number(number);
        }
        writer.hash(u64::MAX - 1);
        writer.text("héllo");
        let bytes = writer.finish();
        let mut reader = Reader::new(&bytes);
        for number in [0, 1, 127, 128, 300, u64::MAX] {
            assert_eq!(reader.number(), Ok(number));
        }
        assert_eq!(reader.hash(), Ok(u64::MAX - 1));
        assert_eq!(reader.text(), Ok("héllo"));
        assert!(reader.is_empty());
        assert_eq!(reader.byte(), Err(Damaged));
    }

    #[test]
    fn damage_asks_for_no_memory() {
        let mut writer = Writer::default();
        writer.number(u64::MAX);
        assert_eq!(Reader::new(&writer.finish()).bytes(), Err(Damaged));
        assert_eq!(Reader::new(&[0x80; 11]).number(), Err(Damaged));
    }
}
