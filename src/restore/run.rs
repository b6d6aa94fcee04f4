//! Brings back what a run removed: journaled, resumable, side by side where that can be.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use serde_json::json;

use super::life::{End, Life};
use super::plan::{Changed, Today, Way};
use super::{COMMAND, OF_RUN, Outcome, differences};
use crate::aws::registry;
use crate::discover::aws_for;
use crate::error::Error;
use crate::execute::{Event, Interrupt, Observer, Queue, State};
use crate::journal::{
    Journal, JournalError, Mark, OpenRun, RunHeader, RunId, RunOutcome, RunState, StepState,
};
use crate::mandate::Mandate;
use crate::plan::{Row, Step};
use crate::report::Ending;
use crate::resource::{Resource, ResourceId};
use crate::teardown::Approval;

/// Steps in flight at once. The limits of each service hold them back long before this.
const STEPS_AT_ONCE_MAX: usize = 32;

/// A restore's surroundings.
pub struct Restore<'a> {
    pub mandate: &'a Mandate,
    pub journal: &'a dyn Journal,
    /// The run that is taken back.
    pub of: &'a RunState,
    pub changed: &'a [Changed],
    pub interrupt: &'a Interrupt,
    pub observer: &'a dyn Observer,
}

/// What became of the steps.
#[derive(Default)]
struct Ran {
    done: Vec<Step>,
    failed: Vec<Row>,
    blocked: Vec<Row>,
}

/// What an earlier process left of a restore.
#[derive(Default)]
struct Left {
    attempts: BTreeMap<usize, u32>,
    done: BTreeSet<usize>,
    made: BTreeMap<ResourceId, Resource>,
}

