//! The journal in a SQLite file.
//!
//! Write-ahead log and `synchronous=FULL`: a commit that has returned survives a power cut.
//! Every row of a run is chained to the one before it by a SHA-256, so that a row that was lost or
//! changed is noticed before anything is removed on its strength. Triggers refuse every update
//! and delete. SQLite blocks, so it runs in `spawn_blocking`.

mod open;
mod rows;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Mutex;

use self::open::{Slot, quick_check, reading, write, writer};
use self::rows::{append, insert_run, load, summaries};
use super::entry::{Entry, RunHeader, RunId};
use super::error::{Holder, JournalError};
use super::lock::{self, RunLock};
use super::place;
use super::state::{RunState, RunStatus, RunSummary};
use super::{Journal, OpenRun, RunLog};
use crate::plan::Step;

/// A journal in a file. Nothing is made or opened before it is needed: reading where there is no
/// journal finds no runs and leaves no file.
#[derive(Debug, Clone)]
pub struct SqliteJournal {
    path: PathBuf,
    /// One writer at a time, first come first served, so that a run's log is the same every time.
    connection: Arc<Mutex<Slot>>,
}

impl SqliteJournal {
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), connection: Arc::default() }
    }

    /// The journal in the user's state directory.
    pub fn in_state_directory() -> Result<Self, JournalError> {
        place::default_path().map(Self::at)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `work` where blocking is allowed. Work that has begun ends, whoever stops waiting.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path, &mut Slot) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let mut slot = Arc::clone(&self.connection).lock_owned().await;
        let path = self.path.clone();
        tokio::task::spawn_blocking(move || work(&path, &mut slot)).await.unwrap_or_else(|error| {
            Err(JournalError::Misuse { what: format!("the journal's work was lost ({error})") })
        })
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    async fn begin(&self, header: RunHeader, steps: &[Step]) -> Result<OpenRun, JournalError> {
        let header = header.scrubbed();
        let run = header.run.clone();
        let ids: Vec<_> = steps.iter().map(|step| step.step.clone()).collect();
        let entries: Vec<Entry> = steps.iter().cloned().map(Entry::Step).collect();
        let lock = self
            .blocking(move |path, slot| {
                let path = place::prepare(path)?;
                let lock = lock_for(&path, &header)?;
                let connection = writer(&path, slot)?;
                // What stands on a broken page cannot be trusted either.
                quick_check(&path, connection)?;
                write(&path, connection, |write| {
                    insert_run(write, &header)?;
                    append(write, &header.run, header.started, &entries)
                })
                .map_err(|error| match error {
                    // The only constraint that a fresh header can meet.
                    JournalError::Misuse { .. } => JournalError::RunExists { run: header.run },
                    other => other,
                })?;
                Ok(lock)
            })
            .await?;
        let log = SqliteLog { journal: self.clone(), run: run.clone(), _lock: lock };
        Ok(OpenRun::new(run, Box::new(log), ids, []))
    }

    async fn reopen(&self, run: &RunId) -> Result<(OpenRun, RunState), JournalError> {
        let header = self.load(run).await?.header;
        let (lock, state) = self
            .blocking(move |path, slot| {
                let path = place::prepare(path)?;
                let lock = lock_for(&path, &header)?;
                let connection = writer(&path, slot)?;
                quick_check(&path, connection)?;
                // Read again: until the lock was ours, another process may have written.
                let state = load(&path, connection, &header.run, true)?;
                Ok((lock, state))
            })
            .await?;
        let steps: Vec<_> = state.steps.iter().map(|record| record.step.step.clone()).collect();
        let records: Vec<_> = state.records.keys().cloned().collect();
        let run = state.header.run.clone();
        let log = SqliteLog { journal: self.clone(), run: run.clone(), _lock: lock };
        Ok((OpenRun::new(run, Box::new(log), steps, records), state))
    }

    async fn load(&self, run: &RunId) -> Result<RunState, JournalError> {
        let run = run.clone();
        self.blocking(move |path, slot| {
            let missing = || JournalError::NoSuchRun {
                run: run.to_string(),
                place: path.display().to_string(),
            };
            let mut state =
                reading(path, slot, |path, connection| load(path, connection, &run, true))?
                    .ok_or_else(missing)?;
            state.at_work =
                is_at_work(path, &state.header.account, &state.header.manifest_name, &run);
            Ok(state)
        })
        .await
    }

    async fn runs(&self) -> Result<Vec<RunSummary>, JournalError> {
        self.blocking(|path, slot| {
            let mut runs = reading(path, slot, summaries)?.unwrap_or_default();
            for run in runs.iter_mut().filter(|run| run.status == RunStatus::CutOff) {
                if is_at_work(path, &run.account, &run.manifest_name, &run.run) {
                    run.status = RunStatus::Running;
                }
            }
            Ok(runs)
        })
        .await
    }

    async fn is_free(&self, account: &str, manifest_name: &str) -> Result<(), JournalError> {
        let (account, manifest_name) = (account.to_owned(), manifest_name.to_owned());
        self.blocking(move |path, _| match lock::holder(path, &account, &manifest_name)? {
            Some(holder) => Err(JournalError::Locked { account, manifest_name, holder }),
            None => Ok(()),
        })
        .await
    }
}

/// One run's log in the file, with the lock that makes it ours.
#[derive(Debug)]
struct SqliteLog {
    journal: SqliteJournal,
    run: RunId,
    _lock: RunLock,
}

#[async_trait]
impl RunLog for SqliteLog {
    async fn append(&self, at: Timestamp, entries: Vec<Entry>) -> Result<(), JournalError> {
        let run = self.run.clone();
        self.journal
            .blocking(move |path, slot| {
                let connection = writer(path, slot)?;
                write(path, connection, |write| append(write, &run, at, &entries))
            })
            .await
    }
}

/// Whether a process holds the lock for this run. Who cannot tell leaves it at no: the lock itself
/// says it when it matters.
fn is_at_work(path: &Path, account: &str, manifest_name: &str, run: &RunId) -> bool {
    let holder = lock::holder(path, account, manifest_name).ok().flatten();
    holder.is_some_and(|holder| holder.run.as_ref() == Some(run))
}

fn lock_for(path: &Path, header: &RunHeader) -> Result<RunLock, JournalError> {
    let holder = Holder {
        pid: Some(std::process::id()),
        started: Some(header.started),
        run: Some(header.run.clone()),
    };
    lock::take(path, &header.account, &header.manifest_name, &holder)
}

#[cfg(test)]
mod tests;
