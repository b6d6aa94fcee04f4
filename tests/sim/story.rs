//! One story: lives of a process, until the account is as it should be.

use std::collections::BTreeMap;
use std::time::Duration;

use dismantle::aws::{Session, registry};
use dismantle::classify::Decision;
use dismantle::discover::Seen;
use dismantle::execute::{Interrupt, Quiet};
use dismantle::inventory::Inventory;
use dismantle::journal::{Journal, RunOutcome, RunStatus, SqliteJournal, StepState};
use dismantle::mandate::{Mandate, Survey};
use dismantle::manifest::Manifest;
use dismantle::report::Ending as RunEnding;
use dismantle::resource::{Lifecycle, ResourceId};
use dismantle::sandbox::lab::{self, Lab};
use dismantle::sandbox::{Sandbox, Shares, Weather, When};
use dismantle::teardown::{About, Approval, Said, Teardown};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::drift::{self, Drift, Must};

const MANIFEST: &str = include_str!("../../manifests/mlops-retail-prediction.yaml");

/// Lives under bad weather; the ones after them meet good weather.
const BAD_LIVES_MAX: u32 = 3;

/// A run that good weather does not end in so many lives never ends.
const GOOD_LIVES_MAX: u32 = 4;

/// The calls of an undisturbed run, about; deaths are spread over them.
const CALLS: u64 = 2_400;

/// How a story came out, where it came out well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    pub calls: u64,
    pub virtual_s: i64,
    /// What befell it, by kind.
    pub events: BTreeMap<String, u64>,
}

/// Tells the story of a seed; `Err` says what is wrong with its end.
pub fn tell(seed: u64) -> Result<Ending, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(Story::begin(seed).run())
}

/// How a life ended.
enum Life {
    Killed,
    Stopped,
    /// The run came to an end of its own.
    Ended,
    /// The door, the journal or the weather turned it away.
    Refused(String),
}

struct Story {
    chance: SmallRng,
    seed: u64,
    sandbox: Sandbox,
    folder: tempfile::TempDir,
    events: BTreeMap<String, u64>,
    /// What drifts have made sure of.
    musts: Vec<Must>,
}

impl Story {
    fn begin(seed: u64) -> Self {
        Self {
            chance: SmallRng::seed_from_u64(seed ^ 0x51E1),
            seed,
            sandbox: Sandbox::builder().seed(seed).build(),
            folder: tempfile::tempdir().expect("a folder"),
            events: BTreeMap::new(),
            musts: Vec::new(),
        }
    }

    async fn run(mut self) -> Result<Ending, String> {
        let lab = lab::build(&|region| self.sandbox.sdk_config(region))
            .await
            .map_err(|error| format!("the lab could not be built: {error}"))?;
        let before = self.everything().await?;
        let mut all =
            lab.must_go.iter().chain(&lab.kept).chain(&lab.blocked).chain(&lab.neighbours);
        if let Some(id) = all.find(|id| before.get(id).is_none()) {
            return Err(format!("{id} was built, and is not seen"));
        }
        let bad = self.chance.random_range(1..=BAD_LIVES_MAX);
        let mut good = 0;
        for life in 0.. {
            let is_bad = life < bad;
            let weather = if is_bad { self.bad_weather() } else { Weather::aws() };
            self.sandbox.set_weather(weather);
            let stop = (is_bad && self.chance.random_bool(0.3))
                .then(|| Duration::from_secs(self.chance.random_range(1..900)));
            let ended = self.live(stop).await?;
            self.sandbox.set_weather(Weather::calm());
            match ended {
                Life::Killed => self.note("kill"),
                Life::Stopped => self.note("stop"),
                Life::Refused(why) if !is_bad => return Err(why),
                Life::Refused(_) => self.note("refused by the weather"),
                Life::Ended if !is_bad && self.is_over().await? => break,
                Life::Ended => {}
            }
            if !is_bad {
                good += 1;
                if good > GOOD_LIVES_MAX {
                    return Err(format!("not over after {good} lives in good weather"));
                }
            } else if self.chance.random_bool(0.6) {
                self.drift(&lab).await?;
            }
        }
        if let Err(why) = self.check(&lab, &before).await {
            return Err(format!("{why}; it met {:?}; {}", self.events, self.told(&why).await));
        }
        let calls = self.sandbox.calls();
        for fault in calls.iter().filter_map(|call| call.fault) {
            *self.events.entry(fault.to_owned()).or_default() += 1;
        }
        let first = calls.first().map_or(0, |call| call.at.as_second());
        Ok(Ending {
            calls: calls.len() as u64,
            virtual_s: self.sandbox.clock().now().as_second() - first,
            events: self.events,
        })
    }

