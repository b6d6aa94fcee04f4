//! `ecr:pull-through-cache-rule`, read for its references only: Dismantle removes no such rules.
//! It fetches from another registry as a role, and makes a repository below its prefix again with
//! the next pull (ECR user guide, "Sync an upstream registry"); repositories say so themselves.

use async_trait::async_trait;
use aws_sdk_ecr::types;
use serde_json::json;

use super::repository::PAGE_MAX;
use crate::aws::kinds::ecr::PULL_THROUGH_CACHE_RULE;
use crate::aws::kinds::iam::ROLE;
use crate::aws::{Aws, AwsError, Listed, Op, ResourceKind, found, timestamp};
use crate::resource::{
    KindFacts, Last, Permissions, Reference, Region, Removable, Resource, Scope,
};

const DESCRIBE: Op = Op::read("ecr", "DescribePullThroughCacheRules");

/// A rule that caches another registry's images.
pub struct PullThroughCacheRule;

#[async_trait]
impl ResourceKind for PullThroughCacheRule {
    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            can_use: &[ROLE],
            permissions: Permissions {
                read: &["ecr:DescribePullThroughCacheRules"],
                ..Permissions::default()
            },
            ..KindFacts::new(PULL_THROUGH_CACHE_RULE, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Listed, AwsError> {
        let rules = all(aws).await?;
        let mut resources: Vec<_> =
            rules.iter().filter_map(|rule| resource(aws.region(), rule)).collect();
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(resources.into())
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let call = aws.ecr().describe_pull_through_cache_rules();
        let call = call.ecr_repository_prefixes(&known.id.id);
        let answer = found(aws.call(DESCRIBE, || call.clone().send()).await)?;
        let rules = answer.and_then(|answer| answer.pull_through_cache_rules).unwrap_or_default();
        let mut seen = rules.iter().filter_map(|rule| resource(aws.region(), rule));
        Ok(seen.find(|seen| seen.id == known.id))
    }
}

/// The prefixes of all rules; none where they cannot be seen, which their own list says.
pub(super) async fn prefixes(aws: &Aws) -> Vec<String> {
    let rules = all(aws).await.unwrap_or_default().into_iter();
    rules.filter_map(|rule| rule.ecr_repository_prefix).collect()
}

async fn all(aws: &Aws) -> Result<Vec<types::PullThroughCacheRule>, AwsError> {
    let client = aws.ecr();
    let start = |token| {
        let call = client.describe_pull_through_cache_rules().max_results(PAGE_MAX);
        call.set_next_token(token).into_paginator().send()
    };
    let pages = aws.pages(DESCRIBE, start, |page| page.next_token().map(str::to_owned)).await?;
    Ok(pages
        .into_iter()
        .flat_map(|page| page.pull_through_cache_rules.unwrap_or_default())
        .collect())
}

fn resource(region: Region, rule: &types::PullThroughCacheRule) -> Option<Resource> {
    let prefix = rule.ecr_repository_prefix()?;
    let mut seen = Resource::new(PULL_THROUGH_CACHE_RULE, region, prefix, prefix);
    seen.created = timestamp(rule.created_at());
    let role = rule.custom_role_arn();
    seen.uses.extend(role.map(|arn| Reference::soft(ROLE, arn, "custom role")));
    seen.removal.last = Last::Never("Dismantle removes no pull through cache rules".to_owned());
    seen.record = json!({
        "ecrRepositoryPrefix": prefix,
        "upstreamRegistryUrl": rule.upstream_registry_url(),
        "upstreamRegistry": rule.upstream_registry().map(|registry| registry.as_str()),
        "upstreamRepositoryPrefix": rule.upstream_repository_prefix(),
        "credentialArn": rule.credential_arn(),
        "customRoleArn": role,
        "createdAt": seen.created,
    });
    Some(seen)
}
