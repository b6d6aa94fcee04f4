//! Brings back what a run removed: journaled, resumable, side by side where that can be.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;
use serde_json::json;

use super::changed::Changed;
use super::life::{End, Life, Pace};
use super::outcome::{Outcome, Ran};
use super::plan::{Way, lacks};
use super::{COMMAND, OF_RUN};
use crate::aws::registry;
use crate::discover::aws_for;
use crate::error::Error;
use crate::execute::{Event, Interrupt, Observer, Queue, State};
use crate::journal::{Journal, JournalError, Mark, OpenRun, RunHeader, RunState, StepState};
use crate::mandate::Mandate;
use crate::plan::{Row, Step};
use crate::report::Ending;
use crate::resource::{Action, Resource, ResourceId};
use crate::teardown::{Approval, written};

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

/// What an earlier process left of a restore.
#[derive(Default)]
struct Left {
    attempts: BTreeMap<usize, u32>,
    /// Calls of which nobody knows what became, by when they left.
    unsure: BTreeMap<usize, Timestamp>,
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
        let (way, left) = self.taken_over(&state, way);
        self.execute(run, state.header.started, way, left).await
    }

    /// A restore whose every step was done before this process came to it: what it made is looked
    /// at, and nothing else is done.
    ///
    /// # Errors
    /// As [`Restore::begin`].
    pub async fn all_done(
        &self,
        run: OpenRun,
        state: RunState,
        way: Way,
    ) -> Result<Outcome, Error> {
        let (way, left) = self.taken_over(&state, way);
        self.execute(run, state.header.started, way, left).await
    }

    /// The way of a restore that was begun, with what is left of it.
    fn taken_over(&self, state: &RunState, way: Way) -> (Way, Left) {
        let mut left = Left { made: state.records.clone(), ..Left::default() };
        for (number, record) in state.steps.iter().enumerate() {
            left.attempts.insert(number, record.attempts);
            match record.state {
                StepState::Done(_) => {
                    left.done.insert(number);
                }
                StepState::Uncertain { .. } => {
                    left.unsure.insert(number, record.at);
                }
                _ => {}
            }
        }
        let steps: Vec<Step> = state.steps.iter().map(|record| record.step.clone()).collect();
        let ours: BTreeSet<&ResourceId> = steps.iter().map(|step| &step.resource).collect();
        let others = |rows: Vec<Row>| -> Vec<Row> {
            rows.into_iter().filter(|row| !ours.contains(&row.resource)).collect()
        };
        let mut without = way.without;
        for step in steps.iter().filter(|step| step.action == Action::Create) {
            let one = self.changed.iter().find(|one| one.was.id == step.resource);
            let rebuild = one.and_then(|one| {
                let kind = registry::find(one.was.kind())?;
                Some((one, kind.rebuild(&one.was).ok()?))
            });
            without.extend(rebuild.iter().flat_map(|(one, rebuild)| lacks(&one.was, rebuild)));
        }
        without.sort();
        without.dedup();
        let (there, refused, lost) = (others(way.there), others(way.refused), others(way.lost));
        (Way { steps, there, refused, lost, without }, left)
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
        let ran = self.run_steps(&run, began, &way.steps, left).await?;
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
        mut left: Left,
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
                let life = self.life(run, began, steps, number, &left);
                flying.push(async move {
                    let end = match life {
                        Some(life) => life.live().await,
                        None => Ok(End::Refused("the journal has no record of it".to_owned())),
                    };
                    (number, end)
                });
            }
            let Some((number, end)) = flying.next().await else { break };
            let step = &steps[number];
            match end {
                Ok(End::Done(how, made)) => {
                    queue.finish(number);
                    left.made.extend(made.map(|made| (step.resource.clone(), *made)));
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

    /// The life of a step, with all that is known of it; `None` where its resource is not known.
    fn life<'l>(
        &'l self,
        run: &'l OpenRun,
        began: Timestamp,
        steps: &'l [Step],
        number: usize,
        left: &Left,
    ) -> Option<Life<'l>> {
        let step = &steps[number];
        let one = self.changed.iter().find(|one| one.was.id == step.resource)?;
        let kind = registry::find(step.resource.kind)?;
        let later = steps.iter().skip(number + 1).filter(|other| other.resource == step.resource);
        Some(Life {
            aws: aws_for(self.mandate.aws(), &one.was, kind),
            manifest: &self.mandate.manifest,
            kind,
            was: &one.was,
            later: later.map(Step::prep).collect(),
            removed: one.removal,
            step,
            run,
            interrupt: self.interrupt,
            observer: self.observer,
            began,
            made: left.made.get(&step.resource).cloned(),
            attempt: left.attempts.get(&number).copied().unwrap_or(0),
            unsure: left.unsure.get(&number).copied(),
            pace: Pace::default(),
        })
    }

    fn header(&self, endpoint_url: Option<String>) -> RunHeader {
        let mut header = written::header(self.mandate, COMMAND, endpoint_url);
        header.options.insert(OF_RUN.to_owned(), json!(self.of.header.run));
        header
    }
}

fn row(step: &Step, reason: String) -> Row {
    let reason = match (step.action, &step.target) {
        (Action::Create, _) => reason,
        (action, Some(target)) => format!("{action} {target}: {reason}"),
        (action, None) => format!("{action}: {reason}"),
    };
    Row { resource: step.resource.clone(), reason, used_by: Vec::new() }
}
