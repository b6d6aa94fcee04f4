//! The file: opening, formats, durability, and SQLite's errors in our words.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::journal::error::JournalError;
use crate::journal::place;

/// `DSMT`: tells a journal from any other SQLite file.
const APPLICATION_ID: i64 = 0x4453_4d54;

/// What takes a journal of format N to N + 1. A row, once released, is never edited.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE runs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        run TEXT NOT NULL UNIQUE,
        account TEXT NOT NULL,
        manifest_name TEXT NOT NULL,
        command TEXT NOT NULL,
        started TEXT NOT NULL,
        header TEXT NOT NULL
    ) STRICT;
    CREATE TABLE entries (
        run TEXT NOT NULL REFERENCES runs (run),
        seq INTEGER NOT NULL,
        at TEXT NOT NULL,
        word TEXT NOT NULL,
        body TEXT NOT NULL,
        chain BLOB NOT NULL,
        PRIMARY KEY (run, seq)
    ) STRICT;
    CREATE TRIGGER runs_stay BEFORE UPDATE ON runs
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    CREATE TRIGGER runs_remain BEFORE DELETE ON runs
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    CREATE TRIGGER entries_stay BEFORE UPDATE ON entries
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    CREATE TRIGGER entries_remain BEFORE DELETE ON entries
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
"];

/// How long another process may hold the file for one commit of its own.
const BUSY: Duration = Duration::from_secs(10);

pub(super) type Slot = Option<Connection>;

/// What SQLite said, in our words.
pub(super) fn said(path: &Path, error: rusqlite::Error) -> JournalError {
    let path = path.to_owned();
    let why = error.to_string();
    let Some(code) = error.sqlite_error_code() else {
        return JournalError::Damaged { path, what: why };
    };
    match code {
        // The shared memory beside the write-ahead log could not be made large enough.
        ErrorCode::SystemIoFailure
            if error.sqlite_extended_error_code() == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) =>
        {
            JournalError::Full { path }
        }
        ErrorCode::SystemIoFailure => {
            let why = format!("{why}: the disk may be full, failing or gone");
            JournalError::Unwritable { path, why }
        }
        ErrorCode::DiskFull => JournalError::Full { path },
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => JournalError::Busy { path },
        ErrorCode::ReadOnly
        | ErrorCode::CannotOpen
        | ErrorCode::PermissionDenied
        | ErrorCode::FileLockingProtocolFailed => JournalError::Unwritable { path, why },
        ErrorCode::NotADatabase => {
            JournalError::NotAJournal { path, why: "it is no SQLite database".to_owned() }
        }
        ErrorCode::ConstraintViolation => JournalError::Misuse { what: why },
        _ => JournalError::Damaged { path, what: why },
    }
}

pub(super) fn open(path: &Path, flags: OpenFlags) -> Result<Connection, JournalError> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connect = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        // A file that somebody prepared must not run code of its schema.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        Ok(connection)
    };
    connect().map_err(|error| said(path, error))
}

/// The format of the file: 0 for one that is still empty.
pub(super) fn format(path: &Path, connection: &Connection) -> Result<i64, JournalError> {
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let read = || {
        let id = number("PRAGMA application_id")?;
        let version = number("PRAGMA user_version")?;
        let tables = number("SELECT count(*) FROM sqlite_schema")?;
        let pages = number("PRAGMA page_count")?;
        Ok((id, version, tables, pages))
    };
    let known = MIGRATIONS.len() as i64;
    match read().map_err(|error| said(path, error))? {
        (0, 0, 0, 0 | 1) => Ok(0),
        (0, 0, 0, _) => {
            let what = "there are pages in it, and no tables".to_owned();
            Err(JournalError::Damaged { path: path.to_owned(), what })
        }
        (APPLICATION_ID, found, ..) if found > known => {
            Err(JournalError::Newer { path: path.to_owned(), found, known })
        }
        (APPLICATION_ID, found, ..) if found > 0 => Ok(found),
        (APPLICATION_ID, found, ..) => Err(JournalError::Damaged {
            path: path.to_owned(),
            what: format!("it says that its format is {found}, and the first was 1"),
        }),
        _ => Err(JournalError::NotAJournal {
            path: path.to_owned(),
            why: "it is some other program's SQLite database".to_owned(),
        }),
    }
}

