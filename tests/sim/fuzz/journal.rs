//! Journals: bent, torn, emptied, and with the write-ahead log of another.
//!
//! What a bent journal says is the truth, or it is refused. A torn write-ahead log may cost the
//! end of a run, as a power cut does: never its middle, and never is something said that was not
//! written.

use std::fs;
use std::path::{Path, PathBuf};

use dismantle::journal::{
    Entry, Journal, JournalError, Line, OpenRun, Outcome, RunHeader, RunId, RunState, RunStatus,
    RunSummary, SqliteJournal,
};
use dismantle::plan::Step;
use dismantle::resource::Region;
use jiff::Timestamp;
use proptest::prelude::*;
use rusqlite::Connection;

use super::bend::{Change, bent, changes};
use super::{FEW, MANIFEST, Tally, WORLD, each, is_sayable, many};

/// Steps of a run: enough for a few pages, few enough to be read a thousand times a minute.
const STEPS: usize = 14;

#[test]
fn no_journal_tells_what_was_not_written() {
    fuzz(FEW);
}

#[test]
#[ignore = "takes as long as it is told to: scripts/fuzz"]
fn many_bent_journals() {
    fuzz(many());
}

/// A journal's files, and what they say.
struct Truth {
    run: RunId,
    /// The file alone, with everything in it.
    settled: Vec<u8>,
    /// The same while it was written to: the file and its write-ahead log.
    live: Vec<u8>,
    log: Vec<u8>,
    /// The run as it was after each of its entries; the last one is the whole.
    prefixes: Vec<RunState>,
}

impl Truth {
    fn whole(&self) -> &RunState {
        self.prefixes.last().expect("the beginning, at least")
    }

    fn has_been(&self, summary: &RunSummary) -> bool {
        self.prefixes.iter().any(|state| state.summary() == *summary)
    }
}

/// What became of a journal's files.
#[derive(Debug, Clone)]
enum Wreck {
    /// Closed properly, then bent.
    Settled(Vec<Change>),
    /// The file of a dead process, bent; its log is whole.
    Live(Vec<Change>),
    /// Its log bent.
    Log(Vec<Change>),
    /// Pages of the file lost or exchanged.
    Pages(u32, u32, bool),
    NoLog,
    /// The log is another journal's.
    OtherLog {
        settled: bool,
    },
    /// The log stayed, and the file is empty or gone.
    OnlyLog {
        gone: bool,
    },
}

fn wrecks() -> impl Strategy<Value = Wreck> {
    prop_oneof![
        6 => changes(3).prop_map(Wreck::Settled),
        3 => changes(3).prop_map(Wreck::Live),
        6 => changes(3).prop_map(Wreck::Log),
        3 => (any::<u32>(), any::<u32>(), any::<bool>())
            .prop_map(|(one, other, zero)| Wreck::Pages(one, other, zero)),
        1 => Just(Wreck::NoLog),
        1 => any::<bool>().prop_map(|settled| Wreck::OtherLog { settled }),
        1 => any::<bool>().prop_map(|gone| Wreck::OnlyLog { gone }),
    ]
}

fn fuzz(cases: u32) {
    let world = &*WORLD;
    let steps: Vec<Step> = world.survey.plan.steps.iter().take(STEPS).cloned().collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let truth = runtime.block_on(written("20261124-171500-aaaa", &steps, false));
    let other = runtime.block_on(written("20261124-181500-bbbb", &steps[..4], true));
    let tally = Tally::default();
    each(cases, wrecks(), |wreck| {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let path = folder.path().join("journal.sqlite");
        // Whether it was in one piece before it was bent: then there is no excuse for less.
        let settled = lay_out(&wreck, &path, &truth, &other);
        runtime.block_on(judge(&path, settled, &truth, &other, &tally))
    });
    tally.print("journals");
    assert!(tally.count("whole") > 0, "none was good");
}

fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

