//! A run from approval to proof: journal, execution, and a second look at the account.
//!
//! `approval.rs` says who may begin one, `outcome.rs` what came of it, `planned.rs` what a plan file
//! has to do with it, `written.rs` what the journal says of it besides its steps.

mod approval;
mod outcome;
mod planned;
pub(crate) mod written;

use rand::{Rng, SeedableRng};
use serde_json::json;

pub use approval::{Approval, Said};
pub use outcome::verified;
pub use planned::{plan_file, still_planned};

use crate::classify::Gone;
use crate::clock::Moment;
use crate::discover::Seen;
use crate::error::Error;
use crate::execute::{Event, Executor, Eyes, Interrupt, Observer, Ran, Todo};
use crate::inventory::Inventory;
use crate::journal::{Journal, Mark, OpenRun, RunHeader, RunState, StepState};
use crate::mandate::{Mandate, Survey};
use crate::plan::{Row, Step};
use crate::report::Outcome;

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
    started: Moment,
    /// For the second look: what was known by it is still known.
    pub gone: Gone,
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
        let started = self.moment();
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
        let started = self.moment();
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

    fn moment(&self) -> Moment {
        Moment::now(self.mandate.aws().clock().as_ref())
    }

    fn header(&self, about: &About) -> RunHeader {
        let mut header = written::header(self.mandate, about.command, about.endpoint_url.clone());
        header.plan_digest.clone_from(&about.plan_digest);
        header.accept_unseen = self.mandate.accepted_unseen.iter().copied().collect();
        if about.only_planned {
            header.options.insert(ONLY_PLANNED.to_owned(), json!(true));
        }
        header
    }
}

/// A seed for what must differ from run to run.
pub fn seed() -> u64 {
    use rand::rngs::StdRng;
    StdRng::from_os_rng().random()
}
