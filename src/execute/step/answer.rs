//! What an answer of AWS's means for a step, or that there was none.

use std::time::Duration;

use super::wait::{Settled, WAIT_MAX};
use super::{Completion, End, Life};
use crate::aws::{AwsError, Class};
use crate::journal::JournalError;

/// Refusals because of something in use, before everything that may use it is looked for anew.
/// IAM shows a detach late, being eventually consistent (IAM user guide, "Changes that I make are
/// not always immediately visible"), so the first one may be old news.
const IN_USE_LOOKS: u32 = 2;

/// For how long a thing that cannot be read is tried again.
const BLIND_MAX: Duration = Duration::from_secs(10 * 60);

impl Life<'_> {
    /// It could not be looked at. Credentials that are no good any more end the run at a clean
    /// point, resumable; what passes is waited for. `None`: look again.
    pub(super) async fn blind(&mut self, error: AwsError) -> Result<Option<End>, JournalError> {
        match error.class {
            Class::Expired | Class::Credentials | Class::OtherAccount => {
                self.shared.interrupt.stop(error.to_pause());
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
    pub(super) async fn after_error(
        &mut self,
        error: AwsError,
    ) -> Result<Option<End>, JournalError> {
        match error.class {
            Class::NotFound => self.after_not_found(error).await,
            Class::Expired | Class::Credentials | Class::OtherAccount => {
                self.uncertain(&error).await?;
                self.shared.interrupt.stop(error.to_pause());
                Ok(Some(End::Interrupted))
            }
            // A page of a proxy's, or half an answer, says as little of the effect as none does.
            Class::Ambiguous
            | Class::Unreachable
            | Class::Throttled
            | Class::Conflict
            | Class::Garbled => {
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
            Class::Protected if error.is_held_back() => {
                self.refused(error.to_string(), Vec::new()).await.map(Some)
            }
            Class::Protected
            | Class::Taken
            | Class::Denied
            | Class::Unavailable
            | Class::Quota
            | Class::Refused
            | Class::Bug => self.failed(&error).await.map(Some),
        }
    }

    /// Some services say it in a text that may mean something else, and a delete that goes on may
    /// be asked for twice: it is looked at.
    pub(super) async fn after_not_found(
        &mut self,
        error: AwsError,
    ) -> Result<Option<End>, JournalError> {
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
    pub(super) async fn after_in_use(
        &mut self,
        error: AwsError,
    ) -> Result<Option<End>, JournalError> {
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

    /// After an answer that told nothing: what does the resource say?
    pub(super) async fn look_and_go_on(&mut self) -> Result<Option<End>, JournalError> {
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
}
