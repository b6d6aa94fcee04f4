//! `iam:policy`, the account's own. AWS-managed policies are never listed. `DeletePolicy` wants
//! every version but the default deleted first, and answers `DeleteConflict` while the policy is
//! attached or a boundary (IAM API reference, `DeletePolicy`).

use async_trait::async_trait;
use aws_sdk_iam::types::{EntityType, ManagedPolicyDetail, PolicyVersion, Tag};
use futures::stream::{self, StreamExt};
use serde_json::{Value, json};

use super::document;
use crate::aws::kinds::iam::POLICY;
use crate::aws::{
    Acted, Aws, AwsError, Listed, Op, Progress, Rebuild, RemovalOptions, ResourceKind, found,
    spelling, timestamp,
};
use crate::resource::{
    Action, KindFacts, Permissions, Prep, Region, Resource, Scope, Tags, Unread, WhereKey,
};

const GET: Op = Op::read("iam", "GetPolicy");
const LIST_VERSIONS: Op = Op::read("iam", "ListPolicyVersions");
const GET_VERSION: Op = Op::read("iam", "GetPolicyVersion");
const LIST_TAGS: Op = Op::read("iam", "ListPolicyTags");
const DELETE_VERSION: Op = Op::write("iam", "DeletePolicyVersion");
const DELETE: Op = Op::write("iam", "DeletePolicy");
const TAG: Op = Op::write("iam", "TagPolicy");

/// Policies whose tags are read side by side.
const SIDE_BY_SIDE: usize = 8;

/// A customer-managed policy.
pub struct Policy;

#[async_trait]
impl ResourceKind for Policy {
    fn facts(&self) -> KindFacts {
        KindFacts {
            where_keys: const {
                &[
                    WhereKey::new("path", "the policy's path, such as /service-role/"),
                    WhereKey::new("attached", "true or false: whether anything has it attached"),
                ]
            },
            permissions: Permissions {
                read: &[
                    "iam:GetAccountAuthorizationDetails",
                    "iam:GetPolicy",
                    "iam:ListPolicyVersions",
                    "iam:GetPolicyVersion",
                    "iam:ListPolicyTags",
                ],
                remove: &["iam:DeletePolicyVersion", "iam:DeletePolicy"],
                tag: &["iam:TagPolicy"],
            },
            restore_permissions: super::again::POLICY_PERMISSIONS,
            can_tag: true,
            ignores_case: super::NAMES_IGNORE_CASE,
            ..KindFacts::new(POLICY, Scope::Global)
        }
    }

    async fn list(&self, aws: &Aws, _parents: &[Resource]) -> Result<Listed, AwsError> {
        let pages = super::details(aws, EntityType::LocalManagedPolicy).await?;
        let policies = pages.into_iter().flat_map(|page| page.policies.unwrap_or_default());
        let seen: Vec<_> = stream::iter(policies.filter(is_local))
            .map(|policy| async move {
                let tags = tags(aws, policy.arn().unwrap_or_default()).await;
                match tags {
                    Ok(None) => Ok(None),
                    Ok(Some(tags)) => resource(aws, super::DETAILS, &policy, Ok(&tags)).map(Some),
                    Err(why) => resource(aws, super::DETAILS, &policy, Err(why)).map(Some),
                }
            })
            .buffer_unordered(SIDE_BY_SIDE)
            .collect()
            .await;
        let mut resources = Vec::new();
        for policy in seen {
            resources.extend(policy?);
        }
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(resources.into())
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let arn = known.id.id.as_str();
        let client = aws.iam();
        let answer = aws.call(GET, || client.get_policy().policy_arn(arn).send()).await;
        let Some(policy) = found(answer)?.and_then(|answer| answer.policy) else {
            return Ok(None);
        };
        let Some(versions) = found(versions(aws, arn).await)? else { return Ok(None) };
        let detail = ManagedPolicyDetail::builder()
            .set_policy_name(policy.policy_name.clone())
            .set_policy_id(policy.policy_id.clone())
            .set_arn(policy.arn.clone())
            .set_path(policy.path.clone())
            .set_default_version_id(policy.default_version_id.clone())
            .set_attachment_count(policy.attachment_count)
            .set_permissions_boundary_usage_count(policy.permissions_boundary_usage_count)
            .set_description(policy.description.clone())
            .set_create_date(policy.create_date)
            .set_policy_version_list(Some(versions))
            .build();
        resource(aws, GET, &detail, Ok(policy.tags())).map(Some)
    }

