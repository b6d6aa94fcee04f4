//! What a user would notice of the journal in a file.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{PermissionsExt, symlink};

use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::journal::{Completion, Line, Mark, Outcome, RunOutcome, RunStatus, StepState};
use crate::plan::StepId;
use crate::resource::{Action, Kind, Region, Resource, ResourceId};

const ROLE: Kind = Kind::new("iam:role");

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_540_000 + second).unwrap()
}

fn header(run: &str) -> RunHeader {
    RunHeader {
        run: RunId::parse(run).unwrap(),
        account: "842676018087".to_owned(),
        manifest_name: "mlops-lab".to_owned(),
        manifest: "version: 1\n".to_owned(),
        manifest_source: None,
        plan_digest: None,
        accept_unseen: vec![ROLE],
        endpoint_url: Some("http://me:hunter2@127.0.0.1:4566".to_owned()),
        regions: vec![Region::new("us-east-1")],
        program_version: "0.1.0".to_owned(),
        command: "destroy".to_owned(),
        started: at(0),
        options: Default::default(),
    }
}

fn step(number: usize) -> Step {
    Step {
        step: StepId::numbered(number),
        action: Action::Delete,
        resource: ResourceId::new(ROLE, Region::GLOBAL, format!("role-{number}")),
        target: None,
        after: Vec::new(),
        reason: "matches the prefix mlops-lab".to_owned(),
        pin: Some("AROA1".to_owned()),
        created: Some(at(-100)),
    }
}

fn role(number: usize) -> Resource {
    let mut role = Resource::new(ROLE, Region::GLOBAL, format!("role-{number}"), "r");
    role.record = json!({ "Path": "/", "Environment": { "PASSWORD": "hunter2" } });
    role
}

fn id(number: usize) -> StepId {
    StepId::numbered(number)
}

fn here() -> (TempDir, SqliteJournal) {
    let dir = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::at(dir.path().join("state/dismantle/journal.sqlite"));
    (dir, journal)
}

/// A run with two steps: the first done, the second with an intent only. Then the process dies.
async fn cut_off(journal: &SqliteJournal) -> RunId {
    let run = journal.begin(header("r1"), &[step(1), step(2)]).await.unwrap();
    let _ = run.intent(at(1), &id(1), 1, Some(&role(1))).await.unwrap();
    run.outcome(at(2), &id(1), 1, Outcome::Done).await.unwrap();
    let _ = run.intent(at(3), &id(2), 1, Some(&role(2))).await.unwrap();
    run.id().clone()
}

