//! Every fault that a journal's file can have, by name: what each verb says of it.

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};

use super::*;

const PAGE: u64 = 4096;

/// What `load`, `reopen`, `runs`, `latest_unfinished` and `begin` of another run say.
type Said = [&'static str; 5];

struct Fault {
    name: &'static str,
    /// Whether the process was killed, so that its log lies beside the file.
    with_log: bool,
    damage: fn(&Path),
    said: Said,
}

const READS: Said = ["ok", "ok", "cut-off", "cut-off", "ok"];
const NOTHING: Said = ["no such run", "no such run", "no run", "no run", "ok"];

fn all(word: &'static str) -> Said {
    [word; 5]
}

fn log_of(path: &Path) -> PathBuf {
    place::with_suffix(path, "-wal")
}

/// Cuts a file to so many bytes; a negative number is counted from its end.
fn cut(path: &Path, bytes: i64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    file.set_len(if bytes < 0 { length - bytes.unsigned_abs() } else { bytes.unsigned_abs() })
        .unwrap();
}

fn overwrite(path: &Path, from: u64, bytes: usize) {
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(from)).unwrap();
    file.write_all(&vec![0xA5; bytes]).unwrap();
}

/// Writes over a page; they count from 1, as SQLite counts them.
fn spoil(path: &Path, page: u64) {
    overwrite(path, (page - 1) * PAGE, PAGE as usize);
}

/// The page that a table or an index begins on.
fn root(path: &Path, name: &str) -> u64 {
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    let tool = Connection::open(path).unwrap();
    let page: i64 = tool.query_row(sql, [name], |row| row.get(0)).unwrap();
    page.unsigned_abs()
}

/// Does what no journal allows.
fn tamper(path: &Path, sql: &str) {
    let tool = Connection::open(path).unwrap();
    for trigger in ["entries_stay", "entries_remain", "runs_stay"] {
        tool.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    tool.execute_batch(sql).unwrap();
}

fn fault(name: &'static str, with_log: bool, damage: fn(&Path), said: Said) -> Fault {
    Fault { name, with_log, damage, said }
}

fn faults() -> Vec<Fault> {
    let unreadable = ["damaged", "damaged", "unreadable", "unreadable"];
    let [load, reopen, runs, latest] = unreadable;
    let of_one_run = |begin| [load, reopen, runs, latest, begin];
    vec![
        fault("none", false, |_| {}, READS),
        fault("none, and the log beside it", true, |_| {}, READS),
        // What was torn was never given out as durable.
        fault("the log's last frame is torn", true, |path| cut(&log_of(path), -100), READS),
        // What was planned is in the file itself, so the run is there and was cut off.
        fault("the log's first frame is torn", true, |path| cut(&log_of(path), 1_000), READS),
        fault("the log is gone", true, |path| fs::remove_file(log_of(path)).unwrap(), READS),
        fault("the log's head", true, |path| overwrite(&log_of(path), 0, 32), all("damaged")),
        // SQLite would take a log with this one wrong byte for empty.
        fault("a byte of the log's head", true, |p| overwrite(&log_of(p), 12, 1), all("damaged")),
        fault("half of the file", false, |path| cut(path, 14_000), all("damaged")),
        fault("the file's first page", false, |path| spoil(path, 1), all("not a journal")),
        fault("the list of runs", false, |path| spoil(path, root(path, "runs")), all("damaged")),
        fault(
            "a page of entries",
            false,
            |path| spoil(path, root(path, "entries")),
            of_one_run("damaged"),
        ),
        // It can be read, and nothing can be built on it.
        fault(
            "a page that nobody reads",
            false,
            |path| spoil(path, root(path, "sqlite_sequence")),
            ["ok", "damaged", "cut-off", "cut-off", "damaged"],
        ),
        fault(
            "an entry was changed",
            false,
            |path| tamper(path, "UPDATE entries SET body = replace(body, 'role', 'r0le')"),
            of_one_run("ok"),
        ),
        fault(
            "the last entry but one is gone",
            false,
            |path| tamper(path, "DELETE FROM entries WHERE seq = 6"),
            of_one_run("ok"),
        ),
        fault(
            "the time in the list is none",
            false,
            |path| tamper(path, "UPDATE runs SET started = 'yesterday'"),
            READS,
        ),
        fault(
            "of a newer version",
            false,
            |path| Connection::open(path).unwrap().execute_batch("PRAGMA user_version=99").unwrap(),
            all("newer"),
        ),
        fault(
            "of a version before the first",
            false,
            |path| Connection::open(path).unwrap().execute_batch("PRAGMA user_version=0").unwrap(),
            all("damaged"),
        ),
        fault("emptied", false, |path| cut(path, 0), NOTHING),
        fault(
            "a directory",
            false,
            |path| {
                fs::remove_file(path).unwrap();
                fs::create_dir(path).unwrap();
            },
            all("planted"),
        ),
    ]
}

fn word(error: &JournalError) -> &'static str {
    match error {
        JournalError::Damaged { .. } => "damaged",
        JournalError::NotAJournal { .. } => "not a journal",
        JournalError::Newer { .. } => "newer",
        JournalError::NoSuchRun { .. } => "no such run",
        JournalError::Planted { .. } => "planted",
        _ => "something else",
    }
}