/// The connection that writes, made on first use; the file is there already, see
/// [`place::prepare`].
pub(super) fn writer<'a>(
    path: &Path,
    slot: &'a mut Slot,
) -> Result<&'a mut Connection, JournalError> {
    if slot.is_none() {
        let path = place::prepare(path)?;
        not_emptied(&path)?;
        check_log(&path)?;
        let mut connection = open(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        format(&path, &connection)?;
        settle(&path, &connection)?;
        migrate(&path, &mut connection, MIGRATIONS)?;
        *slot = Some(connection);
    }
    slot.as_mut().ok_or_else(|| JournalError::Misuse { what: "no connection".to_owned() })
}

/// Refuses a write-ahead log whose head is not one: SQLite would take it for empty, and a run
/// whose every word is in it would never have been. A torn tail is fine: those words were not
/// given out as durable.
///
/// Source: "WAL-mode File Format", 2: the head is 32 bytes, the last 8 of them a checksum.
pub(super) fn check_log(path: &Path) -> Result<(), JournalError> {
    let log = place::with_suffix(path, "-wal");
    let mut head = [0_u8; 32];
    if place::look(&log)?.is_none() {
        return Ok(());
    }
    match File::open(&log).and_then(|mut file| file.read_exact(&mut head)) {
        Ok(()) if is_log_head(&head) => Ok(()),
        Ok(()) => {
            let what = format!("{} is no write-ahead log", log.display());
            Err(JournalError::Damaged { path: path.to_owned(), what })
        }
        // Shorter than a head, or gone with the process that wrote it: nothing was committed.
        // One that cannot be opened is SQLite's to complain of.
        Err(_) => Ok(()),
    }
}

fn is_log_head(head: &[u8; 32]) -> bool {
    let words: Vec<[u8; 4]> = head.chunks_exact(4).map(|w| [w[0], w[1], w[2], w[3]]).collect();
    let of_checksum: fn([u8; 4]) -> u32 = match u32::from_be_bytes(words[0]) {
        0x377f_0682 => u32::from_le_bytes,
        0x377f_0683 => u32::from_be_bytes,
        _ => return false,
    };
    let (mut first, mut second) = (0_u32, 0_u32);
    for pair in words[..6].chunks_exact(2) {
        first = first.wrapping_add(of_checksum(pair[0])).wrapping_add(second);
        second = second.wrapping_add(of_checksum(pair[1])).wrapping_add(first);
    }
    (u32::from_be_bytes(words[6]), u32::from_be_bytes(words[7])) == (first, second)
}

/// How commits are made durable. On another machine's disk there is no shared memory for a
/// write-ahead log, so there the old rollback journal serves.
pub(super) fn settle(path: &Path, connection: &Connection) -> Result<(), JournalError> {
    settle_for(path, connection, place::is_on_network(path))
}

pub(super) fn settle_for(
    path: &Path,
    connection: &Connection,
    on_network: bool,
) -> Result<(), JournalError> {
    let mode = if on_network { "delete" } else { "wal" };
    let set = || {
        let got: String =
            connection.query_row(&format!("PRAGMA journal_mode={mode}"), [], |row| row.get(0))?;
        // In rollback mode EXTRA also makes the directory durable.
        let synchronous = if got == "wal" { "FULL" } else { "EXTRA" };
        connection.execute_batch(&format!(
            "PRAGMA synchronous={synchronous}; PRAGMA fullfsync=1; PRAGMA foreign_keys=1;"
        ))
    };
    set().map_err(|error| said(path, error))
}

