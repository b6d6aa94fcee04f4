//! Does what was approved: the scheduler, and nothing about any one service.
//!
//! Ready steps run side by side; each lives its own life ([`step`]) between the journal and AWS.
//! What happens is told as [`Event`]s. A run ends when every step is done, lost or interrupted;
//! what is really left is for a second look to say.

mod board;
mod event;
mod eyes;
pub mod guard;
mod interrupt;
mod queue;
mod step;

use std::collections::{BTreeSet, VecDeque};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;

pub use event::{Event, Observer, Quiet};
pub use eyes::Eyes;
pub use interrupt::Interrupt;
pub(crate) use queue::{Queue, State};

use crate::aws::RemovalOptions;
use crate::classify::{Classification, Decision, Verdict};
use crate::journal::{JournalError, OpenRun, Outcome, StepState};
use crate::plan::{Row, Step};
use crate::resource::{Action, ResourceId};
use board::Board;
use step::{Completion, End, Life, Lived, Shared};

/// Steps in flight at once. The limits of each service hold them back long before this.
const STEPS_AT_ONCE_MAX: usize = 64;

/// A step with what an earlier process left of it.
#[derive(Debug, Clone)]
pub struct Todo {
    pub step: Step,
    pub state: StepState,
    pub attempts: u32,
}

impl From<Step> for Todo {
    fn from(step: Step) -> Self {
        Self { step, state: StepState::Open, attempts: 0 }
    }
}

/// How a run came out, step by step.
#[derive(Debug, Clone, Default)]
pub struct Ran {
    pub done: Vec<(Step, String)>,
    /// Removals only: what is gone by this run.
    pub gone: Vec<ResourceId>,
    pub pending: Vec<(ResourceId, Option<Timestamp>)>,
    pub failed: Vec<Row>,
    pub blocked: Vec<Row>,
    /// Steps that were never tried, with what they waited for.
    pub skipped: Vec<Row>,
    /// Why it stopped before its end, if it did.
    pub interrupted: Option<String>,
}

/// What a run needs.
pub struct Executor<'a> {
    pub eyes: &'a Eyes<'a>,
    pub run: &'a OpenRun,
    pub interrupt: &'a Interrupt,
    pub observer: &'a dyn Observer,
}

