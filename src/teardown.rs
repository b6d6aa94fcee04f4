//! A run from approval to proof: journal, execution, and a second look at the account.
//!
//! Nothing can be removed without an [`Approval`], and only somebody who typed the manifest's
//! name, or named the account, gets one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::json;
use tokio::time::Instant;

use crate::classify::{Decision, Gone};
use crate::discover::Seen;
use crate::error::Error;
use crate::execute::{Event, Executor, Eyes, Interrupt, Observer, Ran, Todo};
use crate::inventory::Inventory;
use crate::journal::{
    Journal, JournalError, Mark, OpenRun, RunHeader, RunId, RunOutcome, RunState, StepState,
};
use crate::mandate::{Mandate, Survey};
use crate::plan::{PlanFile, Row, Step};
use crate::report::{Ending, Outcome, Verified};
use crate::resource::{Kind, ResourceId};

/// What a person (or whoever runs a script) said to the question whether this may be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Typed at a terminal: the manifest's name.
    Typed(String),
    /// `--yes --account ID`.
    Account(String),
}

/// Proof that somebody approved. Only [`Approval::of`] makes one.
#[derive(Debug)]
pub struct Approval(());

impl Approval {
    /// Holds what was said against what is meant, and what is meant against the manifest.
    pub fn of(said: &Said, mandate: &Mandate) -> Result<Self, Error> {
        said.means(mandate)?;
        mandate.may_change()?;
        Ok(Self(()))
    }
}

impl Said {
    /// Refuses what names another manifest or account.
    pub fn means(&self, mandate: &Mandate) -> Result<(), Error> {
        match self {
            Said::Typed(name) if name.trim() == mandate.manifest.name => Ok(()),
            Said::Typed(_) => Err(Error::Guard(format!(
                "That is not the manifest's name, {} . Nothing was changed.",
                mandate.manifest.name
            ))),
            Said::Account(account) if account == mandate.account() => Ok(()),
            Said::Account(account) => Err(Error::Guard(format!(
                "`--account {account}` is not the account of these credentials, which is {}. \
                 Nothing was changed.",
                mandate.account()
            ))),
        }
    }
}

/// A run's surroundings.
pub struct Teardown<'a> {
    pub mandate: &'a Mandate,
    pub journal: &'a dyn Journal,
    pub interrupt: &'a Interrupt,
    pub observer: &'a dyn Observer,
}

/// A run that was executed, before anybody looked what came of it.
#[derive(Debug)]
pub struct Executed {
    run: OpenRun,
    ran: Ran,
    /// Every step that was to be done.
    steps: Vec<Step>,
    started: Started,
    /// For the second look: what was known by it is still known.
    pub gone: Gone,
}

/// When a run started, by the wall's clock and by one that nobody can set back.
#[derive(Debug, Clone, Copy)]
struct Started {
    wall: Timestamp,
    own: Instant,
}

impl Started {
    fn at(wall: Timestamp) -> Self {
        Self { wall, own: Instant::now() }
    }

    /// Seconds until `now`, the machine's sleep included.
    fn elapsed_s(self, now: Timestamp) -> u64 {
        let by_the_wall = u64::try_from(now.duration_since(self.wall).as_secs()).unwrap_or(0);
        by_the_wall.max(self.own.elapsed().as_secs())
    }
}

impl Executed {
    /// Notes that nobody could look again.
    fn stopped(&mut self, why: String) {
        self.ran.interrupted.get_or_insert(why);
    }

    /// Whether it stopped before its end; then there is no need to look again.
    pub fn is_interrupted(&self) -> bool {
        self.ran.interrupted.is_some()
    }
}

/// What the journal says of a run besides its steps.
#[derive(Debug, Clone)]
pub struct About {
    pub command: &'static str,
    pub plan_digest: Option<String>,
    pub endpoint_url: Option<String>,
    /// Whether only what the plan has may go (`apply`), or late arrivals too (`destroy`).
    pub only_planned: bool,
}

/// The option of a run's header that says [`About::only_planned`].
const ONLY_PLANNED: &str = "only-planned";

impl About {
    /// What a run's header says.
    pub fn read(header: &RunHeader) -> Self {
        let only = header.options.get(ONLY_PLANNED).and_then(serde_json::Value::as_bool);
        Self {
            command: "resume",
            plan_digest: header.plan_digest.clone(),
            endpoint_url: header.endpoint_url.clone(),
            only_planned: only.unwrap_or(false),
        }
    }
}

