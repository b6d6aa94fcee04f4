//! Rows in and out, each chained to the one before it.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction};
use sha2::{Digest, Sha256};

use super::open::{quick_check, said};
use crate::journal::entry::{Counts, Entry, Line, RunHeader, RunId};
use crate::journal::error::JournalError;
use crate::journal::state::{RunState, RunStatus, RunSummary};

/// No entry that this program writes is nearly as long; a longer one is somebody's trap.
const BODY_BYTES_MAX: i64 = 64 << 20;

pub(super) fn json<T: serde::Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

pub(super) fn insert_run(write: &Transaction<'_>, header: &RunHeader) -> rusqlite::Result<()> {
    write.execute(
        "INSERT INTO runs (run, account, manifest_name, command, started, header)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            header.run.as_str(),
            &header.account,
            &header.manifest_name,
            &header.command,
            header.started.to_string(),
            json(header)?,
        ),
    )?;
    Ok(())
}

pub(super) fn link(before: &[u8], seq: i64, at: &str, body: &str) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(seq.to_be_bytes());
    hash.update((at.len() as u64).to_be_bytes());
    hash.update(at.as_bytes());
    hash.update(body.as_bytes());
    hash.finalize().to_vec()
}

pub(super) fn append(
    write: &Transaction<'_>,
    run: &RunId,
    at: Timestamp,
    entries: &[Entry],
) -> rusqlite::Result<()> {
    let tail = write
        .prepare_cached("SELECT seq, chain FROM entries WHERE run = ?1 ORDER BY seq DESC LIMIT 1")?
        .query_row([run.as_str()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))
        .optional()?;
    let (mut seq, mut chain) = match tail {
        Some(tail) => tail,
        None => {
            let header: String = write.query_row(
                "SELECT header FROM runs WHERE run = ?1",
                [run.as_str()],
                |row| row.get(0),
            )?;
            (0, link(&[], 0, "", &header))
        }
    };
    let mut insert = write.prepare_cached(
        "INSERT INTO entries (run, seq, at, word, body, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let at = at.to_string();
    for entry in entries {
        seq += 1;
        let body = json(entry)?;
        chain = link(&chain, seq, &at, &body);
        insert.execute((run.as_str(), seq, &at, entry.word(), &body, &chain))?;
    }
    Ok(())
}

/// Reads one run back and checks every link of its chain. Without `records`, they are checked but
/// not kept.
pub(super) fn load(
    path: &Path,
    connection: &Connection,
    run: &RunId,
    records: bool,
) -> Result<RunState, JournalError> {
    let damaged = |what: String| JournalError::Damaged {
        path: path.to_owned(),
        what: format!("of run {run}, {what}"),
    };
    let header: Option<String> = connection
        .query_row("SELECT header FROM runs WHERE run = ?1", [run.as_str()], |row| row.get(0))
        .optional()
        .map_err(|error| said(path, error))?;
    let Some(header) = header else {
        let place = path.display().to_string();
        return Err(JournalError::NoSuchRun { run: run.to_string(), place });
    };
    let _moment = one_moment(path, connection)?;
    let mut chain = link(&[], 0, "", &header);
    let header: RunHeader = serde_json::from_str(&header)
        .map_err(|error| damaged(format!("the header makes no sense: {error}")))?;
    if header.run != *run {
        return Err(damaged("the header is another run's".to_owned()));
    }
    let mut state = RunState::begun(header);
    let mut read = || -> Result<(), JournalError> {
        let sqlite = |error| said(path, error);
        let longest: i64 = connection
            .query_row(
                "SELECT coalesce(max(length(body)), 0) FROM entries WHERE run = ?1",
                [run.as_str()],
                |row| row.get(0),
            )
            .map_err(sqlite)?;
        if longest > BODY_BYTES_MAX {
            return Err(damaged(format!("an entry is {longest} bytes long")));
        }
        let mut query = connection
            .prepare("SELECT seq, at, word, body, chain FROM entries WHERE run = ?1 ORDER BY seq")
            .map_err(sqlite)?;
        let mut rows = query.query([run.as_str()]).map_err(sqlite)?;
        let mut expected = 1_i64;
        while let Some(row) = rows.next().map_err(sqlite)? {
            let text = |column: usize| row.get::<_, String>(column).map_err(sqlite);
            let seq: i64 = row.get(0).map_err(sqlite)?;
            let (at, word, body) = (text(1)?, text(2)?, text(3)?);
            let stored: Vec<u8> = row.get(4).map_err(sqlite)?;
            chain = link(&chain, expected, &at, &body);
            if seq != expected || chain != stored {
                return Err(damaged(format!("entry {expected} is missing or was changed")));
            }
            expected += 1;
            if !records && word == "record" {
                continue;
            }
            let bad = |error: &dyn std::fmt::Display| damaged(format!("entry {seq}: {error}"));
            let at: Timestamp = at.parse().map_err(|error: jiff::Error| bad(&error))?;
            let entry: Entry = serde_json::from_str(&body).map_err(|error| bad(&error))?;
            state.take(Line { at, entry }).map_err(|error| bad(&error))?;
        }
        // The rows came by their index. One that has lost its end, which `quick_check` does not
        // see, looks like a run that was cut off earlier.
        let there: i64 = connection
            .query_row(
                "SELECT count(*) FROM entries NOT INDEXED WHERE run = ?1",
                [run.as_str()],
                |row| row.get(0),
            )
            .map_err(sqlite)?;
        if there != expected - 1 {
            return Err(damaged(format!("{there} entries are there, and {} found", expected - 1)));
        }
        match there {
            // A run without a step is rare; one whose entries were lost whole looks the same.
            0 => quick_check(path, connection),
            _ => Ok(()),
        }
    };
    read()?;
    Ok(state)
}

/// All that is read while this lives is of one moment, whatever another process writes meanwhile.
fn one_moment<'c>(
    path: &Path,
    connection: &'c Connection,
) -> Result<Option<Transaction<'c>>, JournalError> {
    match connection.is_autocommit() {
        true => connection.unchecked_transaction().map(Some).map_err(|error| said(path, error)),
        // Within another one already.
        false => Ok(None),
    }
}

