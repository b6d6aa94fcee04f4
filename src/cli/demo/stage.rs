//! The account in memory that the demo plays in, and the run that it shows.

use std::path::PathBuf;
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde::Serialize;

use crate::aws::{Session, registry};
use crate::classify::Decision;
use crate::cli::context::Context;
use crate::discover::Seen;
use crate::error::Error;
use crate::execute::Interrupt;
use crate::journal::{Counts, Journal, SqliteJournal};
use crate::mandate::{Mandate, Survey};
use crate::manifest::Manifest;
use crate::report::Outcome;
use crate::resource::{Lifecycle, ResourceId};
use crate::sandbox::lab::{self, Lab};
use crate::sandbox::{Sandbox, Weather, When};
use crate::teardown::{About, Approval, Executed, Said, Teardown};

/// The manifest that comes with the program; the demo uses nothing else.
const MANIFEST: &str = include_str!("../../../manifests/mlops-retail-prediction.yaml");
const SOURCE: &str = "manifests/mlops-retail-prediction.yaml";

/// Seconds of ours for a second of AWS's, at a time scale of 1: half an hour in a few seconds.
const PACE: f64 = 1.0 / 400.0;

/// How often the demo's clock is held back, in AWS's time.
const BEAT: Duration = Duration::from_millis(500);

pub struct Stage {
    sandbox: Sandbox,
    lab: Lab,
    folder: Folder,
    metronome: tokio::task::JoinHandle<()>,
}

/// What became of what the lab's builder knows, whatever the program says of it.
#[derive(Debug, Serialize)]
pub struct Witness {
    /// The lab's, and still there.
    pub left: Vec<ResourceId>,
    /// Somebody else's, or told to stay, and no longer as it was.
    pub harmed: Vec<ResourceId>,
    /// The lab's that are gone or in their window.
    pub gone: usize,
    /// What was to stay and is as it was.
    pub untouched: usize,
    pub calls: u64,
    pub throttled: usize,
}

/// A death in the middle of a run.
pub struct Death {
    pub call: u64,
    pub what: String,
    pub counts: Counts,
    pub run: String,
}

pub enum Met {
    Death(Box<Death>),
    End(Box<Outcome>),
}

impl Stage {
    pub async fn build(seed: u64, time_scale: f64) -> Result<Self, Error> {
        let sandbox = Sandbox::builder().seed(seed).build();
        let lab = lab::build(&|region| sandbox.sdk_config(region)).await.map_err(|error| {
            Error::io("The lab could not be built", std::io::Error::other(error.to_string()))
        })?;
        sandbox.set_weather(Weather::aws());
        let metronome = tokio::spawn(metronome(BEAT.mul_f64(PACE * time_scale)));
        Ok(Self { sandbox, lab, folder: Folder::make()?, metronome })
    }

    /// As a program that has just been started.
    pub async fn enter(&self) -> Result<Mandate, Error> {
        let config = self.sandbox.sdk_config("us-east-1");
        let session = Session::new(config, self.sandbox.clock(), 0);
        let manifest = Manifest::parse(MANIFEST, SOURCE, registry::catalog())?;
        Mandate::enter(session, manifest, Default::default()).await
    }

    fn journal(&self) -> SqliteJournal {
        SqliteJournal::at(self.folder.0.join("journal.sqlite"))
    }

    pub async fn take_apart(
        &self,
        context: &Context,
        mandate: &Mandate,
        survey: &Survey,
    ) -> Result<Outcome, Error> {
        let journal = self.journal();
        let interrupt = Interrupt::default();
        let watch = context.screen.watch_run();
        let teardown =
            Teardown { mandate, journal: &journal, interrupt: &interrupt, observer: &watch };
        let about = About {
            command: "destroy",
            plan_digest: None,
            endpoint_url: None,
            only_planned: false,
        };
        let (inventory, steps) = (survey.inventory.clone(), survey.plan.steps.clone());
        let approval = approve(mandate)?;
        let executed = teardown.begin(approval, &about, inventory, steps, Vec::new()).await?;
        watch.clear();
        let looked = look_again(context, mandate, &executed).await;
        teardown.finish(executed, Some(&looked)).await
    }