#[tokio::test(start_paused = true)]
async fn a_killed_run_is_read_back_and_finished() {
    let (_dir, journal) = here();
    let path = journal.path().to_owned();
    let run = cut_off(&journal).await;
    drop(journal);

    let journal = SqliteJournal::at(&path);
    let unfinished = journal.latest_unfinished(Some("842676018087"), None).await.unwrap().unwrap();
    assert_eq!((unfinished.run, unfinished.status), (run.clone(), RunStatus::CutOff));
    assert!(journal.latest_unfinished(None, Some("another")).await.unwrap().is_none());

    let (open, state) = journal.reopen(&run).await.unwrap();
    assert_eq!(state.step(&id(1)).unwrap().state, StepState::Done(Completion::Done));
    assert_eq!(state.step(&id(2)).unwrap().state, StepState::Uncertain { attempt: 1 });
    assert_eq!(state.steps[1].step, step(2));
    assert_eq!(state.header.endpoint_url.as_deref(), Some("http://127.0.0.1:4566"));
    assert_eq!(state.records.len(), 2);

    open.mark(at(10), Mark::Resumed { program_version: "0.1.0".to_owned() }).await.unwrap();
    open.add_steps(at(11), &[step(3)]).await.unwrap();
    assert!(open.add_steps(at(11), &[step(3)]).await.is_err());
    open.outcome(at(12), &id(2), 1, Outcome::AlreadyGone).await.unwrap();
    open.outcome(at(12), &id(3), 0, Outcome::Refused { why: "retagged".to_owned() }).await.unwrap();
    assert!(open.intent(at(12), &id(9), 1, None).await.is_err());
    let counts = journal.load(&run).await.unwrap().counts();
    assert_eq!((counts.steps, counts.done, counts.refused), (3, 2, 1));
    let mark =
        Mark::Finished { outcome: RunOutcome::Incomplete, counts, figures: Default::default() };
    open.mark(at(13), mark).await.unwrap();
    let runs = journal.runs().await.unwrap();
    assert_eq!(runs[0].status, RunStatus::Finished(RunOutcome::Incomplete));
    assert_eq!((runs[0].counts, runs[0].last), (counts, at(13)));
    assert!(journal.latest_unfinished(None, None).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_intent_is_there_for_everybody_when_it_returns() {
    let (_dir, journal) = here();
    let run = journal.begin(header("r1"), &[step(1)]).await.unwrap();
    let _ = run.intent(at(1), &id(1), 1, Some(&role(1))).await.unwrap();
    let other = Connection::open(journal.path()).unwrap();
    let words: Vec<String> = other
        .prepare("SELECT word FROM entries ORDER BY seq")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(words, ["step", "record", "intent"]);
    assert!(other.execute("DELETE FROM entries", []).is_err());
    assert!(other.execute("UPDATE entries SET at = ''", []).is_err());
    let _ = run.intent(at(2), &id(1), 2, Some(&role(1))).await.unwrap();
    let records: i64 = other
        .query_row("SELECT count(*) FROM entries WHERE word = 'record'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(records, 1, "once for each resource");
    let all = ["", "-wal"].map(|end| fs::read(place::with_suffix(journal.path(), end)).unwrap());
    let leaked = all.iter().any(|bytes| bytes.windows(7).any(|part| part == b"hunter2"));
    assert!(!leaked, "a secret is in the file");
}

#[tokio::test(start_paused = true)]
async fn one_run_at_a_time_for_an_account_and_a_manifest() {
    let (_dir, journal) = here();
    let second = SqliteJournal::at(journal.path());
    let run = journal.begin(header("r1"), &[]).await.unwrap();
    let locked = second.begin(header("r2"), &[]).await.unwrap_err();
    let JournalError::Locked { holder, .. } = &locked else { panic!("{locked}") };
    assert_eq!((holder.pid, holder.run.as_ref()), (Some(std::process::id()), Some(run.id())));
    assert!(matches!(second.reopen(run.id()).await, Err(JournalError::Locked { .. })));
    let other = RunHeader { manifest_name: "other".to_owned(), ..header("r3") };
    let _other = second.begin(other, &[]).await.unwrap();
    // What a dead process left in the lock file holds nobody up.
    drop(run);
    assert!(second.begin(header("r2"), &[]).await.is_ok());
    assert!(matches!(second.begin(header("r2"), &[]).await, Err(JournalError::RunExists { .. })));
    assert_eq!(journal.runs().await.unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn files_are_the_owners_only() {
    let (_dir, journal) = here();
    assert_eq!(journal.runs().await.unwrap(), []);
    assert!(!journal.path().parent().unwrap().exists(), "reading makes nothing");
    let _run = journal.begin(header("r1"), &[step(1)]).await.unwrap();
    let dir = journal.path().parent().unwrap();
    assert_eq!(fs::metadata(dir).unwrap().permissions().mode() & 0o777, 0o700);
    let files: Vec<_> = fs::read_dir(dir).unwrap().map(|file| file.unwrap()).collect();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn planted_links_are_refused() {
    for end in ["", "-wal", ".lock"] {
        let (dir, journal) = here();
        let victim = dir.path().join("victim");
        fs::write(&victim, "mine").unwrap();
        fs::create_dir_all(journal.path().parent().unwrap()).unwrap();
        let link = match end {
            ".lock" => place::lock_path(journal.path(), "842676018087", "mlops-lab"),
            end => place::with_suffix(journal.path(), end),
        };
        symlink(&victim, &link).unwrap();
        let error = journal.begin(header("r1"), &[]).await.unwrap_err();
        assert!(matches!(error, JournalError::Planted { .. }), "{end}: {error}");
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
    }
}

#[tokio::test(start_paused = true)]
async fn a_changed_or_missing_row_stops_a_resume() {
    for damage in [
        "UPDATE entries SET body = replace(body, 'role-2', 'role-3') WHERE seq = 2",
        "DELETE FROM entries WHERE seq = 3",
        "UPDATE runs SET header = '{}'",
    ] {
        let (_dir, journal) = here();
        let path = journal.path().to_owned();
        let run = cut_off(&journal).await;
        drop(journal);
        let tool = Connection::open(&path).unwrap();
        for trigger in ["entries_stay", "entries_remain", "runs_stay"] {
            tool.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
        }
        tool.execute_batch(damage).unwrap();
        drop(tool);
        let journal = SqliteJournal::at(&path);
        let error = journal.reopen(&run).await.unwrap_err();
        assert!(matches!(error, JournalError::Damaged { .. }), "{damage}: {error}");
        let runs = journal.runs().await.unwrap();
        assert!(matches!(runs[0].status, RunStatus::Unreadable(_)), "{damage}");
        assert!(journal.latest_unfinished(None, None).await.unwrap().is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_only_the_index_has_lost_stops_a_resume() {
    let (_dir, journal) = here();
    let path = journal.path().to_owned();
    let run = cut_off(&journal).await;
    drop(journal);
    // The last entry in the index: a header of four bytes, then run r1, seq 7, row 7.
    let last = [4, 0x11, 1, 1, b'r', b'1', 7, 7];
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(last.len()).position(|cell| cell == last).unwrap();
    bytes[at + 5] = b'9';
    fs::write(&path, bytes).unwrap();
    let journal = SqliteJournal::at(&path);
    for error in [journal.load(&run).await.unwrap_err(), journal.reopen(&run).await.unwrap_err()] {
        assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_the_list_has_lost_and_an_emptied_file_are_said() {
    let (_dir, journal) = here();
    let path = journal.path().to_owned();
    cut_off(&journal).await;
    drop(journal);
    let tool = Connection::open(&path).unwrap();
    tool.execute_batch("PRAGMA foreign_keys=0; DROP TRIGGER runs_remain; DELETE FROM runs")
        .unwrap();
    drop(tool);
    let error = SqliteJournal::at(&path).runs().await.unwrap_err();
    assert!(matches!(error, JournalError::Damaged { .. }), "{error}");

    let (_dir, journal) = here();
    let path = journal.path().to_owned();
    cut_off(&journal).await;
    let log = fs::read(place::with_suffix(&path, "-wal")).unwrap();
    drop(journal);
    fs::write(&path, "").unwrap();
    fs::write(place::with_suffix(&path, "-wal"), &log).unwrap();
    let journal = SqliteJournal::at(&path);
    for error in
        [journal.runs().await.unwrap_err(), journal.begin(header("r2"), &[]).await.unwrap_err()]
    {
        assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
    }
    assert_eq!(fs::read(place::with_suffix(&path, "-wal")).unwrap(), log);
}

#[tokio::test(start_paused = true)]
async fn strange_files_are_said_and_left_alone() {
    let (dir, _) = here();
    let path = dir.path().join("journal.sqlite");
    let journal = || SqliteJournal::at(&path);

    fs::write(
        &path,
        "not a database, but long enough to have a header of a hundred bytes".repeat(9),
    )
    .unwrap();
    let before = fs::read(&path).unwrap();
    for error in
        [journal().begin(header("r1"), &[]).await.unwrap_err(), journal().runs().await.unwrap_err()]
    {
        assert!(matches!(error, JournalError::NotAJournal { .. }), "{error}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);

    fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    let error = journal().begin(header("r1"), &[]).await.unwrap_err();
    assert!(matches!(error, JournalError::NotAJournal { .. }), "{error}");

    fs::remove_file(&path).unwrap();
    let run = cut_off(&journal()).await;
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version=99").unwrap();
    for error in [
        journal().runs().await.unwrap_err(),
        journal().reopen(&run).await.unwrap_err(),
        journal().begin(header("r2"), &[]).await.unwrap_err(),
    ] {
        assert!(matches!(error, JournalError::Newer { found: 99, .. }), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_corrupted_page_or_a_torn_file_is_an_error_and_no_panic() {
    let (dir, _) = here();
    let path = dir.path().join("journal.sqlite");
    let journal = SqliteJournal::at(&path);
    let run = journal.begin(header("r1"), &(1..200).map(step).collect::<Vec<_>>()).await.unwrap();
    let run_id = run.id().clone();
    drop((run, journal));
    let whole = fs::read(&path).unwrap();
    for (what, page, length) in
        [("page", Some(5), whole.len()), ("torn", None, whole.len() / 2), ("stub", None, 40)]
    {
        fs::write(&path, &whole[..length]).unwrap();
        if let Some(page) = page {
            let mut file = OpenOptions::new().write(true).open(&path).unwrap();
            file.seek(SeekFrom::Start(page * 4096)).unwrap();
            file.write_all(&[0xA5; 4096]).unwrap();
        }
        let error = SqliteJournal::at(&path).reopen(&run_id).await.unwrap_err();
        let said = matches!(error, JournalError::Damaged { .. } | JournalError::NotAJournal { .. });
        assert!(said, "{what}: {error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_stops_the_intent_and_room_lets_it_go_on() {
    let (_dir, journal) = here();
    let run = journal.begin(header("r1"), &[step(1)]).await.unwrap();
    let pages = |count: i64| {
        journal.blocking(move |path, slot| {
            let connection = writer(path, slot)?;
            let sql = format!("PRAGMA max_page_count={count}");
            connection.query_row(&sql, [], |_| Ok(())).map_err(|error| open::said(path, error))
        })
    };
    pages(1).await.unwrap();
    let mut big = role(1);
    big.record = json!({ "Doc": "long ".repeat(20_000) });
    let error = run.intent(at(1), &id(1), 1, Some(&big)).await.unwrap_err();
    assert!(matches!(error, JournalError::Full { .. }), "{error}");
    pages(1_000_000).await.unwrap();
    let intent = run.intent(at(2), &id(1), 1, Some(&big)).await.unwrap();
    assert_eq!((intent.step(), intent.attempt()), (&id(1), 1));
    assert_eq!(journal.load(run.id()).await.unwrap().counts().uncertain, 1);
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_cannot_be_written_is_said() {
    let (dir, journal) = here();
    // Root may write anywhere, so a file where the directory should be stands in for it.
    fs::write(dir.path().join("state"), "").unwrap();
    let error = journal.begin(header("r1"), &[]).await.unwrap_err();
    assert!(matches!(error, JournalError::Unwritable { .. }), "{error}");
    assert!(error.to_string().contains("--journal PATH"), "{error}");

    let (_dir, journal) = here();
    let path = journal.path().to_owned();
    cut_off(&journal).await;
    drop(journal);
    fs::set_permissions(path.parent().unwrap(), Permissions::from_mode(0o500)).unwrap();
    assert_eq!(SqliteJournal::at(&path).runs().await.unwrap().len(), 1, "reading still works");
    fs::set_permissions(path.parent().unwrap(), Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn an_older_journal_is_migrated_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("j");
    let mut connection = Connection::open(&path).unwrap();
    let steps = ["CREATE TABLE a (x)", "CREATE TABLE b (x)"];
    open::migrate(&path, &mut connection, &steps[..1]).unwrap();
    open::migrate(&path, &mut connection, &steps).unwrap();
    open::migrate(&path, &mut connection, &steps).unwrap();
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 2);
}

#[test]
fn run_ids_sort_by_time_and_come_from_the_seed() {
    use rand::SeedableRng;
    let make = |second| RunId::new(at(second), &mut rand::rngs::StdRng::seed_from_u64(1));
    assert_eq!(make(0), make(0));
    assert!(make(0) < make(1));
    assert_eq!(RunId::parse(make(0).as_str()), Some(make(0)));
    assert_eq!(make(0).as_str().len(), "20261124-171500-k3f9".len());
    for bad in ["", "../x", "A", "a b", "\u{1b}[2J"] {
        assert_eq!(RunId::parse(bad), None);
    }
}

/// What a process may write, in the order in which a scheduler may write it.
fn writes() -> impl Strategy<Value = Vec<Line>> {
    prop::collection::vec((1_usize..6, 0_u8..5), 0..60).prop_map(|choices| {
        let mut attempts = [0_u32; 6];
        let mut entries: Vec<Entry> = (1..6).map(|number| Entry::Step(step(number))).collect();
        for (number, choice) in choices {
            let attempt = attempts[number];
            let why = || "why".to_owned();
            let outcome = match choice {
                0 => {
                    attempts[number] += 1;
                    entries.push(Entry::Intent { step: id(number), attempt: attempt + 1 });
                    continue;
                }
                1 => Outcome::Done,
                2 => Outcome::Failed { class: why(), why: why() },
                3 => Outcome::Refused { why: why() },
                _ => Outcome::Uncertain { why: why() },
            };
            entries.push(Entry::Outcome { step: id(number), attempt, outcome });
        }
        entries.into_iter().map(|entry| Line { at: at(0), entry }).collect()
    })
}

proptest! {
    #[test]
    fn any_prefix_of_the_writes_folds_into_a_sane_state(lines in writes(), cut in 0_usize..70) {
        let cut = cut.min(lines.len());
        let state = RunState::fold(header("r1"), lines[..cut].iter().cloned()).unwrap();
        let counts = state.counts();
        let sum = counts.done + counts.failed + counts.refused + counts.uncertain + counts.open;
        prop_assert_eq!(counts.steps, sum);
        for record in &state.steps {
            let last = lines[..cut].iter().rev().find_map(|line| match &line.entry {
                Entry::Intent { step, .. } if *step == record.step.step => Some(true),
                Entry::Outcome { step, outcome, .. } if *step == record.step.step => {
                    Some(matches!(outcome, Outcome::Uncertain { .. }))
                }
                _ => None,
            });
            // Uncertain exactly when the last word on it is an intent, or says so.
            let uncertain = matches!(record.state, StepState::Uncertain { .. });
            prop_assert_eq!(uncertain, last == Some(true));
            prop_assert_eq!(record.state == StepState::Open, last.is_none());
        }
    }
}
