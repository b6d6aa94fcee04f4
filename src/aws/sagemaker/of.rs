//! Any [`Described`] kind as the rest of the program sees it.

use async_trait::async_trait;
use futures::stream::{self, StreamExt};
use serde_json::Value;

use super::common::{Described, lifecycle};
use super::shown::{record, text};
use super::{references, tags};
use crate::aws::kinds::s3::BUCKET;
use crate::aws::{
    Acted, Aws, AwsError, Brief, Class, Listed, Op, Progress, Rebuild, RemovalOptions,
    ResourceKind, found,
};
use crate::inventory::Hides;
use crate::resource::{Action, KindFacts, Lifecycle, Prep, Removable, Resource, Tags, Unread};

/// Details read side by side; the limits of [`Aws::call`] pace them.
const SIDE_BY_SIDE: usize = 8;

/// Which bucket an access point stands for says S3 Control alone, which is not asked.
fn unresolved(aws: &Aws, point: &str) -> AwsError {
    const ASKING: Op = Op::read("s3", "GetAccessPoint");
    let why = format!("Dismantle does not ask which bucket {point} stands for");
    AwsError { class: Class::Bug, ..AwsError::garbled(ASKING, aws.region(), why) }
}

/// A [`Described`] kind as the rest of the program sees it.
pub(super) struct Of<T>(pub T);

impl<T: Described> Of<T> {
    fn resource(&self, aws: &Aws, id: String, shown: &Value) -> Resource {
        let shape = self.0.shape();
        let name = text(shown, shape.name).unwrap_or(&id).to_owned();
        let mut resource = Resource::new(shape.kind, aws.region(), id, name);
        resource.arn = text(shown, shape.arn).map(str::to_owned);
        resource.created = text(shown, "CreationTime").and_then(|time| time.parse().ok());
        if let Some(status) = shape.status.and_then(|member| text(shown, member)) {
            resource.fact("status", status);
            resource.lifecycle = lifecycle(status, text(shown, "FailureReason"));
        }
        resource.uses = references::find(aws, shown, self.0.facts().can_use, shape.members);
        resource.record = record(shown);
        self.0.complete(&mut resource, shown);
        resource
    }

    async fn whole(&self, aws: &Aws, id: String, shown: &Value, parents: &[Resource]) -> Resource {
        let mut resource = self.resource(aws, id, shown);
        if let Err(error) = self.tags(aws, &mut resource, parents).await {
            resource.unread.push(Unread { what: "tags".to_owned(), why: error.to_string() });
        }
        resource
    }

    /// Tags are the resource's own, or those of a parent that was read already.
    async fn tags(
        &self,
        aws: &Aws,
        resource: &mut Resource,
        parents: &[Resource],
    ) -> Result<(), AwsError> {
        let Some(arn) = self.0.tagged_arn(resource) else { return Ok(()) };
        let parent = parents.iter().find(|parent| parent.arn.as_deref() == Some(&arn));
        if let Some(parent) = parent {
            resource.tags = parent.tags.clone();
            let tags = parent.unread.iter().filter(|unread| unread.what == "tags");
            resource.unread.extend(tags.cloned());
            return Ok(());
        }
        resource.tags = tags::list(aws, &arn).await?;
        Ok(())
    }

    /// What a custom endpoint does not know, it does not have.
    async fn closer(&self, aws: &Aws, resource: &mut Resource) -> Result<(), AwsError> {
        match self.0.look_closer(aws, resource).await {
            Err(error) if error.class == Class::Unavailable => Ok(()),
            other => other,
        }
    }

    /// One resource of a list, and why its references may be missing.
    async fn one(
        &self,
        aws: &Aws,
        id: String,
        summary: Value,
        parents: &[Resource],
    ) -> Option<(Resource, Option<AwsError>)> {
        let shown = match found(self.0.describe(aws, &id).await) {
            Ok(shown) => shown?,
            Err(error) => {
                let mut resource = self.whole(aws, id, &summary, parents).await;
                let what = "details".to_owned();
                resource.unread.push(Unread { what, why: error.to_string() });
                return Some((resource, Some(error)));
            }
        };
        let id = self.0.id(&shown)?;
        let mut resource = self.whole(aws, id.clone(), &shown, parents).await;
        // What goes while it is being read has no tags to read any more.
        if !resource.unread.is_empty() && matches!(found(self.0.describe(aws, &id).await), Ok(None))
        {
            return None;
        }
        if let Err(error) = self.closer(aws, &mut resource).await {
            let what = "what belongs to it".to_owned();
            resource.unread.push(Unread { what, why: error.to_string() });
        }
        Some((resource, None))
    }

    /// What a summary alone tells well enough: a job that has ended uses nothing, and stays as it
    /// was when it was read. Where nothing can be removed, no more is of interest.
    fn ended(&self, aws: &Aws, id: &str, summary: &Value, brief: &Brief<'_>) -> Option<Resource> {
        let shown = self.resource(aws, id.to_owned(), summary);
        if !matches!(shown.lifecycle, Lifecycle::Ended { .. }) {
            return None;
        }
        let same = |known: &&Resource| {
            known.id == shown.id
                && known.lifecycle == shown.lifecycle
                && known.created.is_some()
                && known.created == shown.created
        };
        let known = brief.known.iter().find(same).cloned();
        let only_read = self.0.facts().removable == Removable::ReadOnly;
        known.or_else(|| (brief.users_only || only_read).then_some(shown))
    }