impl Teardown<'_> {
    /// Begins a run of `steps`, and executes it. `refused` is what was approved and may not go
    /// any more.
    ///
    /// # Errors
    /// The journal's: then no further call was made.
    pub async fn begin(
        &self,
        _approval: Approval,
        about: &About,
        inventory: Inventory,
        steps: Vec<Step>,
        refused: Vec<Row>,
    ) -> Result<Executed, Error> {
        let run = self.journal.begin(self.header(about), &steps).await?;
        let todo = steps.into_iter().map(Todo::from).collect();
        let mut executed = self.execute(run, inventory, todo).await?;
        executed.ran.blocked.extend(refused);
        Ok(executed)
    }

    /// Goes on with a run that was cut off.
    ///
    /// # Errors
    /// As [`Teardown::begin`].
    pub async fn resume(
        &self,
        _approval: Approval,
        run: OpenRun,
        state: RunState,
        inventory: Inventory,
    ) -> Result<Executed, Error> {
        let program_version = env!("CARGO_PKG_VERSION").to_owned();
        run.mark(self.mandate.now(), Mark::Resumed { program_version }).await?;
        let todo = state.steps.into_iter().map(|record| Todo {
            // What failed or was refused then may go now: the world moved on.
            state: match record.state {
                StepState::Failed { .. } | StepState::Refused { .. } => StepState::Open,
                state => state,
            },
            step: record.step,
            attempts: record.attempts,
        });
        self.execute(run, inventory, todo.collect()).await
    }

    async fn execute(
        &self,
        run: OpenRun,
        inventory: Inventory,
        todo: Vec<Todo>,
    ) -> Result<Executed, Error> {
        let started = Started::at(self.mandate.now());
        let eyes = Eyes::new(self.mandate, inventory);
        let executor =
            Executor { eyes: &eyes, run: &run, interrupt: self.interrupt, observer: self.observer };
        let steps = todo.iter().map(|one| one.step.clone()).collect();
        let ran = executor.execute(todo).await?;
        Ok(Executed { ran, steps, started, gone: eyes.gone(), run })
    }

    /// A run whose every step was done before this process came to it.
    pub fn all_done(&self, run: OpenRun, state: &RunState) -> Executed {
        let steps: Vec<Step> = state.steps.iter().map(|record| record.step.clone()).collect();
        let done = steps.iter().map(|step| (step.clone(), "done before".to_owned())).collect();
        let ran = Ran { done, ..Ran::default() };
        let started = Started::at(self.mandate.now());
        Executed { run, ran, steps, started, gone: self.mandate.gone.clone() }
    }

    /// Looks whether it is gone. `None` where nobody could look, because the run is stopping or
    /// the credentials are no good any more; `executed` then knows why.
    pub async fn look_again(&self, executed: &mut Executed, seen: &Seen) -> Option<Survey> {
        if executed.is_interrupted() {
            return None;
        }
        let session = self.mandate.aws().session();
        let before = session.lockouts();
        let survey = tokio::select! {
            biased;
            survey = self.mandate.survey_after(&executed.gone, seen) => Some(survey),
            () = self.interrupt.stopped() => None,
        };
        if let Some(error) = session.locked_out_since(before) {
            let why = error.to_pause();
            self.interrupt.stop(why.clone());
            self.observer.event(&Event::Stopping { why });
        }
        match self.interrupt.why() {
            Some(why) => {
                executed.stopped(why);
                None
            }
            None => survey,
        }
    }

    /// Writes down how the run ended, by what a second look at the account showed. An
    /// interrupted run needs no second look.
    pub async fn finish(
        &self,
        executed: Executed,
        looked: Option<&Survey>,
    ) -> Result<Outcome, Error> {
        let Executed { run, ran, steps, started, .. } = executed;
        if let Some(why) = ran.interrupted.clone() {
            run.mark(self.mandate.now(), Mark::Interrupted { why }).await?;
            return Ok(self.interrupted(&run, ran, &steps, started));
        }
        let verified = looked.map(|survey| verified(self.mandate, survey)).unwrap_or_default();
        let outcome = self.finished(&run, ran, verified, started);
        self.mark_finished(&run, &outcome).await?;
        Ok(outcome)
    }

    fn header(&self, about: &About) -> RunHeader {
        let now = self.mandate.now();
        let manifest = &self.mandate.manifest;
        let mut options = BTreeMap::new();
        if about.only_planned {
            options.insert(ONLY_PLANNED.to_owned(), json!(true));
        }
        RunHeader {
            run: RunId::new(now, &mut SmallRng::seed_from_u64(self.mandate.aws().random())),
            account: self.mandate.account().to_owned(),
            manifest_name: manifest.name.clone(),
            manifest: manifest.text.clone(),
            manifest_source: Some(manifest.source.clone()),
            plan_digest: about.plan_digest.clone(),
            accept_unseen: self.mandate.accepted_unseen.iter().copied().collect(),
            endpoint_url: about.endpoint_url.clone(),
            regions: manifest.regions.clone(),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            command: about.command.to_owned(),
            started: now,
            options,
        }
    }

    /// What to say where there is nothing to do; `refused` as in [`Teardown::begin`].
    pub fn nothing(&self, survey: &Survey, refused: Vec<Row>) -> Outcome {
        let mut verified = verified(self.mandate, survey);
        verified.blocked = merged(verified.blocked, refused);
        let blind = verified.is_blind();
        let clean = verified.blocked.is_empty() && verified.left.is_empty() && !blind;
        Outcome {
            run: None,
            outcome: if clean { Ending::Nothing } else { Ending::Incomplete },
            done: 0,
            failed: Vec::new(),
            blocked: verified.blocked,
            left: verified.left,
            kept: verified.kept,
            pending: verified.pending,
            unseen: verified.unseen,
            elapsed_s: 0,
            requests: self.mandate.aws().session().traffic().requests,
            throttled: self.mandate.aws().session().traffic().throttled,
        }
    }

    fn interrupted(&self, run: &OpenRun, ran: Ran, steps: &[Step], started: Started) -> Outcome {
        let gone: BTreeSet<&ResourceId> =
            ran.gone.iter().chain(ran.pending.iter().map(|(id, _)| id)).collect();
        let done: BTreeSet<_> = ran.done.iter().map(|(step, _)| &step.step).collect();
        let left: BTreeSet<Row> = steps
            .iter()
            .filter(|step| !done.contains(&step.step) && !gone.contains(&step.resource))
            .map(|step| Row {
                resource: step.resource.clone(),
                reason: step.reason.clone(),
                used_by: Vec::new(),
            })
            .collect();
        self.outcome(
            run,
            Ending::Interrupted,
            started,
            ran,
            Verified { left: left.into_iter().collect(), ..Verified::default() },
        )
    }

    fn finished(
        &self,
        run: &OpenRun,
        ran: Ran,
        mut verified: Verified,
        started: Started,
    ) -> Outcome {
        let refused: BTreeSet<&ResourceId> = ran.blocked.iter().map(|row| &row.resource).collect();
        verified.left.retain(|row| !refused.contains(&row.resource));
        let clean = ran.failed.is_empty()
            && ran.blocked.is_empty()
            && ran.skipped.is_empty()
            && verified.left.is_empty()
            && verified.blocked.is_empty()
            && !verified.is_blind();
        let ending = if clean { Ending::Clean } else { Ending::Incomplete };
        self.outcome(run, ending, started, ran, verified)
    }

    fn outcome(
        &self,
        run: &OpenRun,
        ending: Ending,
        started: Started,
        ran: Ran,
        verified: Verified,
    ) -> Outcome {
        let traffic = self.mandate.aws().session().traffic();
        Outcome {
            run: Some(run.id().clone()),
            outcome: ending,
            done: ran.done.len(),
            failed: ran.failed,
            blocked: merged(verified.blocked, ran.blocked),
            left: verified.left,
            kept: verified.kept,
            pending: verified.pending,
            unseen: verified.unseen,
            elapsed_s: started.elapsed_s(self.mandate.now()),
            requests: traffic.requests,
            throttled: traffic.throttled,
        }
    }

    async fn mark_finished(&self, run: &OpenRun, outcome: &Outcome) -> Result<(), JournalError> {
        let state = self.journal.load(run.id()).await?;
        let figures = [
            ("requests", outcome.requests),
            ("throttled", outcome.throttled),
            ("elapsed_s", outcome.elapsed_s),
            ("blocked", outcome.blocked.len() as u64),
            ("left", outcome.left.len() as u64),
        ];
        let mark = Mark::Finished {
            outcome: match outcome.outcome {
                Ending::Clean | Ending::Nothing => RunOutcome::Clean,
                Ending::Incomplete | Ending::Interrupted => RunOutcome::Incomplete,
            },
            counts: state.counts(),
            figures: figures.into_iter().map(|(name, n)| (name.to_owned(), n)).collect(),
        };
        run.mark(self.mandate.now(), mark).await
    }
}

