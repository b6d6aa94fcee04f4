//! `kms:grant`, read for its references only. A grant that lives on holds its key: volumes,
//! endpoints and repositories show their use of a key here and nowhere else. One whose grantee
//! goes, or whose encryption context names a thing that goes, goes with it.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_kms::types::GrantListEntry;
use futures::stream::{self, StreamExt};
use serde_json::json;

use crate::aws::kinds::{ecr::REPOSITORY, eks::CLUSTER, iam, kms::GRANT, kms::KEY, s3::BUCKET};
use crate::aws::{
    Aws, AwsError, Incomplete, Listed, Op, Rebuild, ResourceKind, found, spelling, timestamp,
};
use crate::inventory::Hides;
use crate::resource::{
    KindFacts, Last, Lifecycle, Permissions, Reference, Region, Removable, Resource, ResourceId,
    Scope, WhereKey,
};

const LIST: Op = Op::read("kms", "ListGrants");

/// Keys whose grants are read side by side.
const SIDE_BY_SIDE: usize = 8;

/// A grant on a key.
pub struct Grant;

#[async_trait]
impl ResourceKind for Grant {
    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            parent: Some(KEY),
            can_use: &[KEY],
            where_keys: const { &[WhereKey::new("service", "the service that holds it")] },
            permissions: Permissions { read: &["kms:ListGrants"], ..Permissions::default() },
            ..KindFacts::new(GRANT, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, parents: &[Resource]) -> Result<Listed, AwsError> {
        // A key of AWS's is not for anybody to remove; a key in its window is going already.
        let holdable = |key: &Resource| {
            key.lifecycle == Lifecycle::Live
                && !key.facts.get("manager").is_some_and(|by| by.iter().any(|by| by == "AWS"))
        };
        let mut keys = Vec::new();
        for key in parents {
            if holdable(key) {
                keys.push(key.id.id.clone());
            }
        }
        let answers: Vec<_> = stream::iter(keys)
            .map(|key| async move { (found(grants(aws, &key, None).await), key) })
            .buffer_unordered(SIDE_BY_SIDE)
            .collect()
            .await;
        let mut listed = Listed::default();
        for (answer, key) in answers {
            match answer {
                Ok(grants) => listed
                    .resources
                    .extend(grants.iter().flatten().filter_map(|grant| resource(aws, grant))),
                // A key's own policy may keep everybody out; its grants hold no other key.
                Err(error) => {
                    let hides = Hides::uses_of_one(ResourceId::new(KEY, aws.region(), key));
                    listed.incomplete.push(Incomplete { error, hides });
                }
            }
        }
        listed.resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(listed)
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let Some((key, grant)) = known.id.id.split_once('/') else { return Ok(None) };
        let grants = found(grants(aws, key, Some(grant)).await)?.unwrap_or_default();
        let mut seen = grants.iter().filter_map(|grant| resource(aws, grant));
        Ok(seen.find(|seen| seen.id == known.id))
    }

    fn rebuild(&self, _: &Resource) -> Result<Rebuild, String> {
        Err("grants are given anew by whoever needs them".to_owned())
    }
}

async fn grants(
    aws: &Aws,
    key: &str,
    grant: Option<&str>,
) -> Result<Vec<GrantListEntry>, AwsError> {
    let client = aws.kms();
    let start = |token| {
        let call = client.list_grants().key_id(key).set_grant_id(grant.map(str::to_owned));
        call.limit(super::PAGE_MAX).set_marker(token).into_paginator().send()
    };
    let pages = aws
        .marked_pages(LIST, start, |page| (page.truncated(), page.next_marker().map(str::to_owned)))
        .await?;
    Ok(pages.into_iter().flat_map(|page| page.grants.unwrap_or_default()).collect())
}