    fn note(&mut self, what: &str) {
        *self.events.entry(what.to_owned()).or_default() += 1;
    }

    fn bad_weather(&mut self) -> Weather {
        let mut share = |most: f64| self.chance.random_range(0.0..most);
        let faults = Shares {
            throttle: share(0.03),
            error_before: share(0.01),
            error_after: share(0.01),
            reset_before: share(0.01),
            reset_after: share(0.01),
            // What cannot be read would have to be planned for by another run; these resume one.
            truncated: 0.0,
            garbage: 0.0,
        };
        let weather = Weather { faults, ..Weather::aws() };
        if !self.chance.random_bool(0.75) {
            return weather;
        }
        let when = if self.chance.random_bool(0.5) { When::Before } else { When::After };
        weather.killing_at(self.chance.random_range(1..CALLS), when)
    }

    async fn drift(&mut self, lab: &Lab) -> Result<(), String> {
        for _ in 0..self.chance.random_range(1..=2) {
            let Some(drift) = Drift::choose(&mut self.chance, lab) else { continue };
            // Before the person said yes, what is made again is what he will be shown.
            let begun = !self.journal().runs().await.map_err(|e| e.to_string())?.is_empty();
            if matches!(drift, Drift::MakeAgain(_)) && !begun {
                continue;
            }
            let there = self.everything().await?;
            let musts = drift::act(&drift, &self.sandbox, &there).await?;
            if !musts.is_empty() {
                self.note(&format!("drift: {}", drift.name()));
                self.musts.extend(musts);
            }
        }
        Ok(())
    }

    fn journal(&self) -> SqliteJournal {
        SqliteJournal::at(self.folder.path().join("journal.sqlite"))
    }

    async fn enter(&self) -> Result<Mandate, String> {
        let config = self.sandbox.sdk_config("us-east-1");
        let session = Session::new(config, self.sandbox.clock(), self.seed);
        let manifest = Manifest::parse(MANIFEST, "lab.yaml", registry::catalog());
        let manifest = manifest.map_err(|error| error.to_string())?;
        let entered = Mandate::enter(session, manifest, Default::default()).await;
        entered.map_err(|error| error.to_string())
    }

    /// Everything there is, seen in calm weather.
    async fn everything(&self) -> Result<Inventory, String> {
        self.sandbox.set_weather(Weather::calm());
        Ok(self.enter().await?.discovery.all(&Seen::default()).await)
    }

    /// A process from its start to its death, its stop or its end.
    async fn live(&self, stop: Option<Duration>) -> Result<Life, String> {
        let mut killed = self.sandbox.killed();
        let interrupt = Interrupt::default();
        let ctrl_c = async {
            match stop {
                Some(after) => tokio::time::sleep(after).await,
                None => std::future::pending().await,
            }
            interrupt.stop("Ctrl-C");
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            _ = killed.wait_for(|dead| *dead) => Ok(Life::Killed),
            life = self.teardown(&interrupt) => life,
            () = ctrl_c => unreachable!("it never ends"),
        }
    }