pub(super) fn migrate(
    path: &Path,
    connection: &mut Connection,
    migrations: &[&str],
) -> Result<(), JournalError> {
    write(path, connection, |write| {
        // Inside the transaction: another process may just have done it.
        let now: i64 = write.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let done = usize::try_from(now).unwrap_or(0);
        if done >= migrations.len() {
            return Ok(());
        }
        for migration in &migrations[done..] {
            write.execute_batch(migration)?;
        }
        write.execute_batch(&format!(
            "PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={};",
            migrations.len()
        ))
    })
}

pub(super) fn write<T>(
    path: &Path,
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> Result<T, JournalError> {
    let run = || {
        let write = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = work(&write)?;
        write.commit()?;
        Ok(result)
    };
    let result = run().map_err(|error| said(path, error))?;
    settle_in_file(connection);
    Ok(result)
}

/// Brings what is committed into the file itself. A run whose write-ahead log is deleted or left
/// behind in a copy is then still whole; and a byte that changes in the log, where SQLite stops
/// reading without a word, takes no commit with it, because the next one begins the log anew.
/// Committed it is either way: what keeps this from being done, a reader or a full disk, is no
/// error.
fn settle_in_file(connection: &Connection) {
    let checkpoint = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    if let Err(error) = checkpoint {
        tracing::debug!(%error, "the write-ahead log stays as it is");
    }
}

pub(super) fn quick_check(path: &Path, connection: &Connection) -> Result<(), JournalError> {
    let answer: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| said(path, error))?;
    if answer == "ok" {
        return Ok(());
    }
    Err(JournalError::Damaged { path: path.to_owned(), what: answer })
}

/// A file of no bytes beside a write-ahead log was emptied: SQLite would take it for new, and
/// throw away the log, which is all that is left of the journal.
fn not_emptied(path: &Path) -> Result<(), JournalError> {
    let bytes = |path: &Path| -> Result<u64, JournalError> {
        Ok(place::look(path)?.map_or(0, |meta| meta.len()))
    };
    if bytes(path)? == 0 && bytes(&place::with_suffix(path, "-wal"))? > 0 {
        let what = "the file is empty, and the -wal file beside it is not".to_owned();
        return Err(JournalError::Damaged { path: path.to_owned(), what });
    }
    Ok(())
}

/// Reads with the writer's connection, or with one of its own that changes nothing. `None` when
/// there is no journal.
pub(super) fn reading<T>(
    path: &Path,
    slot: &mut Slot,
    work: impl Fn(&Path, &Connection) -> Result<T, JournalError>,
) -> Result<Option<T>, JournalError> {
    if let Some(connection) = slot {
        return work(path, connection).map(Some);
    }
    let Some(path) = place::resolve(path)? else { return Ok(None) };
    not_emptied(&path)?;
    if place::look(&path)?.is_none_or(|meta| meta.len() == 0) {
        return Ok(None);
    }
    place::look_beside(&path)?;
    check_log(&path)?;
    let read = |connection: Connection| match format(&path, &connection)? {
        0 => Ok(None),
        found if found < MIGRATIONS.len() as i64 => {
            drop(connection);
            let mut slot = None;
            work(&path, writer(&path, &mut slot)?).map(Some)
        }
        _ => work(&path, &connection).map(Some),
    };
    let first = open(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).and_then(read);
    let Err(JournalError::Unwritable { why, .. }) = first else { return first };
    // In a directory that cannot be written, SQLite reads only what it may take for unchanging;
    // which it is, unless a write-ahead log waits beside it.
    let wal = place::look(&place::with_suffix(&path, "-wal"))?;
    if wal.is_some_and(|meta| meta.len() > 0) {
        let why = format!("{why}; copy it, with the -wal file, to a directory that can be written");
        return Err(JournalError::Unreadable { path: path.clone(), why });
    }
    let immutable = PathBuf::from(format!("file:{}?immutable=1", uri_path(&path)));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    open(&immutable, flags).and_then(read).map_err(|error| match error {
        JournalError::Unwritable { why, .. } => {
            JournalError::Unreadable { path: path.clone(), why }
        }
        other => other,
    })
}

pub(super) fn uri_path(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    const KEEP: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_');
    percent_encoding::percent_encode(path.as_os_str().as_bytes(), KEEP).to_string()
}
