//! What lives in a cluster: listed cluster by cluster, then described one by one.

use async_trait::async_trait;
use futures::stream::{self, StreamExt};

use crate::aws::{
    Acted, Aws, AwsError, Class, Listed, Progress, Rebuild, RemovalOptions, ResourceKind, found,
    kinds,
};
use crate::inventory::Hides;
use crate::resource::{Action, KindFacts, Prep, Resource, ResourceId, Tags, Unread};

/// Details are read this many at a time; the token buckets pace them.
pub(super) const SIDE_BY_SIDE: usize = 8;

#[async_trait]
pub(super) trait ClusterChild: Send + Sync {
    fn facts(&self) -> KindFacts;

    /// The last parts of the ids of all that live in the cluster.
    async fn names(&self, aws: &Aws, cluster: &str) -> Result<Vec<String>, AwsError>;

    /// Fills in `blank`, of which only the id, the name and the parent are known.
    async fn describe(
        &self,
        aws: &Aws,
        cluster: &str,
        name: &str,
        blank: Resource,
    ) -> Result<Resource, AwsError>;

    /// Adds to the record what is only needed to make it again, and takes calls of its own.
    async fn settings(&self, aws: &Aws, cluster: &str, resource: &mut Resource) {
        let _ = (aws, cluster, resource);
    }

    async fn delete(&self, aws: &Aws, cluster: &str, name: &str) -> Result<Acted, AwsError>;

    /// As [`ResourceKind::rebuild`]; its steps are [`ClusterChild::create`], and perhaps
    /// [`ClusterChild::configure`].
    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        Err(format!("Dismantle cannot make a {} again", was.kind()))
    }

    async fn create(
        &self,
        aws: &Aws,
        cluster: &str,
        name: &str,
        was: &Resource,
    ) -> Result<Acted, AwsError> {
        let _ = (cluster, name);
        Err(AwsError::unsupported(aws, was.kind(), Action::Create.as_str()))
    }

    /// Puts back what [`ClusterChild::settings`] read.
    async fn configure(
        &self,
        aws: &Aws,
        cluster: &str,
        name: &str,
        was: &Resource,
    ) -> Result<Acted, AwsError> {
        let _ = (cluster, name);
        Err(AwsError::unsupported(aws, was.kind(), Action::Configure.as_str()))
    }

    /// The last part of the id that stands in the place of `was`; `None` if none does.
    async fn name_again(
        &self,
        aws: &Aws,
        cluster: &str,
        was: &Resource,
    ) -> Result<Option<String>, AwsError> {
        let _ = (aws, cluster);
        Ok(Some(parts(was).1.to_owned()))
    }
}

/// A kind of child as a [`ResourceKind`].
pub(super) struct InCluster<T>(pub T);

impl<T: ClusterChild> InCluster<T> {
    fn blank(&self, aws: &Aws, cluster: &str, name: &str) -> Resource {
        let id = format!("{cluster}/{name}");
        let mut resource = Resource::new(self.0.facts().kind, aws.region(), id, name);
        resource.parent = Some(ResourceId::new(kinds::eks::CLUSTER, aws.region(), cluster));
        resource
    }

    /// It alone, with all that is needed to make it again.
    async fn whole(
        &self,
        aws: &Aws,
        cluster: &str,
        name: &str,
    ) -> Result<Option<Resource>, AwsError> {
        let blank = self.blank(aws, cluster, name);
        let mut seen = found(self.0.describe(aws, cluster, name, blank).await)?;
        if let Some(seen) = &mut seen {
            self.0.settings(aws, cluster, seen).await;
        }
        Ok(seen)
    }
}

/// A cluster's name has no slash; what follows the first one is the child's, slashes and all.
fn parts(resource: &Resource) -> (&str, &str) {
    resource.id.id.split_once('/').unwrap_or((&resource.id.id, ""))
}

#[async_trait]
impl<T: ClusterChild> ResourceKind for InCluster<T> {
    fn facts(&self) -> KindFacts {
        self.0.facts()
    }

    async fn list(&self, aws: &Aws, parents: &[Resource]) -> Result<Listed, AwsError> {
        let mut listed = Listed::default();
        let clusters: Vec<String> = parents.iter().map(|parent| parent.id.id.clone()).collect();
        let mut lists = stream::iter(clusters)
            .map(|cluster| async move { (self.0.names(aws, &cluster).await, cluster) })
            .buffer_unordered(SIDE_BY_SIDE);
        let mut children = Vec::new();
        while let Some((names, cluster)) = lists.next().await {
            match names {
                Ok(names) => children.extend(names.into_iter().map(|n| (cluster.clone(), n))),
                Err(error) if error.is_not_found() => {}
                Err(error) if error.class == Class::Unavailable => return Err(error),
                Err(error) => listed.incomplete.push(error.into()),
            }
        }
        let mut details = stream::iter(children)
            .map(|(cluster, name)| async move {
                let blank = self.blank(aws, &cluster, &name);
                let seen = self.0.describe(aws, &cluster, &name, blank.clone()).await;
                (seen, blank)
            })
            .buffer_unordered(SIDE_BY_SIDE);
        while let Some((seen, blank)) = details.next().await {
            match seen {
                Ok(resource) => listed.resources.push(resource),
                Err(error) if error.is_not_found() => {}
                Err(error) => {
                    listed.resources.push(unread(blank, &error));
                    listed.lacks(error, Hides::uses_of(self.0.facts().can_use.iter().copied()));
                }
            }
        }
        listed.resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(listed)
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let (cluster, name) = parts(known);
        self.whole(aws, cluster, name).await
    }

    async fn act(
        &self,
        aws: &Aws,
        resource: &Resource,
        step: &Prep,
        _: &RemovalOptions,
        _: &Progress,
    ) -> Result<Acted, AwsError> {
        let (cluster, name) = parts(resource);
        match step.action {
            Action::Delete => self.0.delete(aws, cluster, name).await,
            other => Err(AwsError::unsupported(aws, resource.kind(), other.as_str())),
        }
    }

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        self.0.rebuild(was)
    }

    async fn find_again(&self, aws: &Aws, was: &Resource) -> Result<Option<Resource>, AwsError> {
        let (cluster, _) = parts(was);
        let Some(name) = found(self.0.name_again(aws, cluster, was).await)?.flatten() else {
            return Ok(None);
        };
        self.whole(aws, cluster, &name).await
    }

    async fn make(&self, aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
        let (cluster, name) = parts(was);
        match step.action {
            Action::Create => self.0.create(aws, cluster, name, was).await,
            Action::Configure => self.0.configure(aws, cluster, name, was).await,
            other => Err(AwsError::unsupported(aws, was.kind(), other.as_str())),
        }
    }

    async fn tag(&self, aws: &Aws, resource: &Resource, tags: &Tags) -> Result<(), AwsError> {
        super::add_tags(aws, resource, tags).await
    }
}

/// What is known of a thing whose description could not be read.
pub(super) fn unread(mut resource: Resource, error: &AwsError) -> Resource {
    resource.unread.push(Unread { what: "description".to_owned(), why: error.to_string() });
    resource
}