    async fn teardown(&self, interrupt: &Interrupt) -> Result<Life, String> {
        let journal = self.journal();
        let mut mandate = match self.enter().await {
            Ok(mandate) => mandate,
            Err(why) => return Ok(Life::Refused(why)),
        };
        let broken = |error: &dyn std::fmt::Display| format!("the journal: {error}");
        mandate.remember(&journal).await.map_err(|error| broken(&error))?;
        let last = journal.runs().await.map_err(|error| broken(&error))?.pop();
        let opened = match last {
            Some(run) => Some(journal.reopen(&run.run).await.map_err(|error| broken(&error))?),
            None => None,
        };
        let survey = mandate.survey(&Seen::default()).await;
        let teardown =
            Teardown { mandate: &mandate, journal: &journal, interrupt, observer: &Quiet };
        let name = mandate.manifest.name.clone();
        let approval =
            Approval::of(&Said::Typed(name), &mandate).map_err(|error| error.to_string())?;
        let executed = match opened {
            Some((open, state)) => teardown.resume(approval, open, state, survey.inventory).await,
            None => {
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
        match outcome.map_err(|error| broken(&error))?.outcome {
            RunEnding::Interrupted => Ok(Life::Stopped),
            _ => Ok(Life::Ended),
        }
    }

    /// Whether the run has an end that another resume would not better: nothing failed in it.
    async fn is_over(&self) -> Result<bool, String> {
        let journal = self.journal();
        let runs = journal.runs().await.map_err(|error| error.to_string())?;
        let Some(run) = runs.last() else { return Err("there is no run".to_owned()) };
        let state = journal.load(&run.run).await.map_err(|error| error.to_string())?;
        let open = |state: &StepState| {
            matches!(
                state,
                StepState::Open | StepState::Uncertain { .. } | StepState::Failed { .. }
            )
        };
        // What waits for a refused step is never tried, and stays open.
        let refused = state.steps.iter().any(|s| matches!(s.state, StepState::Refused { .. }));
        Ok(match state.status() {
            RunStatus::Finished(RunOutcome::Clean) => true,
            RunStatus::Finished(_) => refused || !state.steps.iter().any(|s| open(&s.state)),
            _ => false,
        })
    }

    /// What the journal says of the resources that `why` speaks of, and what failed.
    async fn told(&self, why: &str) -> String {
        let journal = self.journal();
        let mut told = Vec::new();
        for run in journal.runs().await.unwrap_or_default() {
            let Ok(state) = journal.load(&run.run).await else { continue };
            for record in &state.steps {
                let done = matches!(record.state, StepState::Done(_));
                if !done || why.contains(&record.step.resource.id) {
                    let step = &record.step;
                    told.push(format!("{} {} {:?}", step.action, step.resource, record.state));
                }
            }
        }
        format!("the journal: {told:#?}")
    }

    /// Holds the account against what was built, and what drifted.
    async fn check(&self, lab: &Lab, before: &Inventory) -> Result<(), String> {
        let after = self.everything().await?;
        let lives = |id: &ResourceId| {
            let lifecycle = after.get(id).map(|resource| &resource.lifecycle);
            !matches!(lifecycle, None | Some(Lifecycle::Pending { .. }))
        };
        for must in &self.musts {
            must.check(&after)?;
        }
        let mut mandate = self.enter().await?;
        let journal = self.journal();
        mandate.remember(&journal).await.map_err(|error| error.to_string())?;
        let decided = mandate.survey(&Seen::default()).await.decided;
        let touched = |id: &ResourceId| self.musts.iter().any(|must| must.is_about(id));
        for id in lab.kept.iter().chain(&lab.blocked).chain(&lab.neighbours) {
            let (then, now) = (before.get(id), after.get(id));
            let stopped = then.is_some_and(|resource| {
                matches!(resource.lifecycle, Lifecycle::Ended { .. })
                    || resource
                        .removal
                        .prep
                        .iter()
                        .any(|prep| prep.action == dismantle::resource::Action::Stop)
            });
            if now.is_none() || (then != now && !touched(id) && !stopped) {
                return Err(format!("{id} was to stay, and is harmed"));
            }
        }
        for id in lab.must_go.iter().filter(|id| lives(id)) {
            let verdict = &decided.verdicts[id];
            let held = matches!(verdict.decision, Decision::Keep | Decision::Blocked);
            if self.musts.is_empty() || !(held || touched(id)) {
                let why = &verdict.reason;
                return Err(format!("{id} is left, though nothing holds it ({why})"));
            }
        }
        Ok(())
    }
}
