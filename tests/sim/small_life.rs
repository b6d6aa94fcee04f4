//! One life of the program: in at the door, a survey, a run from where it was left, a report.

use std::path::{Path, PathBuf};

use aws_types::SdkConfig;
use dismantle::aws::{Session, registry};
use dismantle::discover::Seen;
use dismantle::error::Error;
use dismantle::execute::{Interrupt, Quiet};
use dismantle::journal::{Journal, RunSummary};
use dismantle::mandate::{Mandate, Survey};
use dismantle::manifest::Manifest;
use dismantle::report::{Ending, Outcome};
use dismantle::sandbox::Sandbox;
use dismantle::teardown::{About, Approval, Said, Teardown};

/// How a life ended.
pub enum Life {
    Killed,
    Stopped,
    /// The run came to an end of its own.
    Ended(Box<Outcome>),
    /// The door or the weather turned it away.
    Refused(String),
    /// The manifest's limits allow less.
    TooMuch,
}

/// The program with its journal on a disk.
pub struct Program {
    sandbox: Sandbox,
    seed: u64,
    manifest: String,
    folder: tempfile::TempDir,
}

/// A disk in memory if there is one: each write to the journal waits for the disk.
fn disk() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}

impl Program {
    pub fn new(sandbox: &Sandbox, seed: u64, manifest: String) -> Result<Self, String> {
        let folder = tempfile::tempdir_in(disk()).or_else(|_| tempfile::tempdir());
        let folder = folder.map_err(|error| error.to_string())?;
        Ok(Self { sandbox: sandbox.clone(), seed, manifest, folder })
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    async fn enter(&self, config: SdkConfig) -> Result<Mandate, String> {
        let session = Session::new(config, self.sandbox.clock(), self.seed);
        let manifest = Manifest::parse(&self.manifest, "lab.yaml", registry::catalog());
        let manifest = manifest.map_err(|error| error.to_string())?;
        let entered = Mandate::enter(session, manifest, Default::default()).await;
        entered.map_err(|error| error.to_string())
    }

    /// What there is, and what should become of it, seen by somebody whom no weather hits.
    pub async fn calm_look(&self, journal: &dyn Journal) -> Result<Survey, String> {
        let mut mandate = self.enter(self.sandbox.visitor_config("us-east-1")).await?;
        mandate.remember(journal).await.map_err(|error| error.to_string())?;
        Ok(mandate.survey(&Seen::default()).await)
    }

    pub async fn live(&self, journal: &dyn Journal, interrupt: &Interrupt) -> Result<Life, String> {
        let broken = |error: &dyn std::fmt::Display| format!("the journal: {error}");
        let mut mandate = match self.enter(self.sandbox.sdk_config("us-east-1")).await {
            Ok(mandate) => mandate,
            Err(why) => return Ok(Life::Refused(why)),
        };
        mandate.remember(journal).await.map_err(|error| broken(&error))?;
        let last = journal.runs().await.map_err(|error| broken(&error))?.pop();
        // What came to its end is not gone on with: a person says `destroy` once more.
        let opened = match last.filter(RunSummary::is_unfinished) {
            Some(run) => Some(journal.reopen(&run.run).await.map_err(|error| broken(&error))?),
            None => None,
        };
        let survey = mandate.survey(&Seen::default()).await;
        let teardown = Teardown { mandate: &mandate, journal, interrupt, observer: &Quiet };
        let name = mandate.manifest.name.clone();
        let approval =
            Approval::of(&Said::Typed(name), &mandate).map_err(|error| error.to_string())?;
        let executed = match opened {
            Some((open, state)) => teardown.resume(approval, open, state, survey.inventory).await,
            None => {
                match mandate.within_limits(&survey) {
                    Ok(()) => {}
                    Err(Error::Guard(_)) => return Ok(Life::TooMuch),
                    Err(error) => return Err(error.to_string()),
                }
                if survey.plan.steps.is_empty() {
                    let outcome = teardown.nothing(&survey, Vec::new());
                    return Ok(Life::Ended(Box::new(outcome)));
                }
                let about = About {
                    command: "destroy",
                    plan_digest: None,
                    endpoint_url: None,
                    only_planned: false,
                };
                let Survey { inventory, plan, .. } = survey;
                teardown.begin(approval, &about, inventory, plan.steps, Vec::new()).await
            }
        };
        let executed = executed.map_err(|error| broken(&error))?;
        let looked = match executed.is_interrupted() {
            true => None,
            false => Some(mandate.survey_after(&executed.gone, &Seen::default()).await),
        };
        let outcome = teardown.finish(executed, looked.as_ref()).await;
        let outcome = outcome.map_err(|error| broken(&error))?;
        Ok(match outcome.outcome {
            Ending::Interrupted => Life::Stopped,
            _ => Life::Ended(Box::new(outcome)),
        })
    }
}
