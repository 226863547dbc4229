//! A rollup as bytes: what a row stores.

use super::binary::{Damaged, Reader, Writer};
use super::chatters::Chatters;
use super::distinct::Distinct;
use super::erased::Erased;
use super::lengths::Lengths;
use super::ranges::Ranges;
use super::rollup::Rollup;
use super::series::Series;
use super::top::Top;

/// The first byte. Bytes of another version are refused, not misread.
const VERSION: u8 = 2;
/// Which knew no erasures.
const WITHOUT_ERASURES: u8 = 1;

impl Rollup {
    /// Less than 300 KB, whatever was said.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.byte(VERSION);
        writer.byte(self.stale.into());
        self.seen.write(&mut writer);
        self.unsaid.write(&mut writer);
        writer.number(self.newest.unsigned_abs());
        writer.number(self.questions);
        writer.number(self.links);
        self.lengths.write(&mut writer);
        self.chatters.write(&mut writer);
        self.words.write(&mut writer);
        self.emotes.write(&mut writer);
        self.commands.write(&mut writer);
        self.texts.write(&mut writer);
        self.series.write(&mut writer);
        self.erased.write(&mut writer);
        writer.finish()
    }

    /// What [`to_bytes`](Self::to_bytes) wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        let mut reader = Reader::new(bytes);
        let version = reader.byte()?;
        if version != VERSION && version != WITHOUT_ERASURES {
            return Err(Damaged);
        }
        let reader = &mut reader;
        let rollup = Self {
            stale: reader.byte()? != 0,
            seen: Ranges::read(reader)?,
            unsaid: Ranges::read(reader)?,
            newest: i64::try_from(reader.number()?).map_err(|_| Damaged)?,
            questions: reader.number()?,
            links: reader.number()?,
            lengths: Lengths::read(reader)?,
            chatters: Chatters::read(reader)?,
            words: Top::read(reader)?,
            emotes: Top::read(reader)?,
            commands: Top::read(reader)?,
            texts: Distinct::read(reader)?,
            series: Series::read(reader)?,
            erased: if version == VERSION { Erased::read(reader)? } else { Erased::default() },
        };
        if reader.is_empty() { Ok(rollup) } else { Err(Damaged) }
    }
}
