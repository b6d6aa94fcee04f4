//! `ecr:repository`. It goes when its images are gone: `DeleteRepository` is never asked with
//! `force`, which would take images that nobody decided on.

use async_trait::async_trait;
use aws_sdk_ecr::types;
use futures::stream::{self, StreamExt};
use serde_json::json;

use super::pull_through_cache_rule;
use crate::aws::kinds::ecr::REPOSITORY;
use crate::aws::kinds::kms::{ALIAS, KEY};
use crate::aws::{
    Acted, Aws, AwsError, Class, Listed, Op, Progress, Rebuild, RemovalOptions, ResourceKind,
    found, timestamp,
};
use crate::resource::{
    Action, KindFacts, Permissions, Prep, Reference, Resource, Scope, Tags, Unread, WhereKey,
};

const DESCRIBE: Op = Op::read("ecr", "DescribeRepositories");
const LIST_TAGS: Op = Op::read("ecr", "ListTagsForResource");
const POLICY: Op = Op::read("ecr", "GetRepositoryPolicy");
const LIFECYCLE: Op = Op::read("ecr", "GetLifecyclePolicy");
const DELETE: Op = Op::write("ecr", "DeleteRepository");
const TAG: Op = Op::write("ecr", "TagResource");

/// The largest page (ECR API reference, `maxResults`).
pub(super) const PAGE_MAX: i32 = 1000;

/// Repositories whose details are read side by side.
pub(super) const SIDE_BY_SIDE: usize = 8;

/// A repository of images.
pub struct Repository;

#[async_trait]
impl ResourceKind for Repository {
    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[KEY, ALIAS],
            where_keys: const { &[WhereKey::new("mutability", "MUTABLE, IMMUTABLE…")] },
            permissions: Permissions {
                read: &[
                    "ecr:DescribePullThroughCacheRules",
                    "ecr:DescribeRepositories",
                    "ecr:GetLifecyclePolicy",
                    "ecr:GetRepositoryPolicy",
                    "ecr:ListTagsForResource",
                ],
                remove: &["ecr:DeleteRepository"],
                tag: &["ecr:TagResource"],
            },
            restore_permissions: super::again::PERMISSIONS,
            can_tag: true,
            // The host in its URI does, and repositories' names have no capitals.
            ignores_case: true,
            ..KindFacts::new(REPOSITORY, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Listed, AwsError> {
        let client = aws.ecr();
        let start = |token| {
            let call = client.describe_repositories().max_results(PAGE_MAX);
            call.set_next_token(token).into_paginator().send()
        };
        let pages = aws.pages(DESCRIBE, start, |page| page.next_token().map(str::to_owned)).await?;
        let repositories: Vec<_> =
            pages.into_iter().flat_map(|page| page.repositories.unwrap_or_default()).collect();
        let caches = match repositories.is_empty() {
            true => Vec::new(),
            false => pull_through_cache_rule::prefixes(aws).await,
        };
        let mut details = stream::iter(repositories)
            .map(|repository| async move { with_tags(aws, resource(aws, &repository)?).await })
            .buffer_unordered(SIDE_BY_SIDE);
        let mut resources = Vec::new();
        while let Some(seen) = details.next().await {
            resources.extend(seen);
        }
        resources.iter_mut().for_each(|seen| made_again(seen, &caches));
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(resources.into())
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let call = aws.ecr().describe_repositories().repository_names(&known.id.id);
        let Some(answer) = found(aws.call(DESCRIBE, || call.clone().send()).await)? else {
            return Ok(None);
        };
        let Some(seen) = answer.repositories().first().and_then(|one| resource(aws, one)) else {
            return Ok(None);
        };
        let Some(mut seen) = with_tags(aws, seen).await else { return Ok(None) };
        policies(aws, &mut seen).await;
        made_again(&mut seen, &pull_through_cache_rule::prefixes(aws).await);
        Ok(Some(seen))
    }

    async fn act(
        &self,
        aws: &Aws,
        resource: &Resource,
        step: &Prep,
        _: &RemovalOptions,
        _: &Progress,
    ) -> Result<Acted, AwsError> {
        if step.action != Action::Delete {
            return Err(AwsError::unsupported(aws, REPOSITORY, step.action.as_str()));
        }
        let call = aws.ecr().delete_repository().repository_name(&resource.id.id);
        aws.call(DELETE, || call.clone().send()).await?;
        Ok(Acted::Done)
    }

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        Ok(super::again::rebuild(was))
    }

    async fn make(&self, aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
        super::again::make(aws, was, step).await
    }