fn of<T>(result: Result<T, JournalError>) -> &'static str {
    result.map_or_else(|error| word(&error), |_| "ok")
}

fn status(status: Option<&RunStatus>) -> &'static str {
    match status {
        None => "no run",
        Some(RunStatus::CutOff) => "cut-off",
        Some(RunStatus::Unreadable(_)) => "unreadable",
        Some(_) => "something else",
    }
}

/// A journal with one run in it that was cut off, as it lies there afterwards.
async fn left_behind(with_log: bool) -> (TempDir, PathBuf, RunId) {
    let (dir, journal) = here();
    let run = cut_off(&journal).await;
    let path = dir.path().join("left.sqlite");
    let from = journal.path().to_owned();
    if with_log {
        // While it is open: SQLite tidies up when the last one leaves.
        fs::copy(log_of(&from), log_of(&path)).unwrap();
    } else {
        drop(journal);
    }
    fs::copy(&from, &path).unwrap();
    (dir, path, run)
}

#[tokio::test(start_paused = true)]
async fn every_verb_says_what_is_wrong_with_a_file_and_none_guesses() {
    let mut wrong = Vec::new();
    for fault in faults() {
        let mut said = [""; 5];
        for (verb, said) in said.iter_mut().enumerate() {
            let (_dir, path, run) = left_behind(fault.with_log).await;
            (fault.damage)(&path);
            let journal = SqliteJournal::at(&path);
            *said = match verb {
                0 => of(journal.load(&run).await),
                1 => of(journal.reopen(&run).await),
                2 => match journal.runs().await {
                    Ok(runs) => status(runs.first().map(|run| &run.status)),
                    Err(error) => word(&error),
                },
                3 => match journal.latest_unfinished(None, None).await {
                    Ok(run) => status(run.as_ref().map(|run| &run.status)),
                    Err(error) => word(&error),
                },
                _ => of(journal.begin(header("r2"), &[step(1)]).await),
            };
        }
        if said != fault.said {
            wrong.push(format!("{}: {said:?}, not {:?}", fault.name, fault.said));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_torn_anywhere_is_read_as_its_beginning() {
    let (_dir, path, run) = left_behind(true).await;
    let log = fs::read(log_of(&path)).unwrap();
    let file = fs::read(&path).unwrap();
    // Steps open, uncertain and done after each commit of `cut_off`.
    let commits = [(2, 0, 0), (1, 1, 0), (1, 0, 1), (0, 1, 1)];
    let mut reached = None;
    for length in (0..=log.len()).step_by(509).chain([log.len()]) {
        fs::write(&path, &file).unwrap();
        fs::write(log_of(&path), &log[..length]).unwrap();
        let _ = fs::remove_file(place::with_suffix(&path, "-shm"));
        let now = match SqliteJournal::at(&path).load(&run).await {
            Ok(state) => {
                let counts = state.counts();
                let counts = (counts.open, counts.uncertain, counts.done);
                let at = commits.iter().position(|commit| *commit == counts);
                Some(at.unwrap_or_else(|| panic!("{counts:?} at {length}")))
            }
            Err(JournalError::NoSuchRun { .. }) => None,
            Err(error) => panic!("at {length}: {error}"),
        };
        assert!(now >= reached, "more of the log says no less: {now:?} at {length}");
        reached = now;
    }
    assert_eq!(reached, Some(commits.len() - 1));
}