/// What a look at the account says about what is left.
pub fn verified(mandate: &Mandate, survey: &Survey) -> Verified {
    let mut verified = Verified::new(&survey.inventory, &survey.decided);
    verified.unseen = mandate.gaps(survey);
    let known: BTreeSet<ResourceId> =
        verified.blocked.iter().map(|row| row.resource.clone()).collect();
    // Circles are found only when the order is sought.
    let circles: Vec<Row> =
        survey.plan.blocked.iter().filter(|row| !known.contains(&row.resource)).cloned().collect();
    verified.left.retain(|row| !circles.iter().any(|other| other.resource == row.resource));
    verified.blocked.extend(circles);
    verified
}

fn merged(mut rows: Vec<Row>, more: Vec<Row>) -> Vec<Row> {
    let known: BTreeSet<ResourceId> = rows.iter().map(|row| row.resource.clone()).collect();
    rows.extend(more.into_iter().filter(|row| !known.contains(&row.resource)));
    rows.sort();
    rows.dedup();
    rows
}

/// The plan file of a survey.
pub fn plan_file(mandate: &Mandate, survey: &Survey) -> PlanFile {
    PlanFile {
        version: crate::plan::PLAN_FILE_VERSION,
        account: mandate.account().to_owned(),
        manifest: mandate.manifest.text.clone(),
        manifest_source: Some(mandate.manifest.source.clone()),
        created: survey.now,
        regions: mandate.manifest.regions.clone(),
        accept_unseen: mandate.accepted_unseen.iter().copied().collect::<Vec<Kind>>(),
        steps: survey.plan.steps.clone(),
        kept: survey.plan.kept.clone(),
        blocked: survey.plan.blocked.clone(),
        pending: survey.plan.pending.clone(),
        unseen: mandate.unseen(survey),
        unavailable: survey.inventory.unavailable(),
        monthly_saving_usd: None,
    }
}

