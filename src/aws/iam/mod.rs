//! Kinds of the service `iam`. It is global: one answer holds for all regions.

mod again;
mod document;
mod group;
mod instance_profile;
mod oidc_provider;
mod policy;
mod role;
mod trust;
mod user;

use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::types::{
    AttachedPermissionsBoundary, AttachedPolicy, EntityType, PolicyDetail, Tag,
};
use serde_json::{Value, json};

use super::kinds::iam::POLICY;
use super::{Aws, AwsError, Op, ResourceKind};
use crate::resource::{Protection, Reference, Tags};

/// Every kind of this service.
pub const KINDS: &[&dyn ResourceKind] = &[
    &role::Role,
    &policy::Policy,
    &instance_profile::InstanceProfile,
    &oidc_provider::OidcProvider,
    &user::User,
    &group::Group,
];

/// "Names are not distinguished by case" (IAM API reference, `CreateRole`, `CreatePolicy`,
/// `CreateUser`), so whoever writes one otherwise still means the same.
const NAMES_IGNORE_CASE: bool = true;

/// The largest page of IAM's lists.
const PAGE_MAX: i32 = 1000;

const DETAILS: Op = Op::read("iam", "GetAccountAuthorizationDetails");

/// Everything that IAM holds of one sort, with its documents, in a few large pages: the `List…`
/// calls leave out tags, boundaries and documents.
async fn details(
    aws: &Aws,
    sort: EntityType,
) -> Result<Vec<GetAccountAuthorizationDetailsOutput>, AwsError> {
    let client = aws.iam();
    let start = |token| {
        let call = client.get_account_authorization_details().filter(sort.clone());
        call.max_items(PAGE_MAX).set_marker(token).into_paginator().send()
    };
    aws.marked_pages(DETAILS, start, |page| (page.is_truncated(), page.marker().map(str::to_owned)))
        .await
}

fn tags_of(tags: &[Tag]) -> Tags {
    tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

/// Tags as the SDK takes them.
fn to_tags(aws: &Aws, op: Op, tags: &Tags) -> Result<Vec<Tag>, AwsError> {
    let build = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    tags.iter()
        .map(build)
        .collect::<Result<_, _>>()
        .map_err(|error| AwsError::garbled(op, aws.region(), error.to_string()))
}

fn tags_record(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

fn documents_record(policies: &[PolicyDetail]) -> Value {
    let record = |policy: &PolicyDetail| {
        json!({
            "PolicyName": policy.policy_name(),
            "PolicyDocument": document::read(policy.policy_document().unwrap_or_default()),
        })
    };
    policies.iter().map(record).collect()
}

fn attached_record(attached: &[AttachedPolicy]) -> Value {
    let record = |policy: &AttachedPolicy| json!({ "PolicyName": policy.policy_name(), "PolicyArn": policy.policy_arn() });
    attached.iter().map(record).collect()
}

fn boundary_record(boundary: Option<&AttachedPermissionsBoundary>) -> Value {
    boundary.and_then(|boundary| boundary.permissions_boundary_arn()).map_or(
        Value::Null,
        |arn| json!({ "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn }),
    )
}

/// `DeletePolicy` answers `DeleteConflict` while a role, user or group has the policy attached,
/// or a role or user has it as its boundary (IAM API reference, `DeletePolicy`).
fn boundary_reference(boundary: Option<&AttachedPermissionsBoundary>) -> Option<Reference> {
    let arn = boundary?.permissions_boundary_arn()?;
    Some(Reference::hard(POLICY, arn, "permissions boundary"))
}

fn attached_arns(attached: &[AttachedPolicy]) -> impl Iterator<Item = &str> {
    attached.iter().filter_map(|policy| policy.policy_arn())
}

/// Paths that AWS keeps for itself (IAM user guide, "Using service-linked roles"; IAM Identity
/// Center user guide, "AWSReservedSSO roles").
fn path_protection(path: &str) -> Option<Protection> {
    let why = if path.starts_with("/aws-service-role/") {
        "a service-linked role, which only its service removes"
    } else if path.starts_with("/aws-reserved/") {
        "reserved by AWS, which only the service that made it removes"
    } else {
        return None;
    };
    Some(Protection { why: why.into(), liftable: false })
}
