//! `logs:destination`, read for its references only: Dismantle removes no destinations. Other
//! accounts' subscription filters send to it, and it hands on to a stream as a role.

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::types;
use jiff::Timestamp;
use serde_json::json;

use super::PAGE_MAX;
use crate::aws::kinds::iam::ROLE;
use crate::aws::kinds::logs::DESTINATION;
use crate::aws::{Aws, AwsError, Listed, Op, ResourceKind};
use crate::resource::{
    KindFacts, Last, Permissions, Reference, Region, Removable, Resource, Scope,
};

const DESCRIBE: Op = Op::read("logs", "DescribeDestinations");

/// Where subscription filters of other accounts send to.
pub struct Destination;

#[async_trait]
impl ResourceKind for Destination {
    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            can_use: &[ROLE],
            permissions: Permissions {
                read: &["logs:DescribeDestinations"],
                ..Permissions::default()
            },
            ..KindFacts::new(DESTINATION, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Listed, AwsError> {
        let mut resources = described(aws, None).await?;
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(resources.into())
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let seen = described(aws, Some(&known.id.id)).await?;
        Ok(seen.into_iter().find(|seen| seen.id == known.id))
    }
}

async fn described(aws: &Aws, prefix: Option<&str>) -> Result<Vec<Resource>, AwsError> {
    let client = aws.logs();
    let start = |token| {
        let call = client.describe_destinations().limit(PAGE_MAX);
        let call = call.set_destination_name_prefix(prefix.map(str::to_owned));
        call.set_next_token(token).into_paginator().send()
    };
    let pages = aws.pages(DESCRIBE, start, |page| page.next_token().map(str::to_owned)).await?;
    let all = pages.into_iter().flat_map(|page| page.destinations.unwrap_or_default());
    Ok(all.filter_map(|one| resource(aws.region(), &one)).collect())
}

fn resource(region: Region, one: &types::Destination) -> Option<Resource> {
    let name = one.destination_name()?;
    let mut seen = Resource::new(DESTINATION, region, name, name);
    seen.arn = one.arn().map(str::to_owned);
    seen.created = one.creation_time().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    seen.uses.extend(one.role_arn().map(|arn| Reference::soft(ROLE, arn, "delivery role")));
    seen.removal.last = Last::Never("Dismantle removes no destinations of logs".to_owned());
    seen.record = json!({
        "destinationName": name,
        "arn": one.arn(),
        "targetArn": one.target_arn(),
        "roleArn": one.role_arn(),
        "accessPolicy": one.access_policy(),
        "creationTime": one.creation_time(),
    });
    Some(seen)
}