fn resource(aws: &Aws, grant: &GrantListEntry) -> Option<Resource> {
    let id = grant.grant_id()?;
    // Given as the key's ARN.
    let key = spelling::last_segment(grant.key_id()?);
    let name = grant.name().filter(|name| !name.is_empty()).unwrap_or(id);
    let mut seen = Resource::new(GRANT, aws.region(), format!("{key}/{id}"), name);
    seen.spellings.push(id.to_owned());
    seen.created = timestamp(grant.creation_date());
    seen.pin = Some(id.to_owned());
    seen.uses.push(Reference::soft(KEY, key, "key"));
    for (principal, role) in [
        (grant.grantee_principal(), "grantee principal"),
        (grant.retiring_principal(), "retiring principal"),
    ] {
        // A grant stays valid without them and nothing breaks: order only.
        if let Some((kind, name)) = principal.and_then(|text| ours(text, aws.number())) {
            seen.uses.push(Reference::order(kind, name, role).in_region(Region::GLOBAL));
        }
    }
    seen.belongs_to = holders(aws, grant);
    let service = grant.grantee_service_principal().or(grant.grantee_principal());
    if let Some(service) = service.filter(|text| text.contains(".amazonaws.com")) {
        seen.fact("service", spelling::principal_service(service));
    }
    seen.removal.last =
        Last::Never("it ends with what it was made for, or with its key".to_owned());
    let operations: Vec<_> =
        grant.operations().iter().map(|operation| operation.as_str()).collect();
    let context: BTreeSet<_> = context(grant).collect();
    seen.record = json!({
        "KeyId": grant.key_id(),
        "GrantId": id,
        "Name": grant.name(),
        "CreationDate": seen.created,
        "GranteePrincipal": grant.grantee_principal(),
        "RetiringPrincipal": grant.retiring_principal(),
        "IssuingAccount": grant.issuing_account(),
        "Operations": operations,
        "EncryptionContext": context,
    });
    Some(seen)
}

/// Pairs of the encryption contexts that the grant is limited to.
fn context(grant: &GrantListEntry) -> impl Iterator<Item = (&str, &str)> {
    let constraints = grant.constraints();
    let subset = constraints.and_then(|limits| limits.encryption_context_subset());
    let equals = constraints.and_then(|limits| limits.encryption_context_equals());
    let pairs = subset.into_iter().chain(equals).flatten();
    pairs.map(|(key, value)| (key.as_str(), value.as_str()))
}

/// What the grant was made for: its grantee, and what its encryption context or its source names
/// (ECR user guide, "Encryption at rest": `aws:ecr:arn`).
fn holders(aws: &Aws, grant: &GrantListEntry) -> Vec<Reference> {
    let mut holders: Vec<Reference> = context(grant)
        .map(|(_, value)| value)
        .chain(grant.constraints().and_then(|limits| limits.source_arn()))
        .filter_map(|arn| {
            let kind = match arn.split(':').nth(2)? {
                "ecr" => REPOSITORY,
                "eks" => CLUSTER,
                "s3" => return Some(Reference::order(BUCKET, spelling::bucket_of(arn)?, "holder")),
                _ => return None,
            };
            Some(Reference::order(kind, arn, "holder"))
        })
        .collect();
    if let Some((kind, name)) = grant.grantee_principal().and_then(|text| ours(text, aws.number()))
    {
        holders.push(Reference::order(kind, name, "grantee principal").in_region(Region::GLOBAL));
    }
    holders.sort();
    holders.dedup();
    holders
}

/// The role or user of this account that a principal's ARN names.
fn ours<'a>(principal: &'a str, account: &str) -> Option<(crate::resource::Kind, &'a str)> {
    if spelling::arn_account(principal) != Some(account) {
        return None;
    }
    let path = principal.splitn(6, ':').nth(5)?;
    if let Some(session) = path.strip_prefix("assumed-role/") {
        return Some((iam::ROLE, session.split('/').next()?));
    }
    let (kind, name) = path.split_once('/')?;
    match kind {
        "role" => Some((iam::ROLE, spelling::last_segment(name))),
        "user" => Some((iam::USER, spelling::last_segment(name))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_of_this_account_are_found() {
        let us = "842676018087";
        for (principal, expected) in [
            ("arn:aws:iam::842676018087:role/path/lab", Some((iam::ROLE, "lab"))),
            ("arn:aws:sts::842676018087:assumed-role/lab/session", Some((iam::ROLE, "lab"))),
            ("arn:aws:iam::842676018087:user/ann", Some((iam::USER, "ann"))),
            ("arn:aws:iam::842676018087:root", None),
            ("arn:aws:iam::111122223333:role/lab", None),
            ("sagemaker.us-east-1.amazonaws.com", None),
            ("", None),
        ] {
            assert_eq!(ours(principal, us), expected, "{principal}");
        }
    }
}