    /// Stops what runs. What has ended by itself meanwhile is stopped as well.
    async fn stop(&self, aws: &Aws, resource: &Resource) -> Result<Acted, AwsError> {
        let stopping = |status: &str| status == "Stopping";
        if matches!(&resource.lifecycle, Lifecycle::Changing { status } if stopping(status)) {
            return Ok(Acted::Started);
        }
        match self.0.stop(aws, resource).await {
            Err(error) if matches!(error.class, Class::Refused | Class::NotReady) => {
                match self.read(aws, resource).await? {
                    Some(now) if now.removal.prep.contains(&Prep::new(Action::Stop)) => Err(error),
                    _ => Ok(Acted::Done),
                }
            }
            other => other,
        }
    }
}

#[async_trait]
impl<T: Described> ResourceKind for Of<T> {
    fn facts(&self) -> KindFacts {
        self.0.facts()
    }

    async fn list(&self, aws: &Aws, parents: &[Resource]) -> Result<Listed, AwsError> {
        self.list_briefly(aws, parents, &Brief::default()).await
    }

    async fn list_briefly(
        &self,
        aws: &Aws,
        parents: &[Resource],
        brief: &Brief<'_>,
    ) -> Result<Listed, AwsError> {
        let summaries = self.0.list(aws, parents).await?;
        let mut listed = Listed::default();
        let mut named: Vec<(String, Value)> = Vec::new();
        for (id, shown) in summaries.into_iter().filter_map(|s| Some((self.0.id(&s)?, s))) {
            match self.ended(aws, &id, &shown, brief) {
                Some(resource) => listed.resources.push(resource),
                None => named.push((id, shown)),
            }
        }
        let mut seen: Vec<(Resource, Option<AwsError>)> = stream::iter(named)
            .map(|(id, summary)| self.one(aws, id, summary, parents))
            .buffer_unordered(SIDE_BY_SIDE)
            .filter_map(std::future::ready)
            .collect()
            .await;
        seen.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        seen.dedup_by(|(a, _), (b, _)| a.id == b.id);
        for (resource, error) in seen {
            if let Some(point) = references::by_access_point(&resource) {
                listed.lacks(unresolved(aws, point), Hides::uses_of([BUCKET]));
            }
            listed.resources.push(resource);
            if let Some(error) = error {
                let uses = self.0.facts().can_use;
                listed.lacks(error, Hides::uses_of(uses.iter().copied()));
            }
        }
        listed.resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(listed)
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let Some(shown) = found(self.0.describe(aws, &known.id.id).await)? else {
            return Ok(None);
        };
        let Some(id) = self.0.id(&shown) else { return Ok(None) };
        let mut resource = self.whole(aws, id, &shown, &[]).await;
        self.closer(aws, &mut resource).await?;
        Ok(Some(resource))
    }

    async fn act(
        &self,
        aws: &Aws,
        resource: &Resource,
        step: &Prep,
        options: &RemovalOptions,
        _progress: &Progress,
    ) -> Result<Acted, AwsError> {
        match step.action {
            Action::Stop => self.stop(aws, resource).await,
            Action::Delete => self.0.delete(aws, resource, options).await,
            other => Err(AwsError::unsupported(aws, self.0.shape().kind, other.as_str())),
        }
    }

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        self.0.rebuild(was)
    }

    fn undo(&self, _: &Resource, _: &Prep) -> Result<Prep, String> {
        self.0.undo_stop()
    }

    /// What is not ready yet has been neither stopped nor started.
    fn shows(&self, was: &Resource, now: &Resource, step: &Prep) -> bool {
        let runs = now.removal.prep.contains(&Prep::new(Action::Stop));
        let changes = matches!(now.lifecycle, Lifecycle::Changing { .. });
        match (step.action, step.target.as_deref()) {
            (Action::Stop, _) => !runs && !changes,
            (Action::Start, _) => runs && !changes,
            (Action::Configure, Some(part)) => now.record[part] == was.record[part],
            _ => true,
        }
    }

    async fn make(&self, aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
        match (step.action, step.target.as_deref()) {
            (Action::Create, _) => self.0.create(aws, was).await,
            (Action::Configure, Some(part)) => self.0.configure(aws, was, part).await,
            (Action::Start, _) => self.0.start(aws, was).await,
            (Action::Stop, _) => self.0.stop(aws, was).await,
            (other, _) => Err(AwsError::unsupported(aws, was.kind(), other.as_str())),
        }
    }

    async fn tag(&self, aws: &Aws, resource: &Resource, tags: &Tags) -> Result<(), AwsError> {
        let Some(arn) = resource.arn.as_deref().filter(|_| self.0.facts().can_tag) else {
            return Err(AwsError::unsupported(aws, self.0.shape().kind, "tags"));
        };
        tags::add(aws, arn, tags).await
    }
}
