//! `ecr:repository-creation-template`, read for its references only: Dismantle removes no such
//! templates. Repositories that a cache rule or a replication makes get its key, made as its role.

use async_trait::async_trait;
use aws_sdk_ecr::types;
use serde_json::json;

use super::repository::PAGE_MAX;
use crate::aws::kinds::ecr::REPOSITORY_CREATION_TEMPLATE;
use crate::aws::kinds::iam::ROLE;
use crate::aws::kinds::kms::{ALIAS, KEY};
use crate::aws::{Aws, AwsError, Listed, Op, ResourceKind, found, timestamp};
use crate::resource::{
    KindFacts, Last, Permissions, Reference, Region, Removable, Resource, Scope,
};

const DESCRIBE: Op = Op::read("ecr", "DescribeRepositoryCreationTemplates");

/// What new repositories below a prefix are like.
pub struct RepositoryCreationTemplate;

#[async_trait]
impl ResourceKind for RepositoryCreationTemplate {
    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            can_use: &[ROLE, KEY, ALIAS],
            permissions: Permissions {
                read: &["ecr:DescribeRepositoryCreationTemplates"],
                ..Permissions::default()
            },
            ..KindFacts::new(REPOSITORY_CREATION_TEMPLATE, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Listed, AwsError> {
        let client = aws.ecr();
        let start = |token| {
            let call = client.describe_repository_creation_templates().max_results(PAGE_MAX);
            call.set_next_token(token).into_paginator().send()
        };
        let pages = aws.pages(DESCRIBE, start, |page| page.next_token().map(str::to_owned)).await?;
        let templates = pages
            .into_iter()
            .flat_map(|page| page.repository_creation_templates.unwrap_or_default());
        let mut resources: Vec<_> =
            templates.filter_map(|template| resource(aws.region(), &template)).collect();
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(resources.into())
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let call = aws.ecr().describe_repository_creation_templates().prefixes(&known.id.id);
        let answer = found(aws.call(DESCRIBE, || call.clone().send()).await)?;
        let templates =
            answer.and_then(|answer| answer.repository_creation_templates).unwrap_or_default();
        let mut seen = templates.iter().filter_map(|template| resource(aws.region(), template));
        Ok(seen.find(|seen| seen.id == known.id))
    }
}

fn resource(region: Region, template: &types::RepositoryCreationTemplate) -> Option<Resource> {
    // `ROOT` is that of all prefixes which have none of their own.
    let prefix = template.prefix()?;
    let mut seen = Resource::new(REPOSITORY_CREATION_TEMPLATE, region, prefix, prefix);
    seen.created = timestamp(template.created_at());
    let role = template.custom_role_arn();
    seen.uses.extend(role.map(|arn| Reference::soft(ROLE, arn, "custom role")));
    let encryption = template.encryption_configuration();
    if let Some(key) = encryption.and_then(|encryption| encryption.kms_key()) {
        if key.contains("alias/") {
            seen.uses.push(Reference::soft(ALIAS, key, "encryption key"));
        }
        seen.uses.push(Reference::soft(KEY, key, "encryption key"));
    }
    seen.removal.last =
        Last::Never("Dismantle removes no repository creation templates".to_owned());
    seen.record = json!({
        "prefix": prefix,
        "description": template.description(),
        "encryptionType": encryption.map(|encryption| encryption.encryption_type().as_str()),
        "kmsKey": encryption.and_then(|encryption| encryption.kms_key()),
        "imageTagMutability": template.image_tag_mutability().map(|one| one.as_str()),
        "appliedFor": template.applied_for().iter().map(|one| one.as_str()).collect::<Vec<_>>(),
        "customRoleArn": role,
        "createdAt": seen.created,
    });
    Some(seen)
}
