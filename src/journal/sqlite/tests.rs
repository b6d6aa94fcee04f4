//! What a user would notice of the journal in a file.

mod faults;
mod files;

use std::fs;
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
async fn a_run_at_work_is_told_from_one_that_was_cut_off() {
    let (_dir, journal) = here();
    let reader = SqliteJournal::at(journal.path());
    let run = journal.begin(header("r1"), &[step(1)]).await.unwrap();
    let id = run.id().clone();
    assert_eq!(reader.load(&id).await.unwrap().status(), RunStatus::Running);
    assert_eq!(reader.runs().await.unwrap()[0].status, RunStatus::Running);
    drop(run);
    assert_eq!(reader.load(&id).await.unwrap().status(), RunStatus::CutOff);
    assert_eq!(reader.runs().await.unwrap()[0].status, RunStatus::CutOff);
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
            ".lock" => lock::path_of(journal.path(), "842676018087", "mlops-lab"),
            end => place::with_suffix(journal.path(), end),
        };
        symlink(&victim, &link).unwrap();
        let error = journal.begin(header("r1"), &[]).await.unwrap_err();
        assert!(matches!(error, JournalError::Planted { .. }), "{end}: {error}");
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
    }
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