    /// The same, until the account says that the caller is dead.
    pub async fn die_at(
        &self,
        context: &Context,
        mandate: &Mandate,
        survey: &Survey,
        call: u64,
    ) -> Result<Met, Error> {
        let before = self.sandbox.calls_made();
        self.sandbox.set_weather(Weather::aws().killing_at(call, When::After));
        let mut killed = self.sandbox.killed();
        let outcome = tokio::select! {
            biased;
            _ = killed.wait_for(|dead| *dead) => None,
            outcome = self.take_apart(context, mandate, survey) => Some(outcome?),
        };
        self.sandbox.set_weather(Weather::aws());
        if let Some(outcome) = outcome {
            return Ok(Met::End(Box::new(outcome)));
        }
        let calls = self.sandbox.calls();
        let last = usize::try_from(before + call - 1).ok().and_then(|at| calls.get(at));
        let what = last.map_or_else(String::new, |call| {
            format!("{}:{} in {}", call.service.as_str(), call.operation, call.region)
        });
        let runs = self.journal().runs().await?;
        let (run, counts) =
            runs.last().map_or_else(Default::default, |run| (run.run.to_string(), run.counts));
        Ok(Met::Death(Box::new(Death { call, what, counts, run })))
    }

    /// As a new process would: from the journal's file, with nothing in memory.
    pub async fn resume(&self, context: &Context) -> Result<Outcome, Error> {
        let mut mandate = self.enter().await?;
        let journal = self.journal();
        mandate.remember(&journal).await?;
        let Some(run) = journal.latest_unfinished(None, None).await? else {
            // It died before its first step was written down: nothing was done.
            let survey = context.survey(&mandate).await?;
            return self.take_apart(context, &mandate, &survey).await;
        };
        let (open, state) = journal.reopen(&run.run).await?;
        let survey = context.survey(&mandate).await?;
        let interrupt = Interrupt::default();
        let watch = context.screen.watch_run();
        let teardown = Teardown {
            mandate: &mandate,
            journal: &journal,
            interrupt: &interrupt,
            observer: &watch,
        };
        let approval = approve(&mandate)?;
        let executed = teardown.resume(approval, open, state, survey.inventory).await?;
        watch.clear();
        let looked = look_again(context, &mandate, &executed).await;
        teardown.finish(executed, Some(&looked)).await
    }

    /// Holds the account against the list that the lab's builder made.
    pub async fn witness(&self, mandate: &Mandate, before: &Survey) -> Witness {
        let after = mandate.discovery.all(&Seen::default()).await;
        let is_left = |id: &&ResourceId| {
            let there = after.get(id).map(|resource| &resource.lifecycle);
            !matches!(there, None | Some(Lifecycle::Pending { .. }))
        };
        let left: Vec<ResourceId> = self.lab.must_go.iter().filter(is_left).cloned().collect();
        let stays = || {
            let Lab { kept, blocked, neighbours, .. } = &self.lab;
            kept.iter().chain(blocked).chain(neighbours)
        };
        let harmed: Vec<ResourceId> = stays()
            .filter(|id| before.decided.decision(id) != Decision::Stop)
            .filter(|id| after.get(id).is_none() || after.get(id) != before.inventory.get(id))
            .cloned()
            .collect();
        let calls = self.sandbox.calls();
        Witness {
            gone: self.lab.must_go.len() - left.len(),
            untouched: stays().count() - harmed.len(),
            calls: calls.len() as u64,
            throttled: calls.iter().filter(|call| call.throttled).count(),
            left,
            harmed,
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.metronome.abort();
    }
}

fn approve(mandate: &Mandate) -> Result<Approval, Error> {
    Approval::of(&Said::Typed(mandate.manifest.name.clone()), mandate)
}

async fn look_again(context: &Context, mandate: &Mandate, executed: &Executed) -> Survey {
    let seen = Seen::default();
    let watch = context.screen.watch_discovery("Looking at the account again", &seen);
    let survey = mandate.survey_after(&executed.gone, &seen).await;
    watch.finish();
    survey
}

/// The account's clock jumps whenever everybody waits; this holds it back to a pace that people
/// can follow.
#[expect(clippy::disallowed_methods, reason = "real time is held back here, on purpose")]
async fn metronome(real: Duration) {
    if real.is_zero() {
        return;
    }
    loop {
        tokio::time::sleep(BEAT).await;
        std::thread::sleep(real);
    }
}

/// A folder of the demo's own for its journal, gone when it ends.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self, Error> {
        use std::os::unix::fs::DirBuilderExt;
        let tag: u64 = SmallRng::from_os_rng().random();
        let path = std::env::temp_dir().join(format!("dismantle-demo-{tag:016x}"));
        std::fs::DirBuilder::new().mode(0o700).create(&path).map_err(|error| {
            Error::io(format!("The demo's folder {} cannot be made", path.display()), error)
        })?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
