//! Files that were changed, cut, filled up, or are somebody else's.

use std::fs::{OpenOptions, Permissions};
use std::io::{Seek, SeekFrom, Write};

use super::*;

/// As many pages as there are now, or so many: a disk that is full.
async fn pages(journal: &SqliteJournal, count: i64) {
    let limited = journal.blocking(move |path, slot| {
        let connection = writer(path, slot)?;
        let sql = format!("PRAGMA max_page_count={count}");
        connection.query_row(&sql, [], |_| Ok(())).map_err(|error| open::said(path, error))
    });
    limited.await.unwrap();
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
async fn a_byte_that_changes_in_the_write_ahead_log_loses_no_commit() {
    let (_dir, journal) = here();
    let run = cut_off(&journal).await;
    let whole = journal.load(&run).await.unwrap();
    // As a machine that stops leaves them: both files, and nobody who closed them.
    let file = fs::read(journal.path()).unwrap();
    let log = fs::read(place::with_suffix(journal.path(), "-wal")).unwrap();
    assert!(log.len() > 4096);
    // A head of 32 bytes, then frames of 24 and a page: of each a byte of its head and of its page.
    for at in (32..log.len()).step_by(2060) {
        let (dir, _) = here();
        let path = dir.path().join("journal.sqlite");
        let mut bent = log.clone();
        bent[at] ^= 0x40;
        fs::write(&path, &file).unwrap();
        fs::write(place::with_suffix(&path, "-wal"), &bent).unwrap();
        match SqliteJournal::at(&path).load(&run).await {
            Ok(state) => assert_eq!(format!("{state:?}"), format!("{whole:?}"), "byte {at}"),
            Err(error) => assert!(matches!(error, JournalError::Damaged { .. }), "{at}: {error}"),
        }
    }
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
    pages(&journal, 1).await;
    let mut big = role(1);
    big.record = json!({ "Doc": "long ".repeat(20_000) });
    let error = run.intent(at(1), &id(1), 1, Some(&big)).await.unwrap_err();
    assert!(matches!(error, JournalError::Full { .. }), "{error}");
    pages(&journal, 1_000_000).await;
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

#[tokio::test(start_paused = true)]
async fn a_full_disk_stops_a_run_before_it_begins() {
    let (_dir, journal) = here();
    drop(journal.begin(header("r1"), &[step(1)]).await.unwrap());
    pages(&journal, 1).await;
    let wide = RunHeader { manifest: "# long\n".repeat(20_000), ..header("r2") };
    let error = journal.begin(wide.clone(), &[step(1)]).await.unwrap_err();
    assert!(matches!(error, JournalError::Full { .. }), "{error}");
    let runs = journal.runs().await.unwrap();
    assert_eq!(runs.iter().map(|run| run.run.as_str()).collect::<Vec<_>>(), ["r1"]);
    pages(&journal, 1_000_000).await;
    assert!(journal.begin(wide, &[step(1)]).await.is_ok(), "its lock is free again");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_spoils_nothing() {
    let (_dir, journal) = here();
    let begun = RunHeader { started: at(9_000), ..header("r1") };
    let run = journal.begin(begun, &[step(1), step(2)]).await.unwrap();
    let _ = run.intent(at(9_001), &id(1), 1, None).await.unwrap();
    run.outcome(at(1_800), &id(1), 1, Outcome::Done).await.unwrap();
    let state = journal.load(run.id()).await.unwrap();
    assert_eq!(state.step(&id(1)).unwrap().state, StepState::Done(Completion::Done));
    assert_eq!((state.header.started, state.last), (at(9_000), at(1_800)));
    drop(run);
    // The one that began later is the newer one, whatever its clock said.
    drop(journal.begin(RunHeader { started: at(0), ..header("r0") }, &[]).await.unwrap());
    let runs = journal.runs().await.unwrap();
    assert_eq!(runs.iter().map(|run| run.run.as_str()).collect::<Vec<_>>(), ["r1", "r0"]);
    let newest = journal.latest_unfinished(None, None).await.unwrap().unwrap();
    assert_eq!(newest.run.as_str(), "r0");
}

#[tokio::test]
async fn a_commit_of_another_process_is_waited_for() {
    let (_dir, journal) = here();
    let run = journal.begin(header("r1"), &[step(1)]).await.unwrap();
    let other = Connection::open(journal.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let step = id(1);
    let commit = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        other.execute_batch("ROLLBACK").unwrap();
    };
    let (intent, ()) = tokio::join!(run.intent(at(1), &step, 1, None), commit);
    assert_eq!(intent.unwrap().attempt(), 1);
}

#[tokio::test(start_paused = true)]
async fn on_another_machines_disk_the_old_kind_of_log_serves() {
    let (_dir, journal) = here();
    let path = journal.path().to_owned();
    let run = cut_off(&journal).await;
    drop(journal);
    let before = SqliteJournal::at(&path).load(&run).await.unwrap();
    for (on_network, mode) in [(true, "delete"), (false, "wal")] {
        let there = place::resolve(&path).unwrap().unwrap();
        let connection = open::open(&there, rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
        open::settle_for(&there, &connection, on_network).unwrap();
        let got: String =
            connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        assert_eq!(got, mode);
        assert_eq!(SqliteJournal::at(&path).load(&run).await.unwrap(), before, "{mode}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_directory_behind_somebody_elses_link_is_refused() {
    let (dir, _) = here();
    let real = dir.path().join("real");
    fs::create_dir(&real).unwrap();
    let own = dir.path().join("own");
    symlink(&real, &own).unwrap();
    let begun = SqliteJournal::at(own.join("journal.sqlite")).begin(header("r1"), &[]).await;
    assert!(begun.is_ok(), "people put their state on another disk: {begun:?}");

    // Root can give a link away. Anybody else can lay one into root's /tmp.
    let name = dir.path().file_name().unwrap().to_string_lossy();
    let in_tmp = std::env::temp_dir().join(format!("{name}-link"));
    symlink(&real, &in_tmp).unwrap();
    let given = std::os::unix::fs::lchown(&in_tmp, Some(65_534), None);
    let uid = |meta: fs::Metadata| std::os::unix::fs::MetadataExt::uid(&meta);
    let mine = uid(fs::symlink_metadata(&in_tmp).unwrap());
    let tmp = uid(fs::metadata(std::env::temp_dir()).unwrap());
    if mine == tmp || mine == 0 {
        fs::remove_file(&in_tmp).unwrap();
        println!("NOT TRIED with a real link, which cannot be given away here: {given:?}");
        return;
    }
    let journal = SqliteJournal::at(in_tmp.join("deeper/journal.sqlite"));
    let errors = [
        journal.begin(header("r2"), &[]).await.unwrap_err(),
        journal.runs().await.unwrap_err(),
        journal.is_free("842676018087", "mlops-lab").await.unwrap_err(),
    ];
    fs::remove_file(&in_tmp).unwrap();
    for error in errors {
        assert!(matches!(error, JournalError::Planted { .. }), "{error}");
    }
    assert!(!real.join("deeper").exists(), "nothing was made behind it");
}

#[test]
fn no_room_for_the_shared_memory_is_a_full_disk() {
    let path = std::path::Path::new("/state/journal.sqlite");
    let failed = |code| {
        let error = rusqlite::ffi::Error::new(code);
        open::said(path, rusqlite::Error::SqliteFailure(error, None))
    };
    let full = failed(rusqlite::ffi::SQLITE_IOERR_SHMSIZE);
    assert!(matches!(full, JournalError::Full { .. }), "{full}");
    let failing = failed(rusqlite::ffi::SQLITE_IOERR_WRITE);
    assert!(matches!(failing, JournalError::Unwritable { .. }), "{failing}");
    assert!(failing.to_string().contains("full, failing or gone"), "{failing}");
}

#[tokio::test]
async fn a_run_that_is_being_written_is_read_as_of_one_moment() {
    let (_dir, journal) = here();
    let path = journal.path().to_owned();
    let run = journal.begin(header("r1"), &[step(1)]).await.unwrap();
    let writing = async {
        for attempt in 1..150 {
            let _ = run.intent(at(i64::from(attempt)), &id(1), attempt, None).await.unwrap();
        }
    };
    let reading = async {
        let reader = SqliteJournal::at(&path);
        for _ in 0..150 {
            let state = reader.load(run.id()).await.unwrap();
            assert!(state.steps[0].attempts < 150);
            let runs = reader.runs().await.unwrap();
            assert!(!matches!(runs[0].status, RunStatus::Unreadable(_)), "{:?}", runs[0].status);
        }
    };
    tokio::join!(writing, reading);
}
