//! Waiting until a step shows as done.

use std::time::Duration;

use jiff::Timestamp;

use super::{Completion, End, Life, POLL_FIRST};
use crate::aws::Class;
use crate::execute::event::Event;
use crate::journal::{JournalError, Outcome};
use crate::resource::{Action, Lifecycle, Resource};

/// The longest wait for one thing to go or to stop. SageMaker gives the script of a stopped job
/// two minutes, and a cluster takes twenty; more than an hour is a stall to report.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(70 * 60);

/// A delete that was accepted shows late in what is read.
const ACCEPTED_SHOWS_WITHIN: Duration = Duration::from_secs(120);

const POLL_LONGEST: Duration = Duration::from_secs(30);

/// Where a step stands, as the resource shows it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Done,
    Pending(Option<Timestamp>),
    NotYet(String),
    Undone,
    Failed(String),
}

impl Life<'_> {
    /// Waits until the step shows as done. `None`: it has to be asked for again.
    pub(super) async fn wait(
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
                Err(error)
                    if matches!(
                        error.class,
                        Class::Expired | Class::Credentials | Class::OtherAccount
                    ) =>
                {
                    self.shared.interrupt.stop(error.to_pause());
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
                Settled::Undone => {
                    // Before it is asked for again, the journal hears what became of this call.
                    if just_accepted {
                        let why = "accepted, and not done".to_owned();
                        self.write(Outcome::Uncertain { why }).await?;
                    }
                    return Ok(None);
                }
                Settled::Failed(why) => return self.failed_because("failed", why).await.map(Some),
            }
        }
    }

    /// What a fresh reading says of this step.
    pub(super) fn settled(&self, fresh: Option<&Resource>) -> Settled {
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
    pub(super) async fn rest(&mut self) -> bool {
        let pause = self.pause;
        self.pause = longer(pause);
        self.waited += pause;
        self.shared.interrupt.sleep(pause).await
    }
}

/// The pause after this one.
pub(super) fn longer(pause: Duration) -> Duration {
    (pause * 3 / 2).min(POLL_LONGEST)
}
