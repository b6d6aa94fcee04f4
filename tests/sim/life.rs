//! The guide's lab in an account of its own, and a process that takes it apart.

use aws_types::SdkConfig;
use dismantle::aws::{Session, registry};
use dismantle::clock::SharedClock;
use dismantle::discover::Seen;
use dismantle::error::Error;
use dismantle::execute::{Interrupt, Quiet};
use dismantle::inventory::Inventory;
use dismantle::journal::{Journal, RunState, RunStatus, SqliteJournal, StepState};
use dismantle::mandate::{Mandate, Survey};
use dismantle::manifest::Manifest;
use dismantle::report::Outcome;
use dismantle::resource::{Action, Lifecycle, ResourceId};
use dismantle::sandbox::lab::{self, Lab};
use dismantle::sandbox::{Sandbox, Weather};
use dismantle::teardown::{About, Approval, Said, Teardown};

const MANIFEST: &str = include_str!("../../manifests/mlops-retail-prediction.yaml");

/// What goes by its own step only, and never because something else went.
const ON_THEIR_OWN: [&str; 4] = ["iam:role", "iam:policy", "s3:bucket", "logs:log-group"];

pub struct Place {
    pub sandbox: Sandbox,
    lab: Lab,
    before: Inventory,
    seed: u64,
    folder: tempfile::TempDir,
}

/// What a process is given.
pub struct Life<'a> {
    pub config: SdkConfig,
    pub clock: SharedClock,
    pub journal: &'a dyn Journal,
}

impl Place {
    /// The lab, as AWS has it on a good day.
    pub async fn build(seed: u64) -> Self {
        let sandbox = Sandbox::builder().seed(seed).build();
        let lab = lab::build(&|region| sandbox.sdk_config(region)).await.expect("the lab");
        let folder = tempfile::tempdir().expect("a folder");
        let mut place = Self { sandbox, lab, before: Inventory::default(), seed, folder };
        place.before = place.everything().await;
        place.sandbox.set_weather(Weather::aws());
        place
    }

    pub fn journal(&self) -> SqliteJournal {
        SqliteJournal::at(self.folder.path().join("journal.sqlite"))
    }

    pub fn config(&self) -> SdkConfig {
        self.sandbox.sdk_config("us-east-1")
    }

    async fn enter(&self, config: SdkConfig, clock: SharedClock) -> Result<Mandate, Error> {
        let session = Session::new(config, clock, self.seed);
        let manifest = Manifest::parse(MANIFEST, "lab.yaml", registry::catalog())?;
        Mandate::enter(session, manifest, Default::default()).await
    }

    /// Everything there is, seen in calm weather, which stays.
    pub async fn everything(&self) -> Inventory {
        self.sandbox.set_weather(Weather::calm());
        let entered = self.enter(self.config(), self.sandbox.clock()).await;
        entered.expect("the door is open").discovery.all(&Seen::default()).await
    }

    /// A process from its start to its end: it begins, or goes on with what was begun.
    pub async fn live(&self, life: Life<'_>) -> Result<Outcome, Error> {
        let Life { config, clock, journal } = life;
        let interrupt = Interrupt::default();
        let mut mandate = self.enter(config, clock).await?;
        mandate.remember(journal).await?;
        let opened = match journal.runs().await?.pop() {
            Some(run) => Some(journal.reopen(&run.run).await?),
            None => None,
        };
        let survey = mandate.survey(&Seen::default()).await;
        let teardown =
            Teardown { mandate: &mandate, journal, interrupt: &interrupt, observer: &Quiet };
        let approval = Approval::of(&Said::Typed(mandate.manifest.name.clone()), &mandate)?;
        let Survey { inventory, plan, .. } = survey;
        let mut executed = match opened {
            Some((open, state)) => teardown.resume(approval, open, state, inventory).await?,
            None => {
                let about = About {
                    command: "destroy",
                    plan_digest: None,
                    endpoint_url: None,
                    only_planned: false,
                };
                teardown.begin(approval, &about, inventory, plan.steps, Vec::new()).await?
            }
        };
        let looked = teardown.look_again(&mut executed, &Seen::default()).await;
        teardown.finish(executed, looked.as_ref()).await
    }

    /// The same, as a new process on a good day, with good credentials.
    pub async fn resume(&self) -> Result<Outcome, Error> {
        self.sandbox.set_weather(Weather::aws());
        let journal = self.journal();
        let (config, clock) = (self.config(), self.sandbox.clock());
        self.live(Life { config, clock, journal: &journal }).await
    }

    /// The one run, read back; `None` if none was begun.
    pub async fn run(&self) -> Option<RunState> {
        let journal = self.journal();
        let runs = journal.runs().await.expect("the journal can be listed");
        assert!(runs.len() <= 1, "one run, and not {runs:?}");
        let run = &runs.first()?.run;
        Some(journal.load(run).await.expect("the run can be read"))
    }

    /// What is gone has its intent in the journal.
    pub async fn check_that_nothing_went_unwritten(&self) -> Result<(), String> {
        let now = self.everything().await;
        let Some(run) = self.run().await else {
            let gone = self.lab.must_go.iter().find(|id| now.get(id).is_none());
            return gone.map_or(Ok(()), |id| Err(format!("{id} is gone, and no run was begun")));
        };
        for record in run.steps.iter().filter(|record| record.state == StepState::Open) {
            let step = &record.step;
            let own = ON_THEIR_OWN.iter().any(|kind| step.resource.kind.to_string() == *kind);
            if own && step.action == Action::Delete && now.get(&step.resource).is_none() {
                return Err(format!("{} is gone, and its step was never begun", step.resource));
            }
        }
        Ok(())
    }

    /// The end is that of an undisturbed run: the lab is gone, nobody is harmed, every step is
    /// accounted for.
    pub async fn check_the_end(&self) -> Result<(), String> {
        let now = self.everything().await;
        let lives = |id: &&ResourceId| {
            let lifecycle = now.get(id).map(|resource| &resource.lifecycle);
            !matches!(lifecycle, None | Some(Lifecycle::Pending { .. }))
        };
        if let Some(id) = self.lab.must_go.iter().find(lives) {
            return Err(format!("{id} is left"));
        }
        let Lab { kept, blocked, neighbours, .. } = &self.lab;
        for id in kept.iter().chain(blocked).chain(neighbours) {
            let then = self.before.get(id).ok_or_else(|| format!("{id} was never seen"))?;
            let stops = matches!(then.lifecycle, Lifecycle::Ended { .. })
                || then.removal.prep.iter().any(|prep| prep.action == Action::Stop);
            match now.get(id) {
                None => return Err(format!("{id} was to stay, and is gone")),
                Some(is) if is != then && !stops => {
                    return Err(format!("{id} was to stay as it is, and is changed"));
                }
                Some(_) => {}
            }
        }
        let run = self.run().await.ok_or("there is no run")?;
        let not_done = |state: &StepState| !matches!(state, StepState::Done(_));
        match (run.status(), run.steps.iter().find(|record| not_done(&record.state))) {
            (RunStatus::Finished(_), None) => Ok(()),
            (status, open) => Err(format!("the run is {status:?}, with {open:?}")),
        }
    }
}