pub(super) fn summaries(
    path: &Path,
    connection: &Connection,
) -> Result<Vec<RunSummary>, JournalError> {
    let sqlite = |error| said(path, error);
    let _moment = one_moment(path, connection)?;
    let lost: Option<String> = connection
        .query_row(
            "SELECT run FROM entries WHERE run NOT IN (SELECT run FROM runs) LIMIT 1",
            [],
            |row| row.get(0),
        )
        .optional()
        .map_err(sqlite)?;
    if lost.is_some() {
        let what = "there are entries of a run that is not in its list of runs".to_owned();
        return Err(JournalError::Damaged { path: path.to_owned(), what });
    }
    let mut query = connection
        .prepare("SELECT run, account, manifest_name, command, started FROM runs ORDER BY number")
        .map_err(sqlite)?;
    let rows = query
        .query_map([], |row| {
            let text = |column: usize| row.get::<_, String>(column);
            Ok([text(0)?, text(1)?, text(2)?, text(3)?, text(4)?])
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .map_err(sqlite)?;
    if rows.is_empty() {
        quick_check(path, connection)?;
    }
    rows.into_iter()
        .map(|[run, account, manifest_name, command, started]| {
            let bad = |what: &str| JournalError::Damaged {
                path: path.to_owned(),
                what: format!("the list of runs has {what}"),
            };
            let run = RunId::parse(&run).ok_or_else(|| bad("an impossible run id"))?;
            Ok(match load(path, connection, &run, false) {
                Ok(state) => state.summary(),
                Err(error) => {
                    // The header would have said it; this is only for the eye.
                    let started = started.parse().unwrap_or(Timestamp::UNIX_EPOCH);
                    RunSummary {
                        run,
                        account,
                        manifest_name,
                        command,
                        started,
                        last: started,
                        status: RunStatus::Unreadable(error.to_string()),
                        counts: Counts::default(),
                    }
                }
            })
        })
        .collect()
}
