//! What a kind's file must say.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;

use super::{Aws, AwsError};
use crate::inventory::Hides;
use crate::resource::{KindFacts, Prep, Resource, Tags};

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
}
