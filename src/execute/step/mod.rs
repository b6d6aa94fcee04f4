//! The life of one step: look, write the intent, call, understand the answer, wait.

mod answer;
mod wait;

use std::time::Duration;

use jiff::Timestamp;

use super::event::{Event, Observer};
use super::eyes::{Eyes, Look};
use super::guard::{self, Cleared};
use super::interrupt::Interrupt;
use crate::aws::{Acted, Aws, AwsError, Progress, RemovalOptions, ResourceKind, registry};
use crate::classify::Verdict;
use crate::discover::aws_for;
use crate::journal::{JournalError, OpenRun, Outcome};
use crate::plan::Step;
use crate::resource::{Action, Catalog, Lifecycle, Prep, Resource, ResourceId};
use wait::{Settled, longer};

/// Calls of one step before it is given up. Waiting for something does not count.
const ATTEMPTS_MAX: u32 = 10;

/// AWS's waiters ask every 5 to 30 seconds; a quick thing is seen quickly.
const POLL_FIRST: Duration = Duration::from_secs(2);

/// How a step ended, as far as this process is concerned.
#[derive(Debug)]
pub enum End {
    Done(Completion),
    Failed(String),
    Refused {
        why: String,
        used_by: Vec<ResourceId>,
    },
    /// Not done, and nothing wrong: the run is stopping.
    Interrupted,
    /// More has to go first: these preparatory steps of the same resource.
    More(Vec<Prep>),
    /// AWS says that something lives in it or uses it: perhaps something new that may go.
    LookAround {
        why: String,
    },
}

/// How a step ended, and the last attempt that was written down.
#[derive(Debug)]
pub struct Lived {
    pub end: End,
    pub attempts: u32,
}

/// How a done step came to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completion {
    Done,
    AlreadyGone,
    Pending(Option<Timestamp>),
}

/// What all steps of a run share.
pub struct Shared<'a> {
    pub eyes: &'a Eyes<'a>,
    pub run: &'a OpenRun,
    pub options: RemovalOptions,
    pub interrupt: &'a Interrupt,
    pub observer: &'a dyn Observer,
    pub catalog: &'a Catalog,
}

/// A step's own bookkeeping.
pub struct Life<'a> {
    shared: &'a Shared<'a>,
    step: &'a Step,
    progress: Progress,
    /// The attempt that was last written down; 0 for none.
    attempt: u32,
    tries: u32,
    /// Calls that left in this life.
    calls: u32,
    in_use_looks: u32,
    /// Preparatory steps of the resource that the plan has, done or not.
    known_preps: Vec<Prep>,
    waited: Duration,
    /// How long it could not be read, since it last could.
    blind_for: Duration,
    pause: Duration,
}

impl<'a> Life<'a> {
    /// A step of which `attempts` were made before, by this process or another. It `returns` to
    /// the queue for so many times, and asks ever more slowly.
    pub fn new(
        shared: &'a Shared<'a>,
        step: &'a Step,
        attempts: u32,
        returns: u32,
        known: Vec<Prep>,
    ) -> Self {
        let mut pause = POLL_FIRST;
        for _ in 0..returns {
            pause = longer(pause);
        }
        Self {
            shared,
            step,
            progress: Progress::with_brake(shared.interrupt.brake()),
            attempt: attempts,
            tries: 0,
            calls: 0,
            in_use_looks: 0,
            known_preps: known,
            waited: Duration::ZERO,
            blind_for: Duration::ZERO,
            pause,
        }
    }

    /// Lives it to its end. `Err` only if the journal cannot be written: then no call was made.
    pub async fn live(mut self) -> Result<Lived, JournalError> {
        let end = self.live_on().await?;
        Ok(Lived { end, attempts: self.attempt })
    }

    async fn live_on(&mut self) -> Result<End, JournalError> {
        self.say(Event::Started { step: self.step.clone(), progress: self.progress.clone() });
        loop {
            if let Some(end) = self.approach().await? {
                return Ok(end);
            }
        }
    }

    /// A look, and what follows from it. `None`: look again.
    async fn approach(&mut self) -> Result<Option<End>, JournalError> {
        let (resource, verdict) = match self.shared.eyes.look(self.step).await {
            Look::Clear(resource, verdict) => (*resource, verdict),
            Look::Gone => return self.done(Completion::AlreadyGone).await.map(Some),
            Look::Pending(until) => return self.done(Completion::Pending(until)).await.map(Some),
            Look::Refused { why, used_by, fresh } => {
                // What an earlier attempt has brought about needs no call, so no leave either.
                return match fresh.map(|fresh| (self.settled(Some(&fresh)), fresh)) {
                    Some((Settled::Done, _)) => self.done(Completion::AlreadyGone).await.map(Some),
                    Some((Settled::NotYet(status), fresh)) if self.may_only_wait(&fresh) => {
                        self.wait(status, false).await
                    }
                    _ => self.refused(why, used_by).await.map(Some),
                };
            }
            Look::Blind(error) => return self.blind(error).await,
        };
        self.blind_for = Duration::ZERO;
        if let Some(more) = self.missing_preps(&resource) {
            return Ok(Some(End::More(more)));
        }
        match self.settled(Some(&resource)) {
            // A preparatory step that somebody else has done, or an earlier attempt of ours.
            Settled::Done => return self.done(Completion::AlreadyGone).await.map(Some),
            Settled::NotYet(status) if self.may_only_wait(&resource) => {
                return self.wait(status, false).await;
            }
            _ => {}
        }
        self.act(resource, verdict).await.map(Some)
    }

