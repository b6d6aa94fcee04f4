//! `kms:alias`. It is deleted in any state of its key (KMS developer guide, "Key states"), and it
//! goes before its key: an alias that is not to go holds the key that it names.

use async_trait::async_trait;
use aws_sdk_kms::types::AliasListEntry;
use serde_json::json;

use crate::aws::kinds::kms::{ALIAS, KEY};
use crate::aws::{
    Acted, Aws, AwsError, Listed, Op, Progress, Rebuild, RemovalOptions, ResourceKind, found,
    timestamp,
};
use crate::resource::{
    Action, KindFacts, Permissions, Prep, Protection, Reference, Resource, Scope,
};

const DELETE: Op = Op::write("kms", "DeleteAlias");

/// An alias of a key.
pub struct Alias;

#[async_trait]
impl ResourceKind for Alias {
    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[KEY],
            permissions: Permissions {
                read: &["kms:ListAliases"],
                remove: &["kms:DeleteAlias"],
                tag: &[],
            },
            restore_permissions: super::again::ALIAS_PERMISSIONS,
            ..KindFacts::new(ALIAS, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _parents: &[Resource]) -> Result<Listed, AwsError> {
        let entries = super::aliases(aws, None).await?;
        let mut resources: Vec<_> =
            entries.iter().filter_map(|entry| resource(aws, entry)).collect();
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(resources.into())
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        // KMS has no call that reads one alias. Asking for its key's alone would miss that it
        // points elsewhere by now.
        let Some(entries) = found(super::aliases(aws, None).await)? else { return Ok(None) };
        let is_it = |entry: &&AliasListEntry| entry.alias_name() == Some(known.id.id.as_str());
        Ok(entries.iter().find(is_it).and_then(|entry| resource(aws, entry)))
    }

    async fn act(
        &self,
        aws: &Aws,
        resource: &Resource,
        step: &Prep,
        _options: &RemovalOptions,
        _progress: &Progress,
    ) -> Result<Acted, AwsError> {
        if step.action != Action::Delete {
            return Err(AwsError::unsupported(aws, ALIAS, step.action.as_str()));
        }
        let call = aws.kms().delete_alias().alias_name(&resource.id.id);
        aws.call(DELETE, || call.clone().send()).await?;
        Ok(Acted::Done)
    }

    fn rebuild(&self, _: &Resource) -> Result<Rebuild, String> {
        Ok(Rebuild::by_create())
    }

    async fn make(&self, aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
        super::again::make_alias(aws, was, step).await
    }
}

fn resource(aws: &Aws, entry: &AliasListEntry) -> Option<Resource> {
    let id = entry.alias_name()?;
    let mut seen = Resource::new(ALIAS, aws.region(), id, super::alias_name(id));
    seen.arn = entry.alias_arn().map(str::to_owned);
    seen.created = timestamp(entry.creation_date());
    let created = seen.created.map(|time| time.as_second().to_string()).unwrap_or_default();
    let target = entry.target_key_id();
    // Under one name it may point at another key by now, which is another thing.
    seen.pin = Some(format!("{}@{created}", target.unwrap_or_default()));
    seen.uses.extend(target.map(|key| Reference::soft(KEY, key, "key")));
    if id.starts_with("alias/aws/") {
        let why = "an alias of AWS's, which nobody else can delete".to_owned();
        seen.protections.push(Protection { why, liftable: false });
    }
    seen.record = json!({
        "AliasName": id,
        "AliasArn": entry.alias_arn(),
        "TargetKeyId": target,
        "CreationDate": seen.created,
        "LastUpdatedDate": timestamp(entry.last_updated_date()),
    });
    Some(seen)
}
