//! The life of one step: look, write the intent, call, understand the answer, wait.

use std::time::Duration;

use jiff::Timestamp;

use super::event::{Event, Observer};
use super::eyes::{Eyes, Look};
use super::guard::{self, Cleared};
use super::interrupt::Interrupt;
use crate::aws::{Acted, Aws, AwsError, Class, Progress, RemovalOptions, ResourceKind, registry};
use crate::classify::Verdict;
use crate::discover::aws_for;
use crate::journal::{JournalError, OpenRun, Outcome};
use crate::plan::Step;
use crate::resource::{Action, Catalog, Lifecycle, Prep, Resource, ResourceId};

/// Calls of one step before it is given up. Waiting for something does not count.
const ATTEMPTS_MAX: u32 = 10;

/// Refusals because of something in use, before everything that may use it is looked for anew.
/// IAM shows a detach late, being eventually consistent (IAM user guide, "Changes that I make are
/// not always immediately visible"), so the first one may be old news.
const IN_USE_LOOKS: u32 = 2;

/// The longest wait for one thing to go or to stop. SageMaker gives the script of a stopped job
/// two minutes, and a cluster takes twenty; more than an hour is a stall to report.
const WAIT_MAX: Duration = Duration::from_secs(70 * 60);

/// For how long a thing that cannot be read is tried again.
const BLIND_MAX: Duration = Duration::from_secs(10 * 60);

/// A delete that was accepted shows late in what is read.
const ACCEPTED_SHOWS_WITHIN: Duration = Duration::from_secs(120);

/// AWS's waiters ask every 5 to 30 seconds; a quick thing is seen quickly.
const POLL_FIRST: Duration = Duration::from_secs(2);
const POLL_LONGEST: Duration = Duration::from_secs(30);

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

/// Where a step stands, as the resource shows it.
#[derive(Debug, PartialEq, Eq)]
enum Settled {
    Done,
    Pending(Option<Timestamp>),
    NotYet(String),
    Undone,
    Failed(String),
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

    /// It could not be looked at. Credentials that are no good any more end the run at a clean
    /// point, resumable; what passes is waited for. `None`: look again.
    async fn blind(&mut self, error: AwsError) -> Result<Option<End>, JournalError> {
        match error.class {
            Class::Expired | Class::Credentials => {
                self.shared.interrupt.stop(error.to_string());
                Ok(Some(End::Interrupted))
            }
            Class::Ambiguous | Class::Unreachable | Class::Throttled | Class::Conflict
                if self.blind_for < BLIND_MAX =>
            {
                self.blind_for += self.pause;
                match self.rest().await {
                    true => Ok(None),
                    false => Ok(Some(End::Interrupted)),
                }
            }
            _ => self.failed(&error).await.map(Some),
        }
    }

    /// `None`: try again.
    async fn after_error(&mut self, error: AwsError) -> Result<Option<End>, JournalError> {
        match error.class {
            Class::NotFound => self.after_not_found(error).await,
            Class::Expired | Class::Credentials => {
                self.uncertain(&error).await?;
                self.shared.interrupt.stop(error.to_string());
                Ok(Some(End::Interrupted))
            }
            Class::Ambiguous | Class::Unreachable | Class::Throttled | Class::Conflict => {
                self.uncertain(&error).await?;
                if !self.rest().await {
                    return Ok(Some(End::Interrupted));
                }
                self.look_and_go_on().await
            }
            Class::NotReady => {
                self.uncertain(&error).await?;
                self.tries -= 1;
                if !self.rest().await {
                    return Ok(Some(End::Interrupted));
                }
                if self.waited > WAIT_MAX {
                    return self.failed(&error).await.map(Some);
                }
                self.look_and_go_on().await
            }
            Class::InUse => self.after_in_use(error).await,
            Class::Protected
            | Class::Denied
            | Class::Unavailable
            | Class::Garbled
            | Class::Quota
            | Class::Refused
            | Class::Bug => self.failed(&error).await.map(Some),
        }
    }

    /// Some services say it in a text that may mean something else, and a delete that goes on may
    /// be asked for twice: it is looked at.
    async fn after_not_found(&mut self, error: AwsError) -> Result<Option<End>, JournalError> {
        let fresh = match self.shared.eyes.reread(&self.step.resource).await {
            Ok(fresh) => fresh,
            Err(unread) => {
                self.uncertain(&error).await?;
                return self.blind(unread).await;
            }
        };
        match self.settled(fresh.as_ref()) {
            Settled::Done => self.done(Completion::AlreadyGone).await.map(Some),
            Settled::Pending(until) => self.done(Completion::Pending(until)).await.map(Some),
            Settled::Failed(why) => self.failed_because("failed", why).await.map(Some),
            Settled::NotYet(status) => {
                self.uncertain(&error).await?;
                self.wait(status, true).await
            }
            Settled::Undone => {
                self.uncertain(&error).await?;
                match self.rest().await {
                    true => Ok(None),
                    false => Ok(Some(End::Interrupted)),
                }
            }
        }
    }

