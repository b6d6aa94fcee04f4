//! What a kind's file must say.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use serde_json::Value;

use super::{Aws, AwsError, Class, Op};
use crate::inventory::Hides;
use crate::resource::{Action, Kind, KindFacts, Lifecycle, Prep, Resource, Tags};

/// What a lister saw.
#[derive(Debug, Default)]
pub struct Listed {
    pub resources: Vec<Resource>,
    /// Why something of this kind may be missing from `resources`, or may lack its references.
    /// Any entry makes the kind *unseen* in that region; what was seen is still shown.
    pub incomplete: Vec<Incomplete>,
}

/// Something that could not be read, and what that keeps from sight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incomplete {
    pub error: AwsError,
    pub hides: Hides,
}

impl From<AwsError> for Incomplete {
    /// Whole resources may be missing.
    fn from(error: AwsError) -> Self {
        Self { error, hides: Hides::Everything }
    }
}

impl Listed {
    /// Notes why something may be missing. A denial is the same for a thousand resources: said
    /// once is enough.
    pub fn lacks(&mut self, error: AwsError, hides: Hides) {
        let same = |known: &Incomplete| known.error.class == error.class && known.hides == hides;
        if !self.incomplete.iter().any(same) {
            self.incomplete.push(Incomplete { error, hides });
        }
    }

    /// Why something may be missing, and what.
    pub fn missing(&self) -> Option<(&AwsError, Hides)> {
        let first = self.incomplete.first()?;
        let hides = self.incomplete.iter().map(|one| one.hides.clone()).reduce(Hides::and)?;
        Some((&first.error, hides))
    }
}

impl From<Vec<Resource>> for Listed {
    fn from(resources: Vec<Resource>) -> Self {
        Self { resources, incomplete: Vec::new() }
    }
}

/// What need not be read of a kind.
#[derive(Debug, Clone, Copy, Default)]
pub struct Brief<'a> {
    /// What was read before: what has ended since long is as it was.
    pub known: &'a [Resource],
    /// Whether nothing can go here, and only who uses something is of interest.
    pub users_only: bool,
}

/// What a call of [`ResourceKind::act`] achieved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acted {
    /// It is so now.
    Done,
    /// AWS goes on with it by itself: [`ResourceKind::read`] shows when it is over.
    Started,
    /// It was asked to stop and did so half-way. Repeating it does the rest.
    HalfWay,
}

/// The way back of a resource that was removed, by its record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rebuild {
    /// In order. `create` comes first, and every one of them may be repeated.
    pub steps: Vec<Prep>,
    /// What does not come back with it, and what a person has to add: `its objects`.
    pub without: Vec<String>,
}

impl Rebuild {
    /// Made by one call.
    pub fn by_create() -> Self {
        Self { steps: vec![Prep::new(Action::Create)], without: Vec::new() }
    }

    pub fn and(mut self, action: Action, target: impl Into<String>) -> Self {
        self.steps.push(Prep::of(action, target));
        self
    }

    /// Puts the parts of the record that are there back, one by one.
    pub fn configured(mut self, was: &Resource, parts: &[&str]) -> Self {
        let is_set = |part: &Value| match part {
            Value::Null => false,
            Value::Array(items) => !items.is_empty(),
            Value::Object(members) => !members.is_empty(),
            _ => true,
        };
        for part in parts.iter().filter(|part| is_set(&was.record[**part])) {
            self = self.and(Action::Configure, *part);
        }
        self
    }

    pub fn without(mut self, what: impl Into<String>) -> Self {
        self.without.push(what.into());
        self
    }
}

/// How the manifest wants things removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemovalOptions {
    /// KMS: days a key waits, 7 to 30.
    pub pending_window_days: u8,
    /// S3: whether objects under GOVERNANCE retention go too.
    pub bypass_governance_retention: bool,
    /// SageMaker domains: whether the home file system (EFS) is deleted with the domain.
    pub delete_home_efs: bool,
}

/// A count that goes up while one step works: objects removed from a bucket.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    count: Arc<AtomicU64>,
    brake: Arc<AtomicBool>,
}

impl Progress {
    /// A count whose work ends early once `brake` is set.
    pub fn with_brake(brake: Arc<AtomicBool>) -> Self {
        Self { count: Arc::default(), brake }
    }

    pub fn add(&self, count: u64) {
        self.count.fetch_add(count, Ordering::Relaxed);
    }

    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Whether long work should end at the next place where it can.
    pub fn is_stopping(&self) -> bool {
        self.brake.load(Ordering::Relaxed)
    }
}

/// One kind of resource: everything Dismantle knows of it is in the file that implements this.
#[async_trait]
pub trait ResourceKind: Send + Sync {
    fn facts(&self) -> KindFacts;

