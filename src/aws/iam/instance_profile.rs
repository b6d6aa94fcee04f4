//! `iam:instance-profile`. It holds one role and *uses* it: `DeleteRole` answers `DeleteConflict`
//! as long as a profile holds the role, so the profile's own removal takes the role out.

use async_trait::async_trait;
use aws_sdk_iam::types::InstanceProfile as Profile;
use futures::stream::{self, StreamExt};
use serde_json::json;

use crate::aws::kinds::iam::{INSTANCE_PROFILE, ROLE};
use crate::aws::{
    Acted, Aws, AwsError, Listed, Op, Progress, Rebuild, RemovalOptions, ResourceKind, found,
    timestamp,
};
use crate::resource::{
    Action, KindFacts, Permissions, Prep, Reference, Region, Resource, Scope, Tags, Unread,
    WhereKey,
};

const LIST: Op = Op::read("iam", "ListInstanceProfiles");
const GET: Op = Op::read("iam", "GetInstanceProfile");
const TAKE_OUT: Op = Op::write("iam", "RemoveRoleFromInstanceProfile");
const DELETE: Op = Op::write("iam", "DeleteInstanceProfile");
const TAG: Op = Op::write("iam", "TagInstanceProfile");

/// Profiles read side by side.
const SIDE_BY_SIDE: usize = 8;

/// An instance profile.
pub struct InstanceProfile;

#[async_trait]
impl ResourceKind for InstanceProfile {
    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[ROLE],
            hands_on: &[ROLE],
            where_keys: const {
                &[
                    WhereKey::new("path", "the profile's path"),
                    WhereKey::new("role", "the name of the role in it"),
                ]
            },
            permissions: Permissions {
                read: &["iam:ListInstanceProfiles", "iam:GetInstanceProfile"],
                remove: &["iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile"],
                tag: &["iam:TagInstanceProfile"],
            },
            restore_permissions: super::again::PROFILE_PERMISSIONS,
            can_tag: true,
            ignores_case: super::NAMES_IGNORE_CASE,
            ..KindFacts::new(INSTANCE_PROFILE, Scope::Global)
        }
    }

    async fn list(&self, aws: &Aws, _parents: &[Resource]) -> Result<Listed, AwsError> {
        let client = aws.iam();
        let start = |token| {
            let call = client.list_instance_profiles().max_items(super::PAGE_MAX);
            call.set_marker(token).into_paginator().send()
        };
        let pages = aws
            .marked_pages(LIST, start, |page| {
                (page.is_truncated(), page.marker().map(str::to_owned))
            })
            .await?;
        let profiles = pages.into_iter().flat_map(|page| page.instance_profiles);
        // The list leaves the tags out.
        let mut resources: Vec<_> = stream::iter(profiles)
            .map(|listed| async move {
                match get(aws, listed.instance_profile_name()).await {
                    Ok(profile) => profile.as_ref().map(resource),
                    Err(error) => {
                        let mut seen = resource(&listed);
                        let why = error.to_string();
                        seen.unread.push(Unread { what: "tags".into(), why });
                        Some(seen)
                    }
                }
            })
            .buffer_unordered(SIDE_BY_SIDE)
            .filter_map(|seen| async move { seen })
            .collect()
            .await;
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(resources.into())
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        Ok(get(aws, &known.id.id).await?.as_ref().map(resource))
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
            (Action::RemoveFromInstanceProfile, Some(role)) => {
                let call = client.remove_role_from_instance_profile();
                let call = call.instance_profile_name(name).role_name(role);
                aws.call(TAKE_OUT, || call.clone().send()).await?;
            }
            (Action::Delete, _) => {
                let call = client.delete_instance_profile().instance_profile_name(name);
                aws.call(DELETE, || call.clone().send()).await?;
            }
            (other, _) => {
                return Err(AwsError::unsupported(aws, INSTANCE_PROFILE, other.as_str()));
            }
        }
        Ok(Acted::Done)
    }

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        Ok(super::again::profile(was))
    }

    async fn make(&self, aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
        super::again::make_profile(aws, was, step).await.map(|()| Acted::Done)
    }

    async fn tag(&self, aws: &Aws, resource: &Resource, tags: &Tags) -> Result<(), AwsError> {
        let tags = super::to_tags(aws, TAG, tags)?;
        let call = aws.iam().tag_instance_profile().instance_profile_name(&resource.id.id);
        aws.call(TAG, || call.clone().set_tags(Some(tags.clone())).send()).await.map(drop)
    }
}

async fn get(aws: &Aws, name: &str) -> Result<Option<Profile>, AwsError> {
    let client = aws.iam();
    let call = client.get_instance_profile().instance_profile_name(name);
    let answer = found(aws.call(GET, || call.clone().send()).await)?;
    Ok(answer.and_then(|answer| answer.instance_profile))
}

fn resource(profile: &Profile) -> Resource {
    let name = profile.instance_profile_name();
    let mut seen = Resource::new(INSTANCE_PROFILE, Region::GLOBAL, name, name);
    seen.arn = Some(profile.arn().to_owned());
    seen.created = timestamp(Some(profile.create_date()));
    seen.pin = Some(profile.instance_profile_id().to_owned());
    seen.tags = super::tags_of(profile.tags());
    seen.fact("path", profile.path());
    for role in profile.roles().iter().map(|role| role.role_name()) {
        let take_out = Prep::of(Action::RemoveFromInstanceProfile, role);
        let role_in_it = Reference::hard(ROLE, role, "role").in_region(Region::GLOBAL);
        seen.uses.push(role_in_it.cut_by(take_out.clone()));
        seen.removal.prep.push(take_out);
        seen.fact("role", role);
    }
    seen.removal.prep.sort();
    seen.protections.extend(super::path_protection(profile.path()));
    // A running instance does not keep its profile from being deleted; it loses its credentials.
    seen.cautions.push("EC2 instances that run with it cannot be seen".to_owned());
    seen.record = json!({
        "InstanceProfileName": name,
        "InstanceProfileId": profile.instance_profile_id(),
        "Arn": profile.arn(),
        "Path": profile.path(),
        "CreateDate": seen.created,
        "Roles": profile.roles().iter().map(|role| role.role_name()).collect::<Vec<_>>(),
        "Tags": super::tags_record(&seen.tags),
    });
    seen
}