    async fn act(
        &self,
        aws: &Aws,
        resource: &Resource,
        step: &Prep,
        _options: &RemovalOptions,
        _progress: &Progress,
    ) -> Result<Acted, AwsError> {
        let arn = resource.id.id.as_str();
        let client = aws.iam();
        match (step.action, step.target.as_deref()) {
            (Action::DeletePolicyVersion, Some(version)) => {
                let call = client.delete_policy_version().policy_arn(arn).version_id(version);
                aws.call(DELETE_VERSION, || call.clone().send()).await?;
            }
            (Action::Delete, _) => {
                aws.call(DELETE, || client.delete_policy().policy_arn(arn).send()).await?;
            }
            (other, _) => return Err(AwsError::unsupported(aws, POLICY, other.as_str())),
        }
        Ok(Acted::Done)
    }

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        Ok(super::again::policy(was))
    }

    fn shows(&self, was: &Resource, now: &Resource, step: &Prep) -> bool {
        let version = step.target.as_deref().unwrap_or_default();
        step.action != Action::CreatePolicyVersion || super::again::shows_version(was, now, version)
    }

    async fn make(&self, aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
        super::again::make_policy(aws, was, step).await.map(|()| Acted::Done)
    }

    async fn tag(&self, aws: &Aws, resource: &Resource, tags: &Tags) -> Result<(), AwsError> {
        let tags = super::to_tags(aws, TAG, tags)?;
        let call = aws.iam().tag_policy().policy_arn(&resource.id.id).set_tags(Some(tags));
        aws.call(TAG, || call.clone().send()).await.map(drop)
    }
}

/// Whether the policy is the account's own: AWS's have `aws` in the account's place.
fn is_local(policy: &ManagedPolicyDetail) -> bool {
    policy.arn().and_then(crate::aws::spelling::arn_account) != Some("aws")
}

async fn tags(aws: &Aws, arn: &str) -> Result<Option<Vec<Tag>>, AwsError> {
    let client = aws.iam();
    let start = |token| {
        let call = client.list_policy_tags().policy_arn(arn);
        call.set_marker(token).into_paginator().send()
    };
    let pages = aws.marked_pages(LIST_TAGS, start, |page| {
        (page.is_truncated(), page.marker().map(str::to_owned))
    });
    let pages = found(pages.await)?;
    Ok(pages.map(|pages| pages.into_iter().flat_map(|page| page.tags).collect()))
}

async fn versions(aws: &Aws, arn: &str) -> Result<Vec<PolicyVersion>, AwsError> {
    let client = aws.iam();
    let start = |token| {
        let call = client.list_policy_versions().policy_arn(arn);
        call.set_marker(token).into_paginator().send()
    };
    let pages = aws
        .marked_pages(LIST_VERSIONS, start, |page| {
            (page.is_truncated(), page.marker().map(str::to_owned))
        })
        .await?;
    let mut versions = Vec::new();
    // `ListPolicyVersions` leaves the documents out.
    for version in pages.iter().flat_map(|page| page.versions()).filter_map(|v| v.version_id()) {
        let call = client.get_policy_version().policy_arn(arn).version_id(version);
        let answer = found(aws.call(GET_VERSION, || call.clone().send()).await)?;
        versions.extend(answer.and_then(|answer| answer.policy_version));
    }
    Ok(versions)
}

fn resource(
    aws: &Aws,
    op: Op,
    policy: &ManagedPolicyDetail,
    tags: Result<&[Tag], AwsError>,
) -> Result<Resource, AwsError> {
    let Some(arn) = policy.arn() else {
        return Err(AwsError::garbled(op, aws.region(), "a policy has no ARN"));
    };
    // An ARN ends in the name (IAM user guide, "IAM identifiers").
    let name = policy.policy_name().unwrap_or_else(|| spelling::last_segment(arn));
    let path = policy.path().unwrap_or("/");
    let attached = policy.attachment_count().unwrap_or(0) > 0;
    let mut seen = Resource::new(POLICY, Region::GLOBAL, arn, name);
    seen.arn = Some(arn.to_owned());
    seen.created = timestamp(policy.create_date());
    seen.pin = policy.policy_id().map(str::to_owned);
    match tags {
        Ok(tags) => seen.tags = super::tags_of(tags),
        Err(why) => seen.unread.push(Unread { what: "tags".into(), why: why.to_string() }),
    }
    seen.fact("path", path);
    seen.fact("attached", attached.to_string());
    seen.protections.extend(super::path_protection(path));

    let default = policy.default_version_id();
    let is_default =
        |version: &&PolicyVersion| version.is_default_version() || version.version_id() == default;
    let others = policy.policy_version_list().iter().filter(|version| !is_default(version));
    for version in others.filter_map(|version| version.version_id()) {
        seen.removal.prep.push(Prep::of(Action::DeletePolicyVersion, version));
    }
    seen.removal.prep.sort();

    let record = |version: &PolicyVersion| {
        json!({
            "VersionId": version.version_id(),
            "IsDefaultVersion": is_default(&version),
            "CreateDate": timestamp(version.create_date()),
            "Document": document::read(version.document().unwrap_or_default()),
        })
    };
    seen.record = json!({
        "PolicyName": name,
        "PolicyId": policy.policy_id(),
        "Arn": arn,
        "Path": path,
        "Description": policy.description(),
        "CreateDate": seen.created,
        "DefaultVersionId": default,
        "AttachmentCount": policy.attachment_count(),
        "PermissionsBoundaryUsageCount": policy.permissions_boundary_usage_count(),
        "PolicyVersionList": policy.policy_version_list().iter().map(record).collect::<Value>(),
        "Tags": super::tags_record(&seen.tags),
    });
    Ok(seen)
}
