//! The journal: append-only truth about what was asked of AWS.
//!
//! For each step an *intent* is durable before its call leaves, with a *record* of the resource
//! as it was; after the call comes the *outcome*. Whoever reads the log back gets a [`RunState`]:
//! what is done, what may be done ([`StepState::Uncertain`]) and what is not.
//!
//! ```text
//! let run = journal.begin(header, &steps).await?;        // takes the lock of account and manifest
//! let intent = run.intent(now, &step, 1, Some(&resource)).await?;  // durable from here on
//! // … the call, which takes `&intent` as its proof …
//! run.outcome(now, &step, 1, Outcome::Done).await?;
//! run.mark(now, Mark::Finished { … }).await?;
//! ```
//!
//! Invariants: nothing is ever changed or taken out; a call without an [`Intent`] cannot be
//! written down; a log with a gap or a broken chain is refused, not guessed at; secrets do not
//! enter. This room knows no AWS, no terminal and no clock.

mod entry;
mod error;
mod lock;
mod place;
mod sqlite;
mod state;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use jiff::Timestamp;

pub use entry::{Counts, Entry, Line, Mark, Outcome, RunHeader, RunId, RunOutcome};
pub use error::{Holder, JournalError};
pub use place::default_path;
pub use sqlite::SqliteJournal;
pub use state::{Completion, RunState, RunStatus, RunSummary, StepRecord, StepState, Unreadable};

use crate::plan::{Step, StepId};
use crate::resource::{Resource, ResourceId};

/// Where runs are written down. SQLite here; a bucket for fleets fits the same verbs.
#[async_trait]
pub trait Journal: fmt::Debug + Send + Sync {
    /// Where the journal is, for people: a path or an `s3://` address.
    fn place(&self) -> String;

    /// Starts a run: takes the lock of its account and manifest name, and makes the header and
    /// the steps durable. No call to AWS that changes anything may come before.
    async fn begin(&self, header: RunHeader, steps: &[Step]) -> Result<OpenRun, JournalError>;

    /// Goes on with a run: takes its lock and reads it back, whole.
    async fn reopen(&self, run: &RunId) -> Result<(OpenRun, RunState), JournalError>;

    /// Reads one run back, without a lock.
    async fn load(&self, run: &RunId) -> Result<RunState, JournalError>;

    /// Every run, oldest first. A run that cannot be read is in the list too, and says so.
    async fn runs(&self) -> Result<Vec<RunSummary>, JournalError>;

    /// Refuses if a process is at work on this account and manifest name. Whoever wants to begin
    /// a run may ask before it asks a person anything; [`Journal::begin`] takes the lock.
    async fn is_free(&self, account: &str, manifest_name: &str) -> Result<(), JournalError>;

    /// The newest run that did not come to its end, of this account and manifest if given.
    async fn latest_unfinished(
        &self,
        account: Option<&str>,
        manifest_name: Option<&str>,
    ) -> Result<Option<RunSummary>, JournalError> {
        let wanted = |run: &RunSummary| {
            run.is_unfinished()
                && account.is_none_or(|account| run.account == account)
                && manifest_name.is_none_or(|name| run.manifest_name == name)
        };
        let runs: Vec<RunSummary> = self.runs().await?.into_iter().rev().filter(wanted).collect();
        // One that is at work needs nobody to go on with it, unless there is no other.
        let halted = runs.iter().find(|run| run.status != RunStatus::Running);
        Ok(halted.or(runs.first()).cloned())
    }
}

/// The log of one run as a journal keeps it; what a new kind of journal implements.
#[async_trait]
pub trait RunLog: fmt::Debug + Send + Sync {
    /// Appends `entries` in this order, all of them or none. `Ok` means durable: a power cut
    /// right after it loses nothing.
    async fn append(&self, at: Timestamp, entries: Vec<Entry>) -> Result<(), JournalError>;
}

/// Proof that a step's intent is durable. Only [`OpenRun::intent`] makes one, so a call that asks
/// for it cannot go out unjournaled.
#[derive(Debug)]
#[must_use = "an intent without its outcome is an uncertain step"]
pub struct Intent {
    step: StepId,
    attempt: u32,
}

