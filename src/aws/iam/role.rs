//! `iam:role`. `DeleteRole` answers `DeleteConflict` while policies are attached, inline policies
//! exist or an instance profile holds the role; its boundary goes with it (IAM API reference,
//! `DeleteRole`).

use async_trait::async_trait;
use aws_sdk_iam::types::{
    AttachedPermissionsBoundary, EntityType, InstanceProfile, PolicyDetail, RoleDetail,
};
use serde_json::json;

use super::{document, trust::Trust};
use crate::aws::kinds::iam::{OIDC_PROVIDER, POLICY, ROLE, USER};
use crate::aws::{
    Acted, Aws, AwsError, Listed, Op, Progress, Rebuild, RemovalOptions, ResourceKind, found,
    timestamp,
};
use crate::resource::{
    Action, KindFacts, Permissions, Prep, Reference, Region, Resource, Scope, Tags, WhereKey,
};

const GET: Op = Op::read("iam", "GetRole");
const LIST_INLINE: Op = Op::read("iam", "ListRolePolicies");
const GET_INLINE: Op = Op::read("iam", "GetRolePolicy");
const LIST_ATTACHED: Op = Op::read("iam", "ListAttachedRolePolicies");
const LIST_PROFILES: Op = Op::read("iam", "ListInstanceProfilesForRole");
const DETACH: Op = Op::write("iam", "DetachRolePolicy");
const DELETE_INLINE: Op = Op::write("iam", "DeleteRolePolicy");
const DELETE: Op = Op::write("iam", "DeleteRole");
const TAG: Op = Op::write("iam", "TagRole");

/// A role.
pub struct Role;

/// What `GetRole` tells and `GetAccountAuthorizationDetails` does not.
#[derive(Default)]
struct Extra {
    description: Option<String>,
    max_session_duration_s: Option<i32>,
}

#[async_trait]
impl ResourceKind for Role {
    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[POLICY, OIDC_PROVIDER],
            lets_in: &[OIDC_PROVIDER, ROLE, USER],
            where_keys: const {
                &[
                    WhereKey::new("path", "the role's path, such as /service-role/"),
                    WhereKey::new("service", "a service that it trusts: ec2, lambda, sagemaker…"),
                ]
            },
            permissions: Permissions {
                read: &[
                    "iam:GetAccountAuthorizationDetails",
                    "iam:GetRole",
                    "iam:ListRolePolicies",
                    "iam:GetRolePolicy",
                    "iam:ListAttachedRolePolicies",
                    "iam:ListInstanceProfilesForRole",
                ],
                remove: &["iam:DetachRolePolicy", "iam:DeleteRolePolicy", "iam:DeleteRole"],
                tag: &["iam:TagRole"],
            },
            restore_permissions: super::again::ROLE_PERMISSIONS,
            can_tag: true,
            ignores_case: super::NAMES_IGNORE_CASE,
            ..KindFacts::new(ROLE, Scope::Global)
        }
    }

    async fn list(&self, aws: &Aws, _parents: &[Resource]) -> Result<Listed, AwsError> {
        let pages = super::details(aws, EntityType::Role).await?;
        let mut resources = Vec::new();
        for role in pages.iter().flat_map(|page| page.role_detail_list()) {
            resources.push(resource(aws, super::DETAILS, role, Extra::default())?);
        }
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(resources.into())
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let name = known.id.id.as_str();
        let client = aws.iam();
        let answer = aws.call(GET, || client.get_role().role_name(name).send()).await;
        let Some(role) = found(answer)?.and_then(|answer| answer.role) else {
            return Ok(None);
        };
        // It may go between these calls; then it is gone.
        let Some(inline) = found(inline_policies(aws, name).await)? else { return Ok(None) };
        let attached = aws.marked_pages(
            LIST_ATTACHED,
            |token| {
                let call = client.list_attached_role_policies().role_name(name);
                call.set_marker(token).into_paginator().send()
            },
            |page| (page.is_truncated(), page.marker().map(str::to_owned)),
        );
        let Some(attached) = found(attached.await)? else { return Ok(None) };
        let Some(profiles) = found(profiles(aws, name).await)? else { return Ok(None) };

        let boundary = role.permissions_boundary().map(|boundary| {
            AttachedPermissionsBoundary::builder()
                .set_permissions_boundary_type(boundary.permissions_boundary_type().cloned())
                .set_permissions_boundary_arn(
                    boundary.permissions_boundary_arn().map(str::to_owned),
                )
                .build()
        });
        let attached = attached.iter().flat_map(|page| page.attached_policies()).cloned().collect();
        let detail = RoleDetail::builder()
            .path(role.path())
            .role_name(role.role_name())
            .role_id(role.role_id())
            .arn(role.arn())
            .create_date(*role.create_date())
            .set_assume_role_policy_document(role.assume_role_policy_document.clone())
            .set_role_policy_list(Some(inline))
            .set_attached_managed_policies(Some(attached))
            .set_instance_profile_list(Some(profiles))
            .set_permissions_boundary(boundary)
            .set_tags(role.tags.clone())
            .set_role_last_used(role.role_last_used.clone())
            .build();
        let extra = Extra {
            description: role.description.clone(),
            max_session_duration_s: role.max_session_duration,
        };
        resource(aws, GET, &detail, extra).map(Some)
    }

    async fn act(
        &self,
        aws: &Aws,
        resource: &Resource,
        step: &Prep,
        _options: &RemovalOptions,
        _progress: &Progress,
    ) -> Result<Acted, AwsError> {
        let name = resource.id.id.as_str();
        let client = aws.iam();
        match (step.action, step.target.as_deref()) {
            (Action::DetachPolicy, Some(arn)) => {
                let call = client.detach_role_policy().role_name(name).policy_arn(arn);
                aws.call(DETACH, || call.clone().send()).await?;
            }
            (Action::DeleteInlinePolicy, Some(policy)) => {
                let call = client.delete_role_policy().role_name(name).policy_name(policy);
                aws.call(DELETE_INLINE, || call.clone().send()).await?;
            }
            (Action::Delete, _) => {
                aws.call(DELETE, || client.delete_role().role_name(name).send()).await?;
            }
            (other, _) => return Err(AwsError::unsupported(aws, ROLE, other.as_str())),
        }
        Ok(Acted::Done)
    }

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        Ok(super::again::role(was))
    }

    async fn make(&self, aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
        super::again::make_role(aws, was, step).await.map(|()| Acted::Done)
    }

    async fn tag(&self, aws: &Aws, resource: &Resource, tags: &Tags) -> Result<(), AwsError> {
        let tags = super::to_tags(aws, TAG, tags)?;
        let call = aws.iam().tag_role().role_name(&resource.id.id).set_tags(Some(tags));
        aws.call(TAG, || call.clone().send()).await.map(drop)
    }
}

