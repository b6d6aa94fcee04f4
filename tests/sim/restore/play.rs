//! An account in which something was taken apart, and is taken back.

use std::collections::BTreeMap;
use std::future::Future;

use dismantle::aws::{Session, registry};
use dismantle::discover::Seen;
use dismantle::error::Error;
use dismantle::execute::{Interrupt, Quiet};
use dismantle::inventory::Inventory;
use dismantle::journal::{Journal, RunState, SqliteJournal};
use dismantle::mandate::Mandate;
use dismantle::manifest::Manifest;
use dismantle::report;
use dismantle::resource::{Lifecycle, Resource, ResourceId};
use dismantle::restore::{
    self, Changed, Outcome, Restore, Way, changed, differences, note_earlier,
};
use dismantle::sandbox::Sandbox;
use dismantle::teardown::{About, Approval, Said, Teardown};

/// What no call of AWS's makes again, or not under the same id.
const NEVER_BACK: &[&str] = &[
    "ecr:image",
    "iam:oidc-provider",
    "kms:grant",
    "sagemaker:app",
    "sagemaker:domain",
    "sagemaker:hyper-parameter-tuning-job",
    "sagemaker:model-package",
    "sagemaker:processing-job",
    "sagemaker:space",
    "sagemaker:training-job",
    "sagemaker:transform-job",
    "sagemaker:user-profile",
];

pub struct Play {
    pub sandbox: Sandbox,
    manifest: String,
    folder: tempfile::TempDir,
}

/// What a person types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journaled {
    /// `restore RUN`.
    Anew,
    /// `resume`, if a restore was cut off; else `restore RUN`.
    GoesOn,
}

/// What was seen before a restore.
pub struct Looked {
    pub mandate: Mandate,
    pub of: RunState,
    pub changed: Vec<Changed>,
    pub way: Way,
}

pub fn on_a_paused_clock<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(work)
}

fn approval(mandate: &Mandate) -> Approval {
    Approval::of(&Said::Typed(mandate.manifest.name.clone()), mandate).expect("a yes")
}

impl Play {
    pub fn new(sandbox: Sandbox, manifest: &str) -> Self {
        let memory = std::path::Path::new("/dev/shm");
        let folder = match memory.is_dir() {
            true => tempfile::tempdir_in(memory),
            false => tempfile::tempdir(),
        };
        Self { sandbox, manifest: manifest.to_owned(), folder: folder.expect("a folder") }
    }

    pub fn journal(&self) -> SqliteJournal {
        SqliteJournal::at(self.folder.path().join("journal.sqlite"))
    }

    async fn enter_as(&self, config: aws_types::SdkConfig) -> Result<Mandate, Error> {
        let session = Session::new(config, self.sandbox.clock(), 1);
        let manifest = Manifest::parse(&self.manifest, "lab.yaml", registry::catalog());
        Mandate::enter(session, manifest.expect("a manifest"), Default::default()).await
    }

    pub async fn enter(&self) -> Result<Mandate, Error> {
        self.enter_as(self.sandbox.sdk_config("us-east-1")).await
    }

    /// Somebody whom no weather hits.
    async fn visitor(&self) -> Mandate {
        let config = self.sandbox.visitor_config("us-east-1");
        self.enter_as(config).await.expect("the door")
    }

    /// Everything, as its own kind reads it one by one: with all that a record holds.
    pub async fn everything(&self) -> Inventory {
        self.visitor().await.discovery.all(&Seen::default()).await
    }

    pub async fn read(&self, known: &Resource) -> Option<Resource> {
        let mandate = self.visitor().await;
        let kind = registry::find(known.kind()).expect("a kind");
        let aws = dismantle::discover::aws_for(mandate.aws(), known, kind);
        kind.find_again(&aws, known).await.expect("an answer")
    }

