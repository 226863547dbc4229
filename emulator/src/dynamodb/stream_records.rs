//! Looks after the stream records of a database through a second connection: the newest one, and
//! the ones old enough to go, which dynoxide itself keeps for ever.

use std::time::Duration;

use dynoxide::DynoxideError;
use dynoxide::storage::Storage;

/// How long a stream keeps its records:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html>
pub(super) const RETENTION: Duration = Duration::from_secs(24 * 60 * 60);

/// Records deleted in one transaction, which is as long as a writer waits for it.
const TRIMMED_AT_ONCE: usize = 1_000;

/// A number that grows with every stream record of any table; 0 before the first.
pub(super) fn newest(connection: &Storage) -> Result<i64, DynoxideError> {
    let mut statement =
        connection.conn().prepare_cached("SELECT COALESCE(MAX(id), 0) FROM _stream_records")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Deletes the records written more than `age` ago and returns how many there were.
pub(super) fn trim(connection: &Storage, age: Duration) -> Result<usize, DynoxideError> {
    // Ids follow time, so only the lowest ids are looked at, and never the images behind them.
    let sql = format!(
        "DELETE FROM _stream_records WHERE id IN (
             SELECT id FROM (SELECT id, created_at FROM _stream_records ORDER BY id LIMIT {TRIMMED_AT_ONCE})
             WHERE created_at <= CAST(strftime('%s', 'now') AS INTEGER) - ?1)"
    );
    let mut trimmed = 0;
    loop {
        let deleted = connection.conn().execute(&sql, [age.as_secs()])?;
        trimmed += deleted;
        if deleted < TRIMMED_AT_ONCE {
            return Ok(trimmed);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::dynamodb::folder::Folder;

    fn insert(connection: &Storage, hours_ago: u64, count: usize) {
        let insert = format!(
            "INSERT INTO _stream_records
                 (table_name, event_name, keys_json, sequence_number, shard_id, created_at)
             VALUES ('table', 'INSERT', '{{}}', '1', 's', strftime('%s', 'now') - {hours_ago} * 3600)"
        );
        connection.conn().execute_batch("BEGIN").unwrap();
        for _ in 0..count {
            connection.conn().execute(&insert, []).unwrap();
        }
        connection.conn().execute_batch("COMMIT").unwrap();
    }

    #[test]
    fn trimming_deletes_what_is_older_than_a_day_and_nothing_else() {
        let folder = Folder::temporary().unwrap();
        let _database = folder.database().unwrap();
        let connection = folder.connection().unwrap();
        assert_eq!(newest(&connection).unwrap(), 0);
        insert(&connection, 25, TRIMMED_AT_ONCE + 3);
        insert(&connection, 23, 5);
        assert_eq!(trim(&connection, RETENTION).unwrap(), TRIMMED_AT_ONCE + 3);
        assert_eq!(trim(&connection, RETENTION).unwrap(), 0);
        let left = "SELECT COUNT(*) FROM _stream_records";
        assert_eq!(connection.conn().query_row(left, [], |row| row.get::<_, i64>(0)).unwrap(), 5);
        assert_eq!(newest(&connection).unwrap(), i64::try_from(TRIMMED_AT_ONCE).unwrap() + 8);
    }
}