async fn inline_policies(aws: &Aws, name: &str) -> Result<Vec<PolicyDetail>, AwsError> {
    let client = aws.iam();
    let start = |token| {
        let call = client.list_role_policies().role_name(name);
        call.set_marker(token).into_paginator().send()
    };
    let pages = aws
        .marked_pages(LIST_INLINE, start, |page| {
            (page.is_truncated(), page.marker().map(str::to_owned))
        })
        .await?;
    let mut policies = Vec::new();
    for policy in pages.iter().flat_map(|page| page.policy_names()) {
        let call = client.get_role_policy().role_name(name).policy_name(policy);
        // A policy that somebody has just deleted is none.
        let Some(answer) = found(aws.call(GET_INLINE, || call.clone().send()).await)? else {
            continue;
        };
        let detail = PolicyDetail::builder()
            .policy_name(answer.policy_name())
            .policy_document(answer.policy_document());
        policies.push(detail.build());
    }
    Ok(policies)
}

async fn profiles(aws: &Aws, name: &str) -> Result<Vec<InstanceProfile>, AwsError> {
    let client = aws.iam();
    let start = |token| {
        let call = client.list_instance_profiles_for_role().role_name(name);
        call.set_marker(token).into_paginator().send()
    };
    let pages = aws
        .marked_pages(LIST_PROFILES, start, |page| {
            (page.is_truncated(), page.marker().map(str::to_owned))
        })
        .await?;
    Ok(pages.into_iter().flat_map(|page| page.instance_profiles).collect())
}