impl Restore<'_> {
    /// Begins a restore.
    ///
    /// # Errors
    /// The journal's: then no further call was made.
    pub async fn begin(
        &self,
        _approval: Approval,
        way: Way,
        endpoint_url: Option<String>,
    ) -> Result<Outcome, Error> {
        let run = self.journal.begin(self.header(endpoint_url), &way.steps).await?;
        let began = self.mandate.now();
        self.execute(run, began, way, Left::default()).await
    }

    /// Goes on with a restore that was cut off. `way` is what can come back by today's look; the
    /// steps are those that the journal has.
    ///
    /// # Errors
    /// As [`Restore::begin`].
    pub async fn resume(
        &self,
        _approval: Approval,
        run: OpenRun,
        state: RunState,
        way: Way,
    ) -> Result<Outcome, Error> {
        let program_version = env!("CARGO_PKG_VERSION").to_owned();
        run.mark(self.mandate.now(), Mark::Resumed { program_version }).await?;
        let mut left = Left { made: state.records, ..Left::default() };
        for (number, record) in state.steps.iter().enumerate() {
            left.attempts.insert(number, record.attempts);
            if matches!(record.state, StepState::Done(_)) {
                left.done.insert(number);
            }
        }
        let steps = state.steps.into_iter().map(|record| record.step).collect::<Vec<_>>();
        let ours: BTreeSet<&ResourceId> = steps.iter().map(|step| &step.resource).collect();
        let others = |rows: Vec<Row>| -> Vec<Row> {
            rows.into_iter().filter(|row| !ours.contains(&row.resource)).collect()
        };
        let (there, refused) = (others(way.there), others(way.refused));
        let way = Way { steps, there, refused, lost: way.lost, without: way.without };
        self.execute(run, state.header.started, way, left).await
    }

    /// What to say where there is nothing to do.
    pub fn nothing(&self, way: Way) -> Outcome {
        let ending = if way.refused.is_empty() { Ending::Nothing } else { Ending::Incomplete };
        self.outcome(None, ending, self.mandate.now(), way, Ran::default())
    }

    async fn execute(
        &self,
        run: OpenRun,
        began: Timestamp,
        way: Way,
        left: Left,
    ) -> Result<Outcome, Error> {
        let started = self.mandate.now();
        let ran = self.run_steps(&run, began, &way.steps, &left).await?;
        if let Some(why) = self.interrupt.why() {
            run.mark(self.mandate.now(), Mark::Interrupted { why }).await?;
            return Ok(self.outcome(Some(&run), Ending::Interrupted, started, way, ran));
        }
        let mut way = way;
        way.without.extend(self.prove(&ran.done).await);
        way.without.sort();
        way.without.dedup();
        let clean = ran.failed.is_empty() && ran.blocked.is_empty() && way.refused.is_empty();
        let ending = if clean { Ending::Clean } else { Ending::Incomplete };
        let outcome = self.outcome(Some(&run), ending, started, way, ran);
        self.mark_finished(&run, &outcome).await?;
        Ok(outcome)
    }

    async fn run_steps(
        &self,
        run: &OpenRun,
        began: Timestamp,
        steps: &[Step],
        left: &Left,
    ) -> Result<Ran, JournalError> {
        let mut ran = Ran::default();
        let mut queue = Queue::default();
        let place: BTreeMap<_, usize> =
            steps.iter().enumerate().map(|(number, step)| (&step.step, number)).collect();
        for (number, step) in steps.iter().enumerate() {
            let after = step.after.iter().filter_map(|before| place.get(before).copied());
            queue.enqueue(number, after.collect(), None);
            if left.done.contains(&number) {
                queue.finish(number);
                ran.done.push(step.clone());
            }
        }
        queue.measure();
        let open = steps.len() - left.done.len();
        self.observer.event(&Event::Begun { steps: open });
        let mut flying = FuturesUnordered::new();
        loop {
            while flying.len() < STEPS_AT_ONCE_MAX && !self.interrupt.is_stopping() {
                let Some(number) = queue.dequeue() else { break };
                let attempts = left.attempts.get(&number).copied().unwrap_or(0);
                let step = &steps[number];
                flying.push(
                    async move { (number, self.live(run, began, step, attempts, left).await) },
                );
            }
            let Some((number, end)) = flying.next().await else { break };
            let step = &steps[number];
            match end {
                Ok(End::Done(how)) => {
                    queue.finish(number);
                    let (step, how) = (step.clone(), how.to_owned());
                    self.observer.event(&Event::Done { step: step.clone(), how });
                    ran.done.push(step);
                }
                Ok(End::Interrupted) => queue.put_back(number),
                Ok(End::Failed(why)) => {
                    let row = row(step, why);
                    self.lose(&mut queue, &mut ran, steps, number, &row);
                    ran.failed.push(row);
                }
                Ok(End::Refused(why)) => {
                    let row = row(step, why);
                    self.lose(&mut queue, &mut ran, steps, number, &row);
                    ran.blocked.push(row);
                }
                Err(error) => {
                    // Calls in flight finish; what they can still write, they write.
                    self.interrupt.stop(error.to_string());
                    while flying.next().await.is_some() {}
                    return Err(error);
                }
            }
        }
        drop(flying);
        if self.interrupt.why().is_none() && queue.count(State::Waiting) > 0 {
            let waiting = (0..steps.len()).filter(|n| queue.state(*n) == Some(State::Waiting));
            let why = "it waits in a circle".to_owned();
            ran.failed.extend(waiting.map(|number| row(&steps[number], why.clone())));
        }
        Ok(ran)
    }

    fn lose(&self, queue: &mut Queue, ran: &mut Ran, steps: &[Step], number: usize, row: &Row) {
        let step = &steps[number];
        self.observer.event(&Event::Failed { row: row.clone(), step: step.clone() });
        let because = format!("{} {}", step.action, step.resource);
        for lost in queue.lose(number) {
            let step = steps[lost].clone();
            let why = format!("not tried, because it waits for: {because}");
            // A thing that is refused or failed is said once, with its cause.
            if step.resource != row.resource {
                ran.failed.push(self::row(&step, why));
            }
            self.observer.event(&Event::Skipped { step, because: because.clone() });
        }
    }

    async fn live(
        &self,
        run: &OpenRun,
        began: Timestamp,
        step: &Step,
        attempt: u32,
        left: &Left,
    ) -> Result<End, JournalError> {
        let one = self.changed.iter().find(|one| one.was.id == step.resource);
        let kind = registry::find(step.resource.kind);
        let (Some(one), Some(kind)) = (one, kind) else {
            return Ok(End::Refused("the journal has no record of it".to_owned()));
        };
        let life = Life {
            aws: aws_for(self.mandate.aws(), &one.was, kind),
            manifest: &self.mandate.manifest,
            kind,
            was: &one.was,
            removed: one.removal,
            step,
            run,
            interrupt: self.interrupt,
            observer: self.observer,
            began,
            made: left.made.get(&step.resource),
            attempt,
            pause: Life::first_pause(),
            waited: std::time::Duration::ZERO,
        };
        life.live().await
    }

    /// A second look at what was made: where it is not as it was, that is said.
    async fn prove(&self, done: &[Step]) -> Vec<Row> {
        let made: BTreeSet<&ResourceId> = done
            .iter()
            .filter(|step| step.action == crate::resource::Action::Create)
            .map(|step| &step.resource)
            .collect();
        let made: Vec<Changed> =
            self.changed.iter().filter(|one| made.contains(&one.was.id)).cloned().collect();
        let today = super::look(self.mandate.aws(), &made).await;
        let mut rows = Vec::new();
        for one in &made {
            let differ = match today.get(&one.was.id) {
                Some(Today::There(now)) => differences(&one.was, now),
                _ => continue,
            };
            if !differ.is_empty() {
                let reason = format!("what it had in {}", differ.join(", "));
                rows.push(Row { resource: one.was.id.clone(), reason, used_by: Vec::new() });
            }
        }
        rows
    }

    fn header(&self, endpoint_url: Option<String>) -> RunHeader {
        let now = self.mandate.now();
        let manifest = &self.mandate.manifest;
        let of_run = json!(self.of.header.run);
        RunHeader {
            run: RunId::new(now, &mut SmallRng::seed_from_u64(self.mandate.aws().random())),
            account: self.mandate.account().to_owned(),
            manifest_name: manifest.name.clone(),
            manifest: manifest.text.clone(),
            manifest_source: Some(manifest.source.clone()),
            plan_digest: None,
            accept_unseen: Vec::new(),
            endpoint_url,
            regions: manifest.regions.clone(),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            command: COMMAND.to_owned(),
            started: now,
            options: BTreeMap::from([(OF_RUN.to_owned(), of_run)]),
        }
    }

    fn outcome(
        &self,
        run: Option<&OpenRun>,
        outcome: Ending,
        started: Timestamp,
        way: Way,
        ran: Ran,
    ) -> Outcome {
        let lost: BTreeSet<&ResourceId> =
            ran.failed.iter().chain(&ran.blocked).map(|row| &row.resource).collect();
        let done: BTreeSet<&ResourceId> = ran.done.iter().map(|step| &step.resource).collect();
        let open = |id: &ResourceId| {
            let steps = way.steps.iter().filter(|step| step.resource == *id);
            steps.clone().count() > ran.done.iter().filter(|step| step.resource == *id).count()
        };
        let restored =
            done.into_iter().filter(|id| !lost.contains(id) && !open(id)).cloned().collect();
        let without = way.without.into_iter().filter(|row| !lost.contains(&row.resource)).collect();
        let elapsed = self.mandate.now().duration_since(started);
        let traffic = self.mandate.aws().session().traffic();
        let mut blocked = way.refused;
        blocked.extend(ran.blocked.iter().cloned());
        blocked.sort();
        Outcome {
            run: run.map(|run| run.id().clone()),
            restores: self.of.header.run.clone(),
            outcome,
            done: ran.done.len(),
            restored,
            failed: ran.failed.clone(),
            blocked,
            left: way.lost,
            there: way.there,
            without,
            elapsed_s: u64::try_from(elapsed.as_secs()).unwrap_or(0),
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

fn row(step: &Step, reason: String) -> Row {
    let reason = match (step.action, &step.target) {
        (crate::resource::Action::Create, _) => reason,
        (action, Some(target)) => format!("{action} {target}: {reason}"),
        (action, None) => format!("{action}: {reason}"),
    };
    Row { resource: step.resource.clone(), reason, used_by: Vec::new() }
}
