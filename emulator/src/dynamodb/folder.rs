//! The folder an engine keeps its data in: one owner at a time, the database file, and what has to
//! be in that file before dynoxide opens it.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use dynoxide::Database;
use dynoxide::storage::Storage;
use tempfile::TempDir;

use super::engine::EngineError;

const DATABASE: &str = "dynamodb.sqlite3";
const LOCK: &str = "dynamodb.lock";

/// What dynoxide's schema lacks.
///
/// * Each stream write and each `GetRecords` looks for sequence numbers of one table; without these
///   indexes it reads every record ever written. SQLite compares an indexed expression as it is
///   spelt, so `CAST(... AS INTEGER)` must stay exactly as dynoxide's queries have it.
/// * `DeleteTable` leaves the table's records behind, and a new table of that name would begin its
///   stream with them.
const ADDITIONS: &str = "
    CREATE INDEX IF NOT EXISTS stream_records_by_sequence
        ON _stream_records(table_name, CAST(sequence_number AS INTEGER));
    CREATE INDEX IF NOT EXISTS stream_records_by_shard
        ON _stream_records(table_name, shard_id, CAST(sequence_number AS INTEGER));
    CREATE TRIGGER IF NOT EXISTS stream_records_go_with_their_table AFTER DELETE ON _tables
        BEGIN DELETE FROM _stream_records WHERE table_name = OLD.table_name; END;";

/// A locked data folder. Dropping it lets another process in, and removes a temporary one.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    // The lock is the file handle; it goes before the folder does.
    _lock: File,
    temporary: Option<TempDir>,
}

impl Folder {
    /// Creates the folder if need be and becomes its owner.
    pub(super) fn open(path: &Path) -> Result<Self, EngineError> {
        let io = |source| EngineError::Folder { folder: path.to_owned(), source };
        std::fs::create_dir_all(path).map_err(io)?;
        let lock = lock(path)?;
        Ok(Self { path: path.to_owned(), _lock: lock, temporary: None })
    }

    /// A folder of its own under the system's folder for temporary files.
    pub(super) fn temporary() -> Result<Self, EngineError> {
        let folder = tempfile::Builder::new()
            .prefix("dynamodb-")
            .tempdir()
            .map_err(|source| EngineError::Folder { folder: std::env::temp_dir(), source })?;
        let opened = Self::open(folder.path())?;
        Ok(Self { temporary: Some(folder), ..opened })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the database, ready for use.
    pub(super) fn database(&self) -> Result<Database, EngineError> {
        self.connection()?.conn().execute_batch(ADDITIONS).map_err(|e| self.error(e))?;
        let database = Database::new(&self.file()?).map_err(|e| self.error(e))?;
        // In spite of their names these set `synchronous`. NORMAL: a commit survives the death of the
        // process without waiting for the disk, and the file survives everything; the default waits
        // at each commit, at a third of the speed. OFF: nothing ever waits, for a folder that does
        // not outlive the process.
        let set = match self.temporary {
            Some(_) => database.enable_bulk_loading(),
            None => database.disable_bulk_loading(),
        };
        set.map_err(|e| self.error(e))?;
        Ok(database)
    }

    /// A second connection to the same file, for what dynoxide has no method for.
    pub(super) fn connection(&self) -> Result<Storage, EngineError> {
        Storage::new(&self.file()?).map_err(|e| self.error(e))
    }

    fn file(&self) -> Result<String, EngineError> {
        let file = self.path.join(DATABASE);
        file.into_os_string().into_string().map_err(|_not_unicode| EngineError::Folder {
            folder: self.path.clone(),
            source: std::io::Error::new(std::io::ErrorKind::InvalidFilename, "the path is not Unicode"),
        })
    }

    fn error(&self, source: impl Into<dynoxide::DynoxideError>) -> EngineError {
        EngineError::Database { file: self.path.join(DATABASE), source: Box::new(source.into()) }
    }
}

/// Takes the lock and leaves this process's id in it, for whoever is refused. The system frees the
/// lock when the process ends, however it ends.
fn lock(folder: &Path) -> Result<File, EngineError> {
    let io = |source| EngineError::Folder { folder: folder.to_owned(), source };
    let mut options = File::options();
    let mut file =
        options.read(true).write(true).create(true).truncate(false).open(folder.join(LOCK)).map_err(io)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            // Where locks are mandatory the owner's id cannot be read, and stays unknown.
            let process = file.read_to_string(&mut owner).ok().and_then(|_| owner.trim().parse().ok());
            return Err(EngineError::InUse { folder: folder.to_owned(), process });
        }
        Err(TryLockError::Error(source)) => return Err(io(source)),
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(io)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// What dynoxide runs for each stream write, each `GetRecords` and each `DescribeStream`.
    const STREAM_QUERIES: [&str; 3] = [
        "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records \
         WHERE table_name = 't'",
        "SELECT event_name, new_image FROM _stream_records WHERE table_name = 't' AND shard_id = 's' \
         AND CAST(sequence_number AS INTEGER) > 5 ORDER BY CAST(sequence_number AS INTEGER) ASC LIMIT 10",
        "SELECT MIN(CAST(sequence_number AS INTEGER)), MAX(CAST(sequence_number AS INTEGER)) \
         FROM _stream_records WHERE table_name = 't' AND shard_id = 's'",
    ];

    #[test]
    fn no_query_of_a_stream_reads_every_record() {
        let folder = Folder::temporary().unwrap();
        drop(folder.database().unwrap());
        let connection = folder.connection().unwrap();
        for query in STREAM_QUERIES {
            let mut plan = connection.conn().prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
            let steps = plan.query_map([], |row| row.get::<_, String>(3)).unwrap();
            let steps: Vec<String> = steps.map(Result::unwrap).collect();
            assert!(steps.iter().all(|step| step.contains("stream_records_by_")), "{query}: {steps:?}");
        }
    }

    #[test]
    fn atemporary_folder_goes_when_it_is_dropped() {
        let folder = Folder::temporary().unwrap();
        let path = folder.path().to_owned();
        assert!(path.is_dir());
        drop(folder);
        assert!(!path.exists());
    }
}