fn resource(aws: &Aws, op: Op, role: &RoleDetail, extra: Extra) -> Result<Resource, AwsError> {
    let Some(name) = role.role_name() else {
        return Err(AwsError::garbled(op, aws.region(), "a role has no name"));
    };
    let path = role.path().unwrap_or("/");
    let policy = document::read(role.assume_role_policy_document().unwrap_or_default());
    let trust = Trust::read(&policy);

    let mut seen = Resource::new(ROLE, Region::GLOBAL, name, name);
    seen.arn = role.arn().map(str::to_owned);
    // Policies that outlive a role hold its unique id in the place of its ARN.
    seen.spellings.extend(role.role_id().map(str::to_owned));
    // A role's name is its own in the account whatever its path (IAM user guide, "IAM
    // identifiers"), and some write its ARN without.
    if path != "/" {
        let arn = format!("arn:{}:iam::{}:role/{name}", aws.partition(), aws.number());
        seen.spellings.push(arn);
    }
    seen.created = timestamp(role.create_date());
    seen.pin = role.role_id().map(str::to_owned);
    seen.tags = super::tags_of(role.tags());
    seen.uses = uses(aws, role, &trust);
    seen.fact("path", path);
    for service in trust.service_names() {
        seen.fact("service", service);
    }
    seen.protections.extend(super::path_protection(path));
    seen.cautions.extend(caution(aws, role, &trust));

    // Out of its instance profiles it is taken by each profile's own removal.
    let prep = &mut seen.removal.prep;
    for arn in super::attached_arns(role.attached_managed_policies()) {
        prep.push(Prep::of(Action::DetachPolicy, arn));
    }
    for inline in role.role_policy_list().iter().filter_map(|policy| policy.policy_name()) {
        prep.push(Prep::of(Action::DeleteInlinePolicy, inline));
    }
    prep.sort();

    let profiles = role.instance_profile_list().iter();
    let used = role.role_last_used();
    seen.record = json!({
        "RoleName": name,
        "RoleId": role.role_id(),
        "Arn": role.arn(),
        "Path": path,
        "CreateDate": seen.created,
        "Description": extra.description,
        "MaxSessionDuration": extra.max_session_duration_s,
        "AssumeRolePolicyDocument": policy,
        "RolePolicyList": super::documents_record(role.role_policy_list()),
        "AttachedManagedPolicies": super::attached_record(role.attached_managed_policies()),
        "PermissionsBoundary": super::boundary_record(role.permissions_boundary()),
        "InstanceProfileList": profiles
            .map(|profile| profile.instance_profile_name())
            .collect::<Vec<_>>(),
        "RoleLastUsed": {
            "LastUsedDate": used.and_then(|used| timestamp(used.last_used_date())),
            "Region": used.and_then(|used| used.region()),
        },
        "Tags": super::tags_record(&seen.tags),
    });
    Ok(seen)
}

fn uses(aws: &Aws, role: &RoleDetail, trust: &Trust) -> Vec<Reference> {
    let account = aws.number();
    let mut uses: Vec<Reference> = super::attached_arns(role.attached_managed_policies())
        .map(|arn| {
            let detach = Prep::of(Action::DetachPolicy, arn);
            Reference::hard(POLICY, arn, "attached policy").cut_by(detach)
        })
        .collect();
    uses.extend(super::boundary_reference(role.permissions_boundary()));
    for provider in trust.oidc_providers(account) {
        uses.push(Reference::soft(OIDC_PROVIDER, provider, "trusted identity provider"));
    }
    let other = |principal: &&str| Some(*principal) != role.role_name();
    for principal in trust.roles(account).filter(other) {
        uses.push(Reference::order(ROLE, principal, "trusted role").in_region(Region::GLOBAL));
    }
    for principal in trust.users(account) {
        uses.push(Reference::order(USER, principal, "trusted user").in_region(Region::GLOBAL));
    }
    uses
}

/// What may be using the role out of sight, and when somebody last did. IAM looks back 400 days
/// (IAM user guide, "Refining permissions using last accessed information").
fn caution(aws: &Aws, role: &RoleDetail, trust: &Trust) -> Option<String> {
    let unseen = trust.unseen(aws.number());
    if unseen.is_empty() {
        return None;
    }
    let used = role.role_last_used().filter(|used| used.last_used_date().is_some());
    let when = match used {
        Some(used) => {
            let date = timestamp(used.last_used_date()).map(|time| time.to_string());
            let region = used.region().unwrap_or("a region that IAM does not name");
            format!("last used {} in {region}", date.unwrap_or_default())
        }
        None => "no use recorded in IAM's last 400 days".to_owned(),
    };
    Some(format!("trusts {}, whose use of it cannot be seen: {when}", unseen.join(", ")))
}
