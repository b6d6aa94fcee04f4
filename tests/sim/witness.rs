//! The program's own journal, watched: what was written when, and a death at a write.
//!
//! Every write is done before anything else happens. A write that is under way on another thread
//! would let two runs of one seed differ.

use std::future::Future;
use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use dismantle::journal::{
    Entry, Journal, JournalError, OpenRun, RunHeader, RunId, RunLog, RunState, RunSummary,
    SqliteJournal,
};
use dismantle::plan::{Step, StepId};
use dismantle::resource::ResourceId;
use dismantle::sandbox::{Call, Sandbox, When};
use jiff::Timestamp;
use tokio::sync::watch;

use crate::invariants::Ledger;
use crate::watch::Alarm;

/// One line that became durable.
#[derive(Debug, Clone)]
pub struct Written {
    /// Which life of the process wrote it, from 0.
    pub life: u32,
    /// Which run it is of, counted from 1.
    pub run: u32,
    /// How many calls the account had seen by then.
    pub after_calls: u64,
    pub at: Timestamp,
    pub entry: Entry,
}

/// What all lives of a process share.
#[derive(Debug)]
pub struct Book {
    sandbox: Sandbox,
    lines: Mutex<Vec<Written>>,
    life: AtomicU32,
    run: AtomicU32,
    writes: AtomicU64,
    fatal: Mutex<Option<(u64, When)>>,
    dead: watch::Sender<bool>,
    ledger: Mutex<Ledger>,
    pub alarm: Alarm,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn at_once<F: Future>(work: F) -> F::Output {
    futures::executor::block_on(tokio::task::coop::unconstrained(work))
}

impl Book {
    pub fn new(sandbox: Sandbox) -> Arc<Self> {
        Arc::new(Self {
            sandbox,
            lines: Mutex::default(),
            life: AtomicU32::new(0),
            run: AtomicU32::new(0),
            writes: AtomicU64::new(0),
            fatal: Mutex::default(),
            dead: watch::Sender::new(false),
            ledger: Mutex::default(),
            alarm: Alarm::default(),
        })
    }

    /// A new life, which may die at one of its writes.
    pub fn new_life(&self, number: u32, fatal: Option<(u64, When)>) {
        self.life.store(number, Ordering::Relaxed);
        self.writes.store(0, Ordering::Relaxed);
        *held(&self.fatal) = fatal;
        self.dead.send_replace(false);
    }

    pub fn dead(&self) -> watch::Receiver<bool> {
        self.dead.subscribe()
    }

    pub fn lines(&self) -> Vec<Written> {
        held(&self.lines).clone()
    }

    /// The newest run, which is the only one that is ever gone on with; 0 if there is none.
    pub fn run(&self) -> u32 {
        self.run.load(Ordering::Relaxed)
    }

    /// Whether the newest run has the removal of this thing among its steps.
    pub fn has_planned(&self, id: &ResourceId) -> bool {
        let run = self.run();
        let removes = |line: &Written| match &line.entry {
            Entry::Step(step) => {
                line.run == run && step.resource == *id && step.action.is_removal()
            }
            _ => false,
        };
        held(&self.lines).iter().any(removes)
    }

    fn next_write(&self) -> u64 {
        self.writes.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The dead write nothing and never come back.
    async fn survive(&self, write: u64, when: When) {
        if *held(&self.fatal) == Some((write, when)) {
            self.dead.send_replace(true);
        }
        if *self.dead.borrow() {
            std::future::pending::<()>().await;
        }
    }

    /// Takes down what became durable, and holds it against what was there.
    pub fn wrote(&self, at: Timestamp, entries: impl IntoIterator<Item = Entry>) {
        let life = self.life.load(Ordering::Relaxed);
        let run = self.run();
        let after_calls = self.sandbox.calls_made();
        let lines = entries.into_iter().map(|entry| Written { life, run, after_calls, at, entry });
        for line in lines {
            if let Err(why) = held(&self.ledger).take(&line) {
                self.alarm.raise(format!("a line of the journal after call {after_calls}: {why}"));
            }
            held(&self.lines).push(line);
        }
    }

    /// Whether the journal intends this call, as it stands now.
    pub fn gave_leave(&self, call: &Call) -> Result<(), String> {
        held(&self.ledger).gave_leave(call)
    }

    /// The steps that this call does.
    pub fn done_by(&self, call: &Call) -> Vec<Step> {
        held(&self.ledger).done_by(call)
    }

    pub fn life(&self) -> u32 {
        self.life.load(Ordering::Relaxed)
    }
}

/// The journal of one life.
#[derive(Debug)]
pub struct Witness {
    inner: SqliteJournal,
    book: Arc<Book>,
}

impl Witness {
    pub fn new(folder: &Path, book: Arc<Book>) -> Self {
        Self { inner: SqliteJournal::at(folder.join("journal.sqlite")), book }
    }