fn lay_out(wreck: &Wreck, path: &Path, truth: &Truth, other: &Truth) -> bool {
    let put = |file: &[u8], log: Option<&[u8]>| {
        fs::write(path, file).expect("a file");
        if let Some(log) = log {
            fs::write(log_of(path), log).expect("a log");
        }
    };
    match wreck {
        Wreck::Settled(changes) => {
            let file = bent(&truth.settled, changes);
            put(&file, None);
            // A file of no bytes is a journal that was never begun.
            !file.is_empty()
        }
        Wreck::Pages(one, other, zero) => {
            let file = with_pages(&truth.settled, *one, *other, *zero);
            put(&file, None);
            true
        }
        Wreck::Live(changes) => {
            put(&bent(&truth.live, changes), Some(&truth.log));
            false
        }
        Wreck::Log(changes) => {
            put(&truth.live, Some(&bent(&truth.log, changes)));
            false
        }
        Wreck::NoLog => {
            put(&truth.live, None);
            false
        }
        Wreck::OtherLog { settled } => {
            put(if *settled { &truth.settled } else { &truth.live }, Some(&other.log));
            false
        }
        Wreck::OnlyLog { gone } => {
            put(&[], Some(&truth.log));
            if *gone {
                fs::remove_file(path).expect("a file to remove");
            }
            false
        }
    }
}

/// The file with one of its pages empty, or two in each other's place.
fn with_pages(file: &[u8], one: u32, other: u32, zero: bool) -> Vec<u8> {
    const PAGE: usize = 4096;
    let mut pages: Vec<Vec<u8>> = file.chunks(PAGE).map(<[u8]>::to_vec).collect();
    let (one, other) = (one as usize % pages.len(), other as usize % pages.len());
    match zero {
        true => pages[one].fill(0),
        false => pages.swap(one, other),
    }
    pages.concat()
}

async fn judge(
    path: &Path,
    settled: bool,
    truth: &Truth,
    other: &Truth,
    tally: &Tally,
) -> Result<(), String> {
    // Each time as another process comes to it.
    let journal = || SqliteJournal::at(path);
    let runs = journal().runs().await;
    match &runs {
        Ok(runs) => {
            let unreadable = |run: &RunSummary| matches!(run.status, RunStatus::Unreadable(_));
            if settled && !runs.iter().any(|run| run.run == truth.run || unreadable(run)) {
                return Err(format!("the run has vanished from {runs:?}"));
            }
            let strange = runs
                .iter()
                .find(|run| !unreadable(run) && !truth.has_been(run) && !other.has_been(run));
            if let Some(strange) = strange {
                return Err(format!("a run that never was: {strange:?}"));
            }
        }
        Err(error) => is_said(error)?,
    }
    let loaded = journal().load(&truth.run).await;
    let how = match &loaded {
        Ok(state) if state == truth.whole() => "whole",
        Ok(_) if settled => return Err("the end of the run is missing, and nobody says so".into()),
        Ok(state) if truth.prefixes.contains(state) => "cut off",
        Ok(_) => return Err("the run is another than was written".into()),
        Err(error) => {
            is_said(error)?;
            kind(error)
        }
    };
    tally.note(how);
    let reopened = journal().reopen(&truth.run).await;
    match &reopened {
        Ok((_, state)) if settled && state != truth.whole() => {
            return Err("it is resumed without its end".into());
        }
        Ok((_, state)) if !truth.prefixes.contains(state) => {
            return Err("it is resumed from what was not written".into());
        }
        Ok(_) => {}
        Err(error) => is_said(error)?,
    }
    drop(reopened);
    match journal().latest_unfinished(None, None).await {
        Ok(_) => Ok(()),
        Err(error) => is_said(&error),
    }
}

/// Refused, in words; our own mistakes are none.
fn is_said(error: &JournalError) -> Result<(), String> {
    if matches!(error, JournalError::Misuse { .. } | JournalError::Busy { .. }) {
        return Err(format!("not said, but stumbled over: {error}"));
    }
    // As the command line writes it.
    is_sayable(&dismantle::report::visible(&error.to_string()))
}