    /// Lists every resource of this kind in `aws.region()`, or in the account if the kind is
    /// global, to the last page, with its references, tags, protections and record.
    ///
    /// `parents` are the resources of `facts().parent` in the same region, empty if none.
    async fn list(&self, aws: &Aws, parents: &[Resource]) -> Result<Listed, AwsError>;

    /// As `list`, where less will do: kinds of which thousands lie in history use nothing there.
    async fn list_briefly(
        &self,
        aws: &Aws,
        parents: &[Resource],
        brief: &Brief<'_>,
    ) -> Result<Listed, AwsError> {
        let _ = brief;
        self.list(aws, parents).await
    }

    /// Reads one resource again, as `list` would show it now; `None` if it is gone. This one
    /// function tells whether a step is done: a [`Prep`] that is no longer in
    /// `removal.prep` is done, `Lifecycle::Leaving` means not yet, `None` means gone.
    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError>;

    /// Makes the call (or the calls, for `empty`) of one step. Safe to repeat. What is read for
    /// its references only has none.
    async fn act(
        &self,
        aws: &Aws,
        resource: &Resource,
        step: &Prep,
        options: &RemovalOptions,
        progress: &Progress,
    ) -> Result<Acted, AwsError> {
        let _ = (resource, options, progress);
        Err(AwsError::unsupported(aws, self.facts().kind, step.action.as_str()))
    }

    /// Adds these tags; they are known not to be there. Only asked where `facts().can_tag`.
    async fn tag(&self, aws: &Aws, resource: &Resource, tags: &Tags) -> Result<(), AwsError> {
        let _ = (resource, tags);
        Err(AwsError::unsupported(aws, self.facts().kind, "tags"))
    }
    /// How `was` is made again; `Err` says why it cannot be.
    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        Err(format!("Dismantle cannot make a {} again", was.kind()))
    }

    /// The step that takes a preparatory step of a removal back, on a thing that is still there;
    /// `Err` says what of it does not come back.
    fn undo(&self, was: &Resource, prep: &Prep) -> Result<Prep, String> {
        let _ = was;
        let target = prep.target.clone();
        match (prep.action, &target) {
            (Action::Empty, _) => Err("what was in it".to_owned()),
            (Action::Untag, Some(tag)) => {
                Err(format!("its tag {tag}, which was taken off it: put it on again by hand"))
            }
            (Action::Stop, _) => Err("what ran in it, which was stopped".to_owned()),
            (Action::DetachPolicy, _) => Ok(Prep { action: Action::AttachPolicy, target }),
            (Action::DeleteInlinePolicy, _) => Ok(Prep { action: Action::PutInlinePolicy, target }),
            (Action::RemoveFromInstanceProfile, _) => {
                Ok(Prep { action: Action::AddToInstanceProfile, target })
            }
            (Action::DeletePolicyVersion, _) => {
                Ok(Prep { action: Action::CreatePolicyVersion, target })
            }
            (other, _) => Err(format!("what {other} took off it, which Dismantle cannot put back")),
        }
    }

    /// The resource that is there in the place of `was`, which may carry another id by now.
    async fn find_again(&self, aws: &Aws, was: &Resource) -> Result<Option<Resource>, AwsError> {
        self.read(aws, was).await
    }

    /// Whether `now` shows what a step of [`ResourceKind::rebuild`] brings about.
    fn shows(&self, was: &Resource, now: &Resource, step: &Prep) -> bool {
        let to_undo = |action| {
            let undo = Prep { action, target: step.target.clone() };
            now.removal.prep.contains(&undo)
        };
        match step.action {
            Action::AttachPolicy => to_undo(Action::DetachPolicy),
            Action::PutInlinePolicy => to_undo(Action::DeleteInlinePolicy),
            Action::AddToInstanceProfile => to_undo(Action::RemoveFromInstanceProfile),
            Action::Start => to_undo(Action::Stop),
            Action::Stop => !to_undo(Action::Stop),
            Action::CancelDeletion => !matches!(now.lifecycle, Lifecycle::Pending { .. }),
            Action::Configure => {
                let part = step.target.as_deref().unwrap_or_default();
                now.record[part] == was.record[part]
            }
            _ => true,
        }
    }

    /// Makes the call (or the few calls) of one step of [`ResourceKind::rebuild`]. Safe to
    /// repeat, but for `create`, before which nothing of that name may be there.
    async fn make(&self, aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
        let _ = was;
        Err(AwsError::unsupported(aws, self.facts().kind, step.action.as_str()))
    }
}

impl AwsError {
    /// What the kind's file does not do.
    pub fn unsupported(aws: &Aws, kind: Kind, what: &str) -> Self {
        let op = Op { service: kind.service(), name: kind.resource(), write: true };
        let mut error =
            AwsError::garbled(op, aws.region(), format!("Dismantle does not do {what}"));
        error.class = Class::Bug;
        error
    }
}