    fn watched(
        &self,
        inner: OpenRun,
        steps: impl IntoIterator<Item = StepId>,
        records: impl IntoIterator<Item = ResourceId>,
    ) -> OpenRun {
        let run = inner.id().clone();
        let log = Log { inner, book: Arc::clone(&self.book) };
        OpenRun::new(run, Box::new(log), steps, records)
    }
}

#[async_trait]
impl Journal for Witness {
    fn place(&self) -> String {
        self.inner.place()
    }

    async fn begin(&self, header: RunHeader, steps: &[Step]) -> Result<OpenRun, JournalError> {
        let write = self.book.next_write();
        self.book.survive(write, When::Before).await;
        let at = header.started;
        let open = at_once(self.inner.begin(header, steps))?;
        self.book.run.fetch_add(1, Ordering::Relaxed);
        self.book.wrote(at, steps.iter().cloned().map(Entry::Step));
        let open = self.watched(open, steps.iter().map(|step| step.step.clone()), []);
        self.book.survive(write, When::After).await;
        Ok(open)
    }

    async fn reopen(&self, run: &RunId) -> Result<(OpenRun, RunState), JournalError> {
        let (open, state) = at_once(self.inner.reopen(run))?;
        let steps: Vec<StepId> = state.steps.iter().map(|one| one.step.step.clone()).collect();
        let records: Vec<ResourceId> = state.records.keys().cloned().collect();
        Ok((self.watched(open, steps, records), state))
    }

    async fn load(&self, run: &RunId) -> Result<RunState, JournalError> {
        at_once(self.inner.load(run))
    }

    async fn runs(&self) -> Result<Vec<RunSummary>, JournalError> {
        at_once(self.inner.runs())
    }

    async fn is_free(&self, account: &str, manifest_name: &str) -> Result<(), JournalError> {
        at_once(self.inner.is_free(account, manifest_name))
    }
}

#[derive(Debug)]
struct Log {
    inner: OpenRun,
    book: Arc<Book>,
}

#[async_trait]
impl RunLog for Log {
    async fn append(&self, at: Timestamp, entries: Vec<Entry>) -> Result<(), JournalError> {
        let write = self.book.next_write();
        self.book.survive(write, When::Before).await;
        at_once(self.hand_on(at, &entries))?;
        self.book.wrote(at, entries);
        self.book.survive(write, When::After).await;
        Ok(())
    }
}

impl Log {
    /// The same entries through the journal's own verbs, for it takes no others.
    async fn hand_on(&self, at: Timestamp, entries: &[Entry]) -> Result<(), JournalError> {
        let mut record = None;
        let mut steps = Vec::new();
        for entry in entries {
            match entry {
                Entry::Step(step) => steps.push(step.clone()),
                Entry::Record(resource) => record = Some(&**resource),
                Entry::Intent { step, attempt } => {
                    let _durable = self.inner.intent(at, step, *attempt, record.take()).await?;
                }
                Entry::Outcome { step, attempt, outcome } => {
                    self.inner.outcome(at, step, *attempt, outcome.clone()).await?;
                }
                Entry::Mark(mark) => self.inner.mark(at, mark.clone()).await?,
            }
        }
        self.inner.add_steps(at, &steps).await
    }
}