impl Executor<'_> {
    /// Runs all steps to their ends. An error is the journal's: everything else is in the result.
    pub async fn execute(&self, todo: Vec<Todo>) -> Result<Ran, JournalError> {
        let manifest = self.eyes.manifest;
        let shared = Shared {
            eyes: self.eyes,
            run: self.run,
            options: RemovalOptions {
                pending_window_days: manifest.options.kms.pending_window_days,
                bypass_governance_retention: manifest.options.s3.bypass_governance_retention,
                delete_home_efs: manifest.options.sagemaker.home_efs
                    == crate::manifest::HomeEfs::Delete,
            },
            interrupt: self.interrupt,
            observer: self.observer,
            catalog: self.eyes.catalog,
        };
        let open = todo.iter().filter(|one| !matches!(one.state, StepState::Done(_))).count();
        self.observer.event(&Event::Begun { steps: open });
        let goes_on = todo.iter().any(|one| one.attempts > 0 || one.state != StepState::Open);
        let mut board = Board::new(todo, self.eyes.catalog);
        let mut ran = Ran::default();
        board.take_over(&mut ran);
        if goes_on {
            board.wait_as_in(&self.eyes.plan().steps);
        }
        let mut flying = FuturesUnordered::new();
        let mut ended = VecDeque::new();
        loop {
            while flying.len() < STEPS_AT_ONCE_MAX && !self.interrupt.is_stopping() {
                let Some(number) = board.queue.dequeue() else { break };
                let Some(todo) = board.todo.get(&number).cloned() else { continue };
                let known = board.preps_of(&todo.step.resource);
                let returns = board.returns.get(&number).map_or(0, |(count, _)| *count);
                let shared = &shared;
                flying.push(async move {
                    let life = Life::new(shared, &todo.step, todo.attempts, returns, known);
                    let end = life.live().await;
                    (number, todo.step, end)
                });
            }
            let next = match ended.pop_front() {
                Some(next) => Some(next),
                None => flying.next().await,
            };
            let Some((number, step, end)) = next else { break };
            let settled = match end {
                Ok(lived) => {
                    // Calls in flight go on meanwhile: one of them may hold what this waits for.
                    let settle = self.ended(&mut board, &mut ran, number, step, lived);
                    let mut settle = std::pin::pin!(settle);
                    loop {
                        tokio::select! {
                            biased;
                            settled = &mut settle => break settled,
                            Some(other) = flying.next(), if !flying.is_empty() => {
                                ended.push_back(other);
                            }
                        }
                    }
                }
                Err(error) => Err(error),
            };
            if let Err(error) = settled {
                // Calls in flight finish; what they can still write, they write.
                self.interrupt.stop(error.to_string());
                while flying.next().await.is_some() {}
                return Err(error);
            }
        }
        ran.interrupted = self.interrupt.why();
        if ran.interrupted.is_none() && board.queue.count(State::Waiting) > 0 {
            for (_, todo) in board.todo.iter().filter(|(n, _)| board.is_waiting(**n)) {
                ran.skipped.push(row(&todo.step, "it waits in a circle".to_owned()));
            }
        }
        Ok(ran)
    }

    async fn ended(
        &self,
        board: &mut Board,
        ran: &mut Ran,
        number: usize,
        step: Step,
        lived: Lived,
    ) -> Result<(), JournalError> {
        let now = tokio::time::Instant::now();
        let end = match lived.end {
            End::More(_) if board.returns(number, lived.attempts, now) => {
                let why = "there is always more to be taken off it".to_owned();
                self.give_up(&step, lived.attempts, "in-use", why).await?
            }
            End::LookAround { why } if board.returns(number, lived.attempts, now) => {
                self.give_up(&step, lived.attempts, "in-use", why).await?
            }
            End::LookAround { .. } => {
                match self.look_around(board, number, &step, lived.attempts).await? {
                    None => return Ok(()),
                    Some(refusal) => refusal,
                }
            }
            end => end,
        };
        match end {
            End::Done(how) => {
                board.queue.finish(number);
                if step.action == Action::Delete {
                    self.eyes.forget(&step.resource);
                    ran.gone.push(step.resource.clone());
                }
                let words = match &how {
                    Completion::Done => "done".to_owned(),
                    Completion::AlreadyGone => "was so already".to_owned(),
                    Completion::Pending(until) => {
                        ran.pending.push((step.resource.clone(), *until));
                        until.map_or("scheduled".to_owned(), |until| format!("gone on {until}"))
                    }
                };
                self.observer.event(&Event::Done { step: step.clone(), how: words.clone() });
                ran.done.push((step, words));
            }
            End::Failed(why) => {
                let row = row(&step, why);
                self.lose(board, ran, number, step, row.clone());
                ran.failed.push(row);
            }
            End::Refused { why, used_by } => {
                let mut row = row(&step, why);
                row.used_by = used_by.iter().map(Into::into).collect();
                self.lose(board, ran, number, step, row.clone());
                ran.blocked.push(row);
            }
            End::Interrupted => board.queue.put_back(number),
            End::More(preps) => {
                let steps = board.late_preps(number, &step, preps);
                self.join(board, steps).await?;
            }
            // Looked after above.
            End::LookAround { .. } => {}
        }
        Ok(())
    }

    /// What goes by now, with the count of what is new of it. What was to stay when the person
    /// said yes, stays.
    fn new_since_the_plan(
        &self,
        board: &Board,
        mut decided: Classification,
    ) -> (Classification, usize) {
        let known: BTreeSet<&ResourceId> =
            board.todo.values().map(|todo| &todo.step.resource).collect();
        decided.verdicts.retain(|id, verdict| {
            let goes = matches!(verdict.decision, Decision::Delete | Decision::Stop);
            goes && (known.contains(id) || !self.eyes.was_to_stay(id))
        });
        let removed =
            |verdict: &Verdict| verdict.decision == Decision::Delete && verdict.parts.is_none();
        let new = decided.verdicts.iter().filter(|(id, v)| !known.contains(id) && removed(v));
        let new = new.count();
        (decided, new)
    }

    /// Looks for what joined the account since the plan, and lets the step wait for it. An end of
    /// the step, where that may not be.
    async fn look_around(
        &self,
        board: &mut Board,
        number: usize,
        step: &Step,
        attempt: u32,
    ) -> Result<Option<End>, JournalError> {
        let (inventory, decided) = self.eyes.look_around(&step.resource).await;
        let (decided, new) = self.new_since_the_plan(board, decided);
        let max = self.eyes.manifest.limits.max_deletions as usize;
        if new > 0 && board.removals() + new > max {
            let why = format!(
                "{new} more would have to go first, and the manifest's `limits` allow {max} \
                 resources in all"
            );
            return self.give_up(step, attempt, "limits", why).await.map(Some);
        }
        let steps = board.late_users(number, &inventory, &decided);
        self.join(board, steps).await?;
        Ok(None)
    }

    /// Writes down that a step failed here, and not at AWS.
    async fn give_up(
        &self,
        step: &Step,
        attempt: u32,
        class: &str,
        why: String,
    ) -> Result<End, JournalError> {
        let outcome = Outcome::Failed { class: class.to_owned(), why: why.clone() };
        let now = self.eyes.discovery.aws().clock().now();
        self.run.outcome(now, &step.step, attempt, outcome).await?;
        Ok(End::Failed(why))
    }

    /// Writes late steps down before any of them can run.
    async fn join(&self, board: &mut Board, steps: Vec<Step>) -> Result<(), JournalError> {
        if !steps.is_empty() {
            let now = self.eyes.discovery.aws().clock().now();
            self.run.add_steps(now, &steps).await?;
            self.observer.event(&Event::Joined { steps });
        }
        board.queue.measure();
        Ok(())
    }

    fn lose(&self, board: &mut Board, ran: &mut Ran, number: usize, step: Step, row: Row) {
        let because = format!("{} {}", step.action, step.resource);
        self.observer.event(&Event::Failed { row, step });
        for lost in board.queue.lose(number) {
            let Some(todo) = board.todo.get(&lost) else { continue };
            let why = format!("not tried, because it waits for: {because}");
            self.observer
                .event(&Event::Skipped { step: todo.step.clone(), because: because.clone() });
            ran.skipped.push(self::row(&todo.step, why));
        }
    }
}

fn row(step: &Step, reason: String) -> Row {
    let reason = match step.action {
        Action::Delete => reason,
        action => format!("{action}: {reason}"),
    };
    Row { resource: step.resource.clone(), reason, used_by: Vec::new() }
}