fn kind(error: &JournalError) -> &'static str {
    match error {
        JournalError::NoSuchRun { .. } => "refused: no such run",
        JournalError::Damaged { .. } => "refused: damaged",
        JournalError::Newer { .. } => "refused: newer",
        JournalError::NotAJournal { .. } => "refused: not a journal",
        JournalError::Unreadable { .. } | JournalError::Unwritable { .. } => "refused: unreadable",
        _ => "refused: otherwise",
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_540_000 + second).expect("a time")
}

/// Writes a run as an executor does, and takes copies of the files.
async fn written(run: &str, steps: &[Step], finished: bool) -> Truth {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.sqlite");
    let journal = SqliteJournal::at(&path);
    let run = RunId::parse(run).expect("a run's id");
    let open = journal.begin(header(&run), steps).await.expect("a run");
    work(&open, steps).await.expect("a journal");
    if finished {
        let why = "Ctrl-C".to_owned();
        let mark = dismantle::journal::Mark::Interrupted { why };
        open.mark(at(500), mark).await.expect("a journal");
    }
    let live = fs::read(&path).expect("a file");
    let log = fs::read(log_of(&path)).expect("a log");
    let prefixes = prefixes(&path, &run);
    drop((open, journal));
    // The last one to close the file takes the log into it.
    assert!(!log_of(&path).exists(), "the log is still there");
    let settled = fs::read(&path).expect("a file");
    Truth { run, settled, live, log, prefixes }
}

fn header(run: &RunId) -> RunHeader {
    RunHeader {
        run: run.clone(),
        account: WORLD.mandate.account().to_owned(),
        manifest_name: WORLD.mandate.manifest.name.clone(),
        manifest: MANIFEST.to_owned(),
        manifest_source: None,
        plan_digest: None,
        accept_unseen: Vec::new(),
        endpoint_url: None,
        regions: vec![Region::new("us-east-1")],
        program_version: "0.1.0".to_owned(),
        command: "destroy".to_owned(),
        started: at(0),
        options: Default::default(),
    }
}

/// Every sort of end that a step can have, and one without.
async fn work(run: &OpenRun, steps: &[Step]) -> Result<(), JournalError> {
    for (number, step) in steps.iter().enumerate() {
        let second = number as i64 * 10 + 1;
        let resource = WORLD.survey.inventory.get(&step.resource);
        let why = || "somebody was there first".to_owned();
        if number % 7 == 5 {
            run.outcome(at(second), &step.step, 0, Outcome::Refused { why: why() }).await?;
            continue;
        }
        let _intent = run.intent(at(second), &step.step, 1, resource).await?;
        let outcome = match number % 7 {
            0 | 1 => Outcome::Done,
            2 => Outcome::AlreadyGone,
            3 => Outcome::Failed { class: "denied".to_owned(), why: why() },
            4 => Outcome::Uncertain { why: why() },
            _ => continue,
        };
        run.outcome(at(second + 5), &step.step, 1, outcome).await?;
    }
    Ok(())
}

/// The run after each of its entries, as a reader of its own sees them.
fn prefixes(path: &Path, run: &RunId) -> Vec<RunState> {
    let reader = Connection::open(path).expect("a database");
    let header: String = reader
        .query_row("SELECT header FROM runs WHERE run = ?1", [run.as_str()], |row| row.get(0))
        .expect("a header");
    let mut state = RunState::begun(serde_json::from_str(&header).expect("a header"));
    let mut query = reader
        .prepare("SELECT at, body FROM entries WHERE run = ?1 ORDER BY seq")
        .expect("a query");
    let rows = query
        .query_map([run.as_str()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
        .expect("rows");
    let mut all = vec![state.clone()];
    for row in rows {
        let (at, body) = row.expect("a row");
        let entry: Entry = serde_json::from_str(&body).expect("an entry");
        state.take(Line { at: at.parse().expect("a time"), entry }).expect("sense");
        all.push(state.clone());
    }
    all
}