    /// A delete that goes on already needs no call, only patience; so does a stop.
    fn may_only_wait(&self, resource: &Resource) -> bool {
        match resource.lifecycle {
            Lifecycle::Leaving { .. } => true,
            Lifecycle::Changing { .. } => self.step.action == Action::Stop,
            _ => false,
        }
    }

    async fn act(
        &mut self,
        mut resource: Resource,
        mut verdict: Verdict,
    ) -> Result<End, JournalError> {
        let Some(kind) = registry::find(resource.kind()) else {
            let why = format!("this version does not know the kind {}", resource.kind());
            return self.refused(why, Vec::new()).await;
        };
        let aws = aws_for(self.shared.eyes.discovery.aws(), &resource, kind);
        loop {
            if self.shared.interrupt.is_stopping() {
                return Ok(End::Interrupted);
            }
            if self.tries >= ATTEMPTS_MAX {
                let why = format!("given up after {ATTEMPTS_MAX} attempts");
                return self.failed_because("attempts", why).await;
            }
            // The world moves on while a step waits: no call leaves on an old look.
            if self.calls > 0 {
                match self.shared.eyes.look(self.step).await {
                    Look::Clear(now, decided) => (resource, verdict) = (*now, decided),
                    Look::Gone => return self.done(Completion::Done).await,
                    Look::Pending(until) => return self.done(Completion::Pending(until)).await,
                    Look::Refused { why, used_by, .. } => return self.refused(why, used_by).await,
                    Look::Blind(error) => match self.blind(error).await? {
                        Some(end) => return Ok(end),
                        None => continue,
                    },
                }
            }
            self.calls += 1;
            self.tries += 1;
            self.attempt += 1;
            let now = self.now();
            let intent =
                self.shared.run.intent(now, &self.step.step, self.attempt, Some(&resource)).await?;
            let manifest = self.shared.eyes.manifest;
            let checked = guard::check(self.step, &resource, &verdict, manifest, &aws, &intent);
            let cleared = match checked {
                Ok(cleared) => cleared,
                Err(why) => return self.refused(why, Vec::new()).await,
            };
            let end = match self.call(cleared, kind, &aws, &resource).await {
                Ok(Acted::Done) => self.after_done().await?,
                Ok(Acted::Started) => self.wait("accepted".to_owned(), true).await?,
                Ok(Acted::HalfWay) => {
                    self.write(Outcome::Uncertain { why: "stopped half-way".to_owned() }).await?;
                    Some(End::Interrupted)
                }
                Err(error) => self.after_error(error).await?,
            };
            if let Some(end) = end {
                return Ok(end);
            }
        }
    }

    /// The one place from which a call that changes something leaves; it takes the guard's word.
    async fn call(
        &self,
        _cleared: Cleared,
        kind: &dyn ResourceKind,
        aws: &Aws,
        resource: &Resource,
    ) -> Result<Acted, AwsError> {
        let prep = self.step.prep();
        kind.act(aws, resource, &prep, &self.shared.options, &self.progress).await
    }

    /// A key is not gone but in its window: until when, only AWS knows.
    async fn after_done(&mut self) -> Result<Option<End>, JournalError> {
        if self.step.action == Action::ScheduleDeletion
            && let Ok(Some(fresh)) = self.shared.eyes.reread(&self.step.resource).await
            && let Lifecycle::Pending { until } = fresh.lifecycle
        {
            return self.done(Completion::Pending(until)).await.map(Some);
        }
        self.done(Completion::Done).await.map(Some)
    }

    /// Preparatory steps that the plan does not have: somebody attached one more policy.
    fn missing_preps(&self, fresh: &Resource) -> Option<Vec<Prep>> {
        if !self.step.action.is_removal() {
            return None;
        }
        let missing: Vec<Prep> = fresh
            .removal
            .prep
            .iter()
            .filter(|prep| !self.known_preps.contains(prep))
            .cloned()
            .collect();
        (!missing.is_empty()).then_some(missing)
    }

    fn now(&self) -> Timestamp {
        self.shared.eyes.discovery.aws().clock().now()
    }

    fn say(&self, event: Event) {
        self.shared.observer.event(&event);
    }

    async fn write(&self, outcome: Outcome) -> Result<(), JournalError> {
        self.shared.run.outcome(self.now(), &self.step.step, self.attempt, outcome).await
    }

    async fn uncertain(&self, error: &AwsError) -> Result<(), JournalError> {
        self.write(Outcome::Uncertain { why: error.to_string() }).await
    }

    async fn done(&self, how: Completion) -> Result<End, JournalError> {
        self.write(match &how {
            Completion::Done => Outcome::Done,
            Completion::AlreadyGone => Outcome::AlreadyGone,
            Completion::Pending(until) => Outcome::Pending { until: *until },
        })
        .await?;
        Ok(End::Done(how))
    }

    async fn failed(&self, error: &AwsError) -> Result<End, JournalError> {
        let class = format!("{:?}", error.class).to_ascii_lowercase();
        self.failed_because(&class, error.to_string()).await
    }

    async fn failed_because(&self, class: &str, why: String) -> Result<End, JournalError> {
        let class = class.to_owned();
        self.write(Outcome::Failed { class, why: why.clone() }).await?;
        Ok(End::Failed(why))
    }

    async fn refused(&self, why: String, used_by: Vec<ResourceId>) -> Result<End, JournalError> {
        self.write(Outcome::Refused { why: why.clone() }).await?;
        Ok(End::Refused { why, used_by })
    }
}