impl Intent {
    pub fn step(&self) -> &StepId {
        &self.step
    }

    pub fn attempt(&self) -> u32 {
        self.attempt
    }
}

/// A run that this process may write to. The lock of its account and manifest name lives as long.
#[derive(Debug)]
pub struct OpenRun {
    run: RunId,
    log: Box<dyn RunLog>,
    written: Mutex<Written>,
}

#[derive(Debug, Default)]
struct Written {
    steps: BTreeSet<StepId>,
    records: BTreeSet<ResourceId>,
}

impl OpenRun {
    /// A handle on a run whose log already holds `steps` and `records`.
    pub fn new(
        run: RunId,
        log: Box<dyn RunLog>,
        steps: impl IntoIterator<Item = StepId>,
        records: impl IntoIterator<Item = ResourceId>,
    ) -> Self {
        let written =
            Written { steps: steps.into_iter().collect(), records: records.into_iter().collect() };
        Self { run, log, written: Mutex::new(written) }
    }

    /// The same run with something between it and its log: a second copy, or what a test lets
    /// happen to its writes.
    pub fn through(self, between: impl FnOnce(Box<dyn RunLog>) -> Box<dyn RunLog>) -> Self {
        let Self { run, log, written } = self;
        Self { run, log: between(log), written }
    }

    pub fn id(&self) -> &RunId {
        &self.run
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn known(&self, step: &StepId) -> Result<(), JournalError> {
        if self.written().steps.contains(step) {
            return Ok(());
        }
        Err(JournalError::Misuse { what: format!("step {step} is not of run {}", self.run) })
    }

    /// Writes that the step's call is about to leave, with the resource as it is now. Attempts
    /// count from 1. On `Err` the call must not be made.
    pub async fn intent(
        &self,
        at: Timestamp,
        step: &StepId,
        attempt: u32,
        record: Option<&Resource>,
    ) -> Result<Intent, JournalError> {
        self.known(step)?;
        let mut entries = Vec::with_capacity(2);
        let fresh = record.filter(|resource| !self.written().records.contains(&resource.id));
        if let Some(resource) = fresh {
            entries.push(Entry::record(resource));
        }
        entries.push(Entry::Intent { step: step.clone(), attempt });
        self.log.append(at, entries).await?;
        if let Some(resource) = fresh {
            self.written().records.insert(resource.id.clone());
        }
        Ok(Intent { step: step.clone(), attempt })
    }

    /// Writes down a resource as it is once a step has made it.
    pub async fn record(&self, at: Timestamp, resource: &Resource) -> Result<(), JournalError> {
        if self.written().records.contains(&resource.id) {
            return Ok(());
        }
        self.log.append(at, vec![Entry::record(resource)]).await?;
        self.written().records.insert(resource.id.clone());
        Ok(())
    }

    /// Writes what came of a step. A step that never left (refused, already gone) has no intent;
    /// its attempt is 0.
    pub async fn outcome(
        &self,
        at: Timestamp,
        step: &StepId,
        attempt: u32,
        outcome: Outcome,
    ) -> Result<(), JournalError> {
        self.known(step)?;
        let outcome = outcome.scrubbed();
        self.log.append(at, vec![Entry::Outcome { step: step.clone(), attempt, outcome }]).await
    }

    /// Adds steps that joined the run after it began.
    pub async fn add_steps(&self, at: Timestamp, steps: &[Step]) -> Result<(), JournalError> {
        if let Some(twice) = steps.iter().find(|step| self.known(&step.step).is_ok()) {
            let what = format!("step {} is in run {} already", twice.step, self.run);
            return Err(JournalError::Misuse { what });
        }
        if steps.is_empty() {
            return Ok(());
        }
        self.log.append(at, steps.iter().cloned().map(Entry::Step).collect()).await?;
        self.written().steps.extend(steps.iter().map(|step| step.step.clone()));
        Ok(())
    }

    /// Writes that the run finished, was interrupted or goes on.
    pub async fn mark(&self, at: Timestamp, mark: Mark) -> Result<(), JournalError> {
        self.log.append(at, vec![Entry::Mark(mark.scrubbed())]).await
    }
}
