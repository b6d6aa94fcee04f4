//! `iam:group`, read for its references only: Dismantle removes no groups.

use async_trait::async_trait;
use aws_sdk_iam::types::{EntityType, GroupDetail};
use serde_json::json;

use crate::aws::kinds::iam::{GROUP, POLICY};
use crate::aws::{Aws, AwsError, Listed, ResourceKind, timestamp};
use crate::resource::{
    KindFacts, Last, Permissions, Reference, Region, Removable, Resource, Scope, WhereKey,
};

/// A group.
pub struct Group;

#[async_trait]
impl ResourceKind for Group {
    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            can_use: &[POLICY],
            where_keys: const { &[WhereKey::new("path", "the group's path")] },
            permissions: Permissions {
                read: &["iam:GetAccountAuthorizationDetails"],
                ..Permissions::default()
            },
            ignores_case: super::NAMES_IGNORE_CASE,
            ..KindFacts::new(GROUP, Scope::Global)
        }
    }

    async fn list(&self, aws: &Aws, _parents: &[Resource]) -> Result<Listed, AwsError> {
        let pages = super::details(aws, EntityType::Group).await?;
        let mut resources = Vec::new();
        for group in pages.iter().flat_map(|page| page.group_detail_list()) {
            resources.push(resource(aws, group)?);
        }
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(resources.into())
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let all = self.list(aws, &[]).await?.resources;
        Ok(all.into_iter().find(|seen| seen.id == known.id))
    }
}

fn resource(aws: &Aws, group: &GroupDetail) -> Result<Resource, AwsError> {
    let Some(name) = group.group_name() else {
        let why = "a group has no name";
        return Err(AwsError::garbled(super::DETAILS, aws.region(), why));
    };
    let path = group.path().unwrap_or("/");
    let mut seen = Resource::new(GROUP, Region::GLOBAL, name, name);
    seen.arn = group.arn().map(str::to_owned);
    seen.created = timestamp(group.create_date());
    seen.pin = group.group_id().map(str::to_owned);
    for arn in super::attached_arns(group.attached_managed_policies()) {
        seen.uses.push(Reference::hard(POLICY, arn, "attached policy"));
    }
    seen.fact("path", path);
    seen.removal.last = Last::Never("Dismantle removes no groups".to_owned());
    seen.record = json!({
        "GroupName": name,
        "GroupId": group.group_id(),
        "Arn": group.arn(),
        "Path": path,
        "CreateDate": seen.created,
        "AttachedManagedPolicies": super::attached_record(group.attached_managed_policies()),
    });
    Ok(seen)
}