    async fn tag(&self, aws: &Aws, resource: &Resource, tags: &Tags) -> Result<(), AwsError> {
        let mut rows = Vec::new();
        for (key, value) in tags {
            let row = types::Tag::builder().key(key).value(value).build();
            rows.push(
                row.map_err(|error| AwsError::garbled(TAG, aws.region(), error.to_string()))?,
            );
        }
        let call = aws.ecr().tag_resource().set_resource_arn(resource.arn.clone());
        let call = call.set_tags(Some(rows));
        aws.call(TAG, || call.clone().send()).await.map(drop)
    }
}

/// Says which cache rule makes the repository again: a slash ends the rule's prefix
/// (`CreatePullThroughCacheRule`, API reference).
fn made_again(seen: &mut Resource, caches: &[String]) {
    let below = |prefix: &&String| {
        seen.name.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with('/'))
    };
    if let Some(prefix) = caches.iter().find(below) {
        let caution =
            format!("the pull through cache rule {prefix} makes it again with the next pull");
        seen.cautions.push(caution);
    }
}

fn unread(seen: &mut Resource, what: &str, error: &AwsError) {
    seen.unread.push(Unread { what: what.to_owned(), why: error.to_string() });
}

/// The repository with its tags; `None` if it is gone meanwhile.
async fn with_tags(aws: &Aws, mut seen: Resource) -> Option<Resource> {
    let call = aws.ecr().list_tags_for_resource().set_resource_arn(seen.arn.clone());
    match aws.call(LIST_TAGS, || call.clone().send()).await {
        Ok(answer) => {
            let tags = answer.tags.unwrap_or_default().into_iter();
            seen.tags = tags.map(|tag| (tag.key, tag.value)).collect();
            seen.record["tags"] = json!(seen.tags);
        }
        Err(error) if error.is_not_found() => return None,
        // A custom endpoint that knows no tags has none.
        Err(error) if error.class == Class::Unavailable => {}
        Err(error) => unread(&mut seen, "tags", &error),
    }
    Some(seen)
}

/// What is only needed to make it again.
async fn policies(aws: &Aws, seen: &mut Resource) {
    let client = aws.ecr();
    let name = seen.id.id.clone();
    let policy = || client.get_repository_policy().repository_name(&name).send();
    match optional(aws.call(POLICY, policy).await) {
        Ok(answer) => {
            seen.record["policyText"] = json!(answer.and_then(|answer| answer.policy_text));
        }
        Err(error) => seen.not_recorded("policy", &error),
    }
    let lifecycle = || client.get_lifecycle_policy().repository_name(&name).send();
    match optional(aws.call(LIFECYCLE, lifecycle).await) {
        Ok(answer) => {
            let text = answer.and_then(|answer| answer.lifecycle_policy_text);
            seen.record["lifecyclePolicyText"] = json!(text);
        }
        Err(error) => seen.not_recorded("lifecycle policy", &error),
    }
}

/// What is not set, or what a custom endpoint does not know.
fn optional<T>(answer: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    match answer {
        Err(error) if error.class == Class::Unavailable => Ok(None),
        other => found(other),
    }
}

fn resource(aws: &Aws, repository: &types::Repository) -> Option<Resource> {
    let name = repository.repository_name()?;
    let mut seen = Resource::new(REPOSITORY, aws.region(), name, name);
    seen.arn = repository.repository_arn().map(str::to_owned);
    seen.spellings.extend(repository.repository_uri().map(str::to_owned));
    seen.created = timestamp(repository.created_at());
    let mutability = repository.image_tag_mutability().map(|one| one.as_str());
    if let Some(mutability) = mutability {
        seen.fact("mutability", mutability);
    }
    let encryption = repository.encryption_configuration();
    if let Some(key) = encryption.and_then(|encryption| encryption.kms_key()) {
        if key.contains("alias/") {
            seen.uses.push(Reference::soft(ALIAS, key, "encryption key"));
        }
        seen.uses.push(Reference::soft(KEY, key, "encryption key"));
    }
    let scanning = repository.image_scanning_configuration();
    let excluded = repository.image_tag_mutability_exclusion_filters().iter();
    let excluded = excluded
        .map(|one| json!({ "filterType": one.filter_type().as_str(), "filter": one.filter() }));
    seen.record = json!({
        "repositoryName": name,
        "repositoryArn": seen.arn,
        "repositoryUri": repository.repository_uri(),
        "imageTagMutability": mutability,
        "imageTagMutabilityExclusionFilters": excluded.collect::<Vec<_>>(),
        "scanOnPush": scanning.map(|scanning| scanning.scan_on_push()),
        "encryptionType": encryption.map(|encryption| encryption.encryption_type().as_str()),
        "kmsKey": encryption.and_then(|encryption| encryption.kms_key()),
    });
    Some(seen)
}