/// The steps of today's plan that an approved plan has too, in today's order, and the resources
/// whose planned steps are not among them because they would go in another way by now.
pub fn still_planned(approved: &[Step], survey: &Survey) -> (Vec<Step>, Vec<Row>) {
    let today = &survey.plan.steps;
    let has = |steps: &[Step], wanted: &Step| {
        let same = |step: &Step| step.resource == wanted.resource && step.prep() == wanted.prep();
        steps.iter().any(same)
    };
    let may_go: BTreeSet<&ResourceId> =
        today.iter().filter(|step| has(approved, step)).map(|step| &step.resource).collect();
    let removed_then = |id: &ResourceId| {
        approved.iter().any(|step| step.resource == *id && step.action.is_removal())
    };
    let mut changed = BTreeSet::new();
    let mut steps = Vec::new();
    for step in today {
        // One more policy on a role that the plan removes is part of removing it.
        let late_prep = removed_then(&step.resource) && !step.action.is_removal();
        if has(approved, step) || (late_prep && may_go.contains(&step.resource)) {
            steps.push(step.clone());
        } else {
            changed.insert(Row {
                resource: step.resource.clone(),
                reason: format!(
                    "since the plan was made it would go in another way ({}); make a new plan",
                    step.action
                ),
                used_by: Vec::new(),
            });
        }
    }
    for step in approved {
        let verdict = survey.decided.verdicts.get(&step.resource);
        if let Some(verdict) = verdict.filter(|verdict| verdict.decision == Decision::Foreign) {
            let reason = format!("the manifest matches it no more ({})", verdict.reason);
            changed.insert(Row { resource: step.resource.clone(), reason, used_by: Vec::new() });
        }
    }
    let kept: BTreeSet<_> = steps.iter().map(|step| step.step.clone()).collect();
    for step in &mut steps {
        step.after.retain(|before| kept.contains(before));
    }
    (steps, changed.into_iter().collect())
}

/// A seed for what must differ from run to run.
pub fn seed() -> u64 {
    use rand::rngs::StdRng;
    StdRng::from_os_rng().random()
}