    /// Something is in it or on it: new preparatory steps, a new child, or old news.
    async fn after_in_use(&mut self, error: AwsError) -> Result<Option<End>, JournalError> {
        self.uncertain(&error).await?;
        self.in_use_looks += 1;
        self.tries = self.tries.saturating_sub(1);
        match self.shared.eyes.reread(&self.step.resource).await {
            Ok(None) => return self.done(Completion::AlreadyGone).await.map(Some),
            Ok(Some(fresh)) if !fresh.removal.prep.is_empty() && self.step.action.is_removal() => {
                return Ok(Some(End::More(fresh.removal.prep)));
            }
            Ok(Some(_)) | Err(_) => {}
        }
        if self.in_use_looks >= IN_USE_LOOKS {
            return Ok(Some(End::LookAround { why: error.to_string() }));
        }
        match self.rest().await {
            true => Ok(None),
            false => Ok(Some(End::Interrupted)),
        }
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

    /// After an answer that told nothing: what does the resource say?
    async fn look_and_go_on(&mut self) -> Result<Option<End>, JournalError> {
        match self.shared.eyes.reread(&self.step.resource).await {
            Err(error) => {
                tracing::debug!(%error, "could not look");
                Ok(None)
            }
            Ok(fresh) => match self.settled(fresh.as_ref()) {
                Settled::Done => self.done(Completion::Done).await.map(Some),
                Settled::Pending(until) => self.done(Completion::Pending(until)).await.map(Some),
                Settled::NotYet(status) if fresh.is_some_and(|f| self.may_only_wait(&f)) => {
                    self.wait(status, true).await
                }
                Settled::NotYet(_) | Settled::Undone => Ok(None),
                Settled::Failed(why) => self.failed_because("failed", why).await.map(Some),
            },
        }
    }

    /// Waits until the step shows as done. `None`: it has to be asked for again.
    async fn wait(
        &mut self,
        status: String,
        just_accepted: bool,
    ) -> Result<Option<End>, JournalError> {
        self.pause = POLL_FIRST;
        self.say(Event::Waiting { step: self.step.clone(), status });
        let mut since = Duration::ZERO;
        loop {
            let pause = self.pause;
            if !self.rest().await {
                return Ok(Some(End::Interrupted));
            }
            since += pause;
            if since > WAIT_MAX || self.waited > 2 * WAIT_MAX {
                let minutes = WAIT_MAX.as_secs() / 60;
                let why = format!("not done after {minutes} minutes; AWS goes on with it");
                return self.failed_because("wait", why).await.map(Some);
            }
            let fresh = match self.shared.eyes.reread(&self.step.resource).await {
                Ok(fresh) => fresh,
                Err(error) if matches!(error.class, Class::Expired | Class::Credentials) => {
                    self.shared.interrupt.stop(error.to_string());
                    return Ok(Some(End::Interrupted));
                }
                Err(error) if error.class == Class::Denied => {
                    return self.failed(&error).await.map(Some);
                }
                Err(_) => continue,
            };
            match self.settled(fresh.as_ref()) {
                Settled::Done => return self.done(Completion::Done).await.map(Some),
                Settled::Pending(until) => {
                    return self.done(Completion::Pending(until)).await.map(Some);
                }
                Settled::NotYet(status) => {
                    self.say(Event::Waiting { step: self.step.clone(), status });
                }
                Settled::Undone if just_accepted && since < ACCEPTED_SHOWS_WITHIN => {}
                Settled::Undone => return Ok(None),
                Settled::Failed(why) => return self.failed_because("failed", why).await.map(Some),
            }
        }
    }

    /// What a fresh reading says of this step.
    fn settled(&self, fresh: Option<&Resource>) -> Settled {
        let Some(fresh) = fresh else { return Settled::Done };
        if fresh.differs_from(self.step.pin.as_deref(), self.step.created).is_some() {
            return Settled::Done;
        }
        let prep = self.step.prep();
        match (self.step.action, &fresh.lifecycle) {
            (_, Lifecycle::Leaving { status }) => Settled::NotYet(status.clone()),
            (_, Lifecycle::Pending { until }) => Settled::Pending(*until),
            (Action::Delete, Lifecycle::DeleteFailed { why }) if self.attempt > 0 => {
                Settled::Failed(why.clone())
            }
            (Action::Delete | Action::ScheduleDeletion, _) => Settled::Undone,
            (Action::LiftProtection, _) => {
                match fresh.protections.iter().any(|protection| protection.liftable) {
                    true => Settled::Undone,
                    false => Settled::Done,
                }
            }
            (Action::Untag, _) => {
                let keys = self.shared.catalog.get(fresh.kind());
                let mut keys = keys.into_iter().flat_map(|facts| facts.where_keys);
                let there = keys.any(|key| {
                    let values = fresh.facts.get(key.name).map_or(&[] as &[String], Vec::as_slice);
                    key.parts && prep.target.as_ref().is_some_and(|t| values.contains(t))
                });
                if there { Settled::Undone } else { Settled::Done }
            }
            (_, Lifecycle::Changing { status }) => Settled::NotYet(status.clone()),
            _ if fresh.removal.prep.contains(&prep) => Settled::Undone,
            _ => Settled::Done,
        }
    }

    /// A pause that grows; `false` if the run is stopping.
    async fn rest(&mut self) -> bool {
        let pause = self.pause;
        self.pause = longer(pause);
        self.waited += pause;
        self.shared.interrupt.sleep(pause).await
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

/// The pause after this one.
fn longer(pause: Duration) -> Duration {
    (pause * 3 / 2).min(POLL_LONGEST)
}
