//! Deaths and full disks, at writes of the journal.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use dismantle::error::Error;
use dismantle::journal::{
    Entry, Journal, JournalError, OpenRun, RunHeader, RunId, RunLog, RunState, RunSummary,
    SqliteJournal,
};
use dismantle::plan::Step;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::life::{Life, Place};

const SEED: u64 = 11;

/// What befalls a write, and all that come after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The process is killed before it is durable.
    DiesBefore,
    /// And right after.
    DiesAfter,
    /// The disk is full.
    Fails,
}

#[derive(Debug)]
pub struct Disk {
    /// At which write, counted from one.
    at: Option<(u64, Fate)>,
    writes: AtomicU64,
    pub dead: watch::Sender<bool>,
}

impl Disk {
    pub fn new(at: Option<(u64, Fate)>) -> Arc<Self> {
        Arc::new(Self { at, writes: AtomicU64::new(0), dead: watch::Sender::new(false) })
    }

    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    async fn write<T: Send>(
        &self,
        work: impl Future<Output = Result<T, JournalError>> + Send,
    ) -> Result<T, JournalError> {
        let number = self.writes.fetch_add(1, Ordering::Relaxed) + 1;
        let Some((at, fate)) = self.at.filter(|(at, _)| number >= *at) else {
            return work.await;
        };
        match fate {
            Fate::Fails => return Err(JournalError::Full { path: "journal.sqlite".into() }),
            Fate::DiesAfter if number == at => drop(work.await),
            Fate::DiesAfter | Fate::DiesBefore => {}
        }
        self.dead.send_replace(true);
        std::future::pending().await
    }
}

/// A journal on such a disk.
#[derive(Debug)]
pub struct OnDisk {
    pub journal: SqliteJournal,
    pub disk: Arc<Disk>,
}

impl OnDisk {
    fn run(&self, open: OpenRun) -> OpenRun {
        let disk = self.disk.clone();
        open.through(|log| Box::new(LogOnDisk { log, disk }))
    }
}

#[derive(Debug)]
struct LogOnDisk {
    log: Box<dyn RunLog>,
    disk: Arc<Disk>,
}

#[async_trait]
impl RunLog for LogOnDisk {
    async fn append(&self, at: Timestamp, entries: Vec<Entry>) -> Result<(), JournalError> {
        self.disk.write(self.log.append(at, entries)).await
    }
}

#[async_trait]
impl Journal for OnDisk {
    fn place(&self) -> String {
        self.journal.place()
    }

    async fn begin(&self, header: RunHeader, steps: &[Step]) -> Result<OpenRun, JournalError> {
        let open = self.disk.write(self.journal.begin(header, steps)).await?;
        Ok(self.run(open))
    }

    async fn reopen(&self, run: &RunId) -> Result<(OpenRun, RunState), JournalError> {
        let (open, state) = self.journal.reopen(run).await?;
        Ok((self.run(open), state))
    }

    async fn load(&self, run: &RunId) -> Result<RunState, JournalError> {
        self.journal.load(run).await
    }

    async fn runs(&self) -> Result<Vec<RunSummary>, JournalError> {
        self.journal.runs().await
    }

    async fn is_free(&self, account: &str, manifest_name: &str) -> Result<(), JournalError> {
        self.journal.is_free(account, manifest_name).await
    }
}

/// How many writes an undisturbed run makes.
async fn undisturbed() -> Result<u64, String> {
    let place = Place::build(SEED).await;
    let disk = Disk::new(None);
    let journal = OnDisk { journal: place.journal(), disk: disk.clone() };
    let (config, clock) = (place.config(), place.sandbox.clock());
    let outcome = place.live(Life { config, clock, journal: &journal }).await;
    outcome.map_err(|error| error.to_string())?;
    place.check_the_end().await?;
    Ok(disk.writes())
}

/// A run that this befalls, and its resumption.
async fn befallen(at: u64, fate: Fate) -> Result<(), String> {
    let place = Place::build(SEED).await;
    let disk = Disk::new(Some((at, fate)));
    let mut dead = disk.dead.subscribe();
    let journal = OnDisk { journal: place.journal(), disk };
    let (config, clock) = (place.config(), place.sandbox.clock());
    let ended = tokio::select! {
        biased;
        _ = dead.wait_for(|dead| *dead) => None,
        ended = place.live(Life { config, clock, journal: &journal }) => Some(ended),
    };
    match (fate, ended) {
        (Fate::Fails, Some(Err(Error::Journal(JournalError::Full { .. })))) => {}
        (Fate::DiesBefore | Fate::DiesAfter, None) => {}
        (_, ended) => return Err(format!("it ended so: {ended:?}")),
    }
    drop(journal);
    place.check_that_nothing_went_unwritten().await?;
    place.resume().await.map_err(|error| error.to_string())?;
    place.check_the_end().await
}

async fn all_befallen(strikes: impl IntoIterator<Item = (u64, Fate)>) {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for (at, fate) in strikes {
        tried += 1;
        if let Err(why) = befallen(at, fate).await {
            println!("write {at}, {fate:?}: {why}");
            wrong.push((at, fate));
        }
    }
    println!(
        "{tried} runs were struck at a write of their journal, {} ended otherwise",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_struck_at_a_write_of_its_journal_is_finished_by_resume() {
    let writes = undisturbed().await.unwrap();
    all_befallen([
        (1, Fate::DiesAfter),
        (writes / 3, Fate::DiesBefore),
        (writes * 2 / 3, Fate::Fails),
        (writes, Fate::DiesBefore),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
#[ignore = "takes about an hour: scripts/kill-everywhere --writes"]
async fn at_every_write() {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
    };
    let writes = undisturbed().await.unwrap();
    let last = number("DISMANTLE_WRITES_LAST", writes).min(writes);
    let step = usize::try_from(number("DISMANTLE_WRITES_STEP", 1)).expect("a small number");
    let chosen = (number("DISMANTLE_WRITES_FIRST", 1)..=last).step_by(step.max(1));
    let fates = [Fate::DiesBefore, Fate::DiesAfter, Fate::Fails];
    all_befallen(chosen.flat_map(|at| fates.map(|fate| (at, fate)))).await;
}