    pub async fn destroy(&self) -> report::Outcome {
        let (mandate, journal) = (self.enter().await.expect("the door"), self.journal());
        let survey = mandate.survey(&Seen::default()).await;
        let interrupt = Interrupt::default();
        let teardown = Teardown {
            mandate: &mandate,
            journal: &journal,
            interrupt: &interrupt,
            observer: &Quiet,
        };
        let about = About {
            command: "destroy",
            plan_digest: None,
            endpoint_url: None,
            only_planned: false,
        };
        let steps = survey.plan.steps.clone();
        let executed = teardown
            .begin(approval(&mandate), &about, survey.inventory, steps, Vec::new())
            .await
            .expect("a journal");
        let looked = mandate.survey_after(&executed.gone, &Seen::default()).await;
        teardown.finish(executed, Some(&looked)).await.expect("a journal")
    }

    pub async fn removal(&self) -> RunState {
        let journal = self.journal();
        let runs = journal.runs().await.expect("runs");
        let run = runs.iter().find(|run| run.command == "destroy").expect("a removal");
        journal.load(&run.run).await.expect("a state")
    }

    pub async fn look(&self) -> Result<Looked, Error> {
        let (mandate, journal) = (self.enter().await?, self.journal());
        let of = self.removal().await;
        let mut changed = changed(&of);
        for run in journal.runs().await?.iter().filter(|run| run.command == restore::COMMAND) {
            note_earlier(&mut changed, &journal.load(&run.run).await?);
        }
        let way = restore::way(&changed, &restore::look(mandate.aws(), &changed).await);
        Ok(Looked { mandate, of, changed, way })
    }

    /// Does what was looked at.
    pub async fn carry_out(
        &self,
        looked: Looked,
        how: Journaled,
        journal: &dyn Journal,
    ) -> Result<Outcome, Error> {
        let Looked { mandate, of, changed, way } = looked;
        let last = journal.runs().await?.pop().expect("a run");
        let was_cut_off = last.command == restore::COMMAND && last.is_unfinished();
        let interrupt = Interrupt::default();
        let restore = Restore {
            mandate: &mandate,
            journal,
            of: &of,
            changed: &changed,
            interrupt: &interrupt,
            observer: &Quiet,
        };
        let approval = approval(&mandate);
        match was_cut_off && how == Journaled::GoesOn {
            true => {
                let (open, state) = journal.reopen(&last.run).await?;
                restore.resume(approval, open, state, way).await
            }
            false if way.steps.is_empty() => Ok(restore.nothing(way)),
            false => restore.begin(approval, way, None).await,
        }
    }

    pub async fn try_to_restore(
        &self,
        how: Journaled,
        journal: &dyn Journal,
    ) -> Result<Outcome, Error> {
        let looked = self.look().await?;
        self.carry_out(looked, how, journal).await
    }

    pub async fn restore(&self, how: Journaled) -> Outcome {
        self.try_to_restore(how, &self.journal()).await.expect("an end")
    }

    /// What came of it, unless the process was killed before.
    pub async fn until_killed<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut killed = self.sandbox.killed();
        tokio::select! {
            biased;
            _ = killed.wait_for(|dead| *dead) => None,
            outcome = work => Some(outcome),
        }
    }

    /// What the run has changed and is not as it was before.
    pub async fn not_as_it_was(&self) -> BTreeMap<ResourceId, Vec<String>> {
        let removal = self.removal().await;
        let mut found = BTreeMap::new();
        for (id, was) in &removal.records {
            if NEVER_BACK.contains(&id.kind.as_str()) {
                continue;
            }
            let Some(now) = self.read(was).await else {
                found.insert(id.clone(), vec!["it is not there".to_owned()]);
                continue;
            };
            let mut differ = differences(was, &now);
            if matches!(now.lifecycle, Lifecycle::Pending { .. }) {
                differ.push("it is going".to_owned());
            }
            if was.facts.get("status") != now.facts.get("status") {
                differ.push(format!("status {:?}", now.facts.get("status")));
            }
            if !differ.is_empty() {
                found.insert(id.clone(), differ);
            }
        }
        found
    }
}
