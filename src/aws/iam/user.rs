//! `iam:user`, read for its references only: Dismantle removes no users.

use async_trait::async_trait;
use aws_sdk_iam::types::{EntityType, UserDetail};
use serde_json::json;

use crate::aws::kinds::iam::{GROUP, POLICY, USER};
use crate::aws::{Aws, AwsError, Listed, ResourceKind, timestamp};
use crate::resource::{
    KindFacts, Last, Permissions, Reference, Region, Removable, Resource, Scope, WhereKey,
};

/// A user.
pub struct User;

#[async_trait]
impl ResourceKind for User {
    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            can_use: &[POLICY, GROUP],
            where_keys: const { &[WhereKey::new("path", "the user's path")] },
            permissions: Permissions {
                read: &["iam:GetAccountAuthorizationDetails"],
                ..Permissions::default()
            },
            ignores_case: super::NAMES_IGNORE_CASE,
            ..KindFacts::new(USER, Scope::Global)
        }
    }

    async fn list(&self, aws: &Aws, _parents: &[Resource]) -> Result<Listed, AwsError> {
        let pages = super::details(aws, EntityType::User).await?;
        let mut resources = Vec::new();
        for user in pages.iter().flat_map(|page| page.user_detail_list()) {
            resources.push(resource(aws, user)?);
        }
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(resources.into())
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let all = self.list(aws, &[]).await?.resources;
        Ok(all.into_iter().find(|seen| seen.id == known.id))
    }
}

fn resource(aws: &Aws, user: &UserDetail) -> Result<Resource, AwsError> {
    let Some(name) = user.user_name() else {
        let why = "a user has no name";
        return Err(AwsError::garbled(super::DETAILS, aws.region(), why));
    };
    let path = user.path().unwrap_or("/");
    let mut seen = Resource::new(USER, Region::GLOBAL, name, name);
    seen.arn = user.arn().map(str::to_owned);
    seen.created = timestamp(user.create_date());
    seen.pin = user.user_id().map(str::to_owned);
    for arn in super::attached_arns(user.attached_managed_policies()) {
        seen.uses.push(Reference::hard(POLICY, arn, "attached policy"));
    }
    seen.uses.extend(super::boundary_reference(user.permissions_boundary()));
    for group in user.group_list() {
        seen.uses.push(Reference::order(GROUP, group, "group").in_region(Region::GLOBAL));
    }
    seen.spellings.extend(user.user_id().map(str::to_owned));
    seen.tags = super::tags_of(user.tags());
    seen.fact("path", path);
    seen.removal.last = Last::Never("Dismantle removes no users".to_owned());
    seen.record = json!({
        "UserName": name,
        "UserId": user.user_id(),
        "Arn": user.arn(),
        "Path": path,
        "CreateDate": seen.created,
        "AttachedManagedPolicies": super::attached_record(user.attached_managed_policies()),
        "PermissionsBoundary": super::boundary_record(user.permissions_boundary()),
        "GroupList": user.group_list(),
        "Tags": super::tags_record(&seen.tags),
    });
    Ok(seen)
}
