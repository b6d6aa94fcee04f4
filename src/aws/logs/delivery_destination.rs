//! `logs:delivery-destination`, read for its references only: Dismantle removes no delivery
//! destinations. It stands for the log group or the bucket into which a service's logs go.

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::types;
use serde_json::json;

use super::{PAGE_MAX, tags};
use crate::aws::kinds::iam::ROLE;
use crate::aws::kinds::logs::{DELIVERY_DESTINATION, LOG_GROUP};
use crate::aws::kinds::s3::BUCKET;
use crate::aws::{Aws, AwsError, Listed, Op, ResourceKind, found, spelling};
use crate::resource::{
    KindFacts, Last, Permissions, Reference, Region, Removable, Resource, Scope, WhereKey,
};

const DESCRIBE: Op = Op::read("logs", "DescribeDeliveryDestinations");
const GET: Op = Op::read("logs", "GetDeliveryDestination");

/// Where the logs of AWS services are delivered.
pub struct DeliveryDestination;

#[async_trait]
impl ResourceKind for DeliveryDestination {
    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            can_use: &[LOG_GROUP, BUCKET, ROLE],
            where_keys: const { &[WhereKey::new("type", "CWL, S3, FH, XRAY")] },
            permissions: Permissions {
                read: &["logs:DescribeDeliveryDestinations", "logs:GetDeliveryDestination"],
                ..Permissions::default()
            },
            ..KindFacts::new(DELIVERY_DESTINATION, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Listed, AwsError> {
        let client = aws.logs();
        let start = |token| {
            let call = client.describe_delivery_destinations().limit(PAGE_MAX);
            call.set_next_token(token).into_paginator().send()
        };
        let pages = aws.pages(DESCRIBE, start, |page| page.next_token().map(str::to_owned)).await?;
        let all = pages.into_iter().flat_map(|page| page.delivery_destinations.unwrap_or_default());
        let mut resources: Vec<_> = all.filter_map(|one| resource(aws.region(), &one)).collect();
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(resources.into())
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let call = aws.logs().get_delivery_destination().name(&known.id.id);
        let answer = found(aws.call(GET, || call.clone().send()).await)?;
        let one = answer.and_then(|answer| answer.delivery_destination);
        Ok(one.and_then(|one| resource(aws.region(), &one)))
    }
}

fn resource(region: Region, one: &types::DeliveryDestination) -> Option<Resource> {
    let name = one.name()?;
    let mut seen = Resource::new(DELIVERY_DESTINATION, region, name, name);
    seen.arn = one.arn().map(str::to_owned);
    seen.tags = tags(one.tags());
    let target = one.delivery_destination_configuration();
    let target = target.map(|target| target.destination_resource_arn());
    if let Some(target) = target {
        seen.uses.extend(match spelling::bucket_of(target) {
            Some(bucket) => Some(Reference::soft(BUCKET, bucket, "delivery destination")),
            None => spelling::log_group_of(target)
                .map(|_| Reference::soft(LOG_GROUP, target, "delivery destination")),
        });
    }
    // That of traces to X-Ray alone.
    seen.uses.extend(one.role_arn().map(|arn| Reference::soft(ROLE, arn, "delivery role")));
    let sort = one.delivery_destination_type().map(|sort| sort.as_str());
    if let Some(sort) = sort {
        seen.fact("type", sort);
    }
    seen.removal.last = Last::Never("Dismantle removes no delivery destinations".to_owned());
    seen.record = json!({
        "name": name,
        "arn": one.arn(),
        "deliveryDestinationType": sort,
        "outputFormat": one.output_format().map(|format| format.as_str()),
        "destinationResourceArn": target,
        "roleArn": one.role_arn(),
        "tags": seen.tags,
    });
    Some(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_uses_the_bucket_or_the_log_group_that_it_stands_for() {
        let group = "arn:aws:logs:us-east-1:842676018087:log-group:/vended/kb:*";
        for (target, uses) in [
            ("arn:aws:s3:::their-logs", Some((BUCKET, "their-logs"))),
            ("arn:aws:s3:::their-logs/kb", Some((BUCKET, "their-logs"))),
            (group, Some((LOG_GROUP, group))),
            ("arn:aws:firehose:us-east-1:842676018087:deliverystream/kb", None),
            ("", None),
        ] {
            let configuration = types::DeliveryDestinationConfiguration::builder()
                .destination_resource_arn(target)
                .build()
                .unwrap();
            let one = types::DeliveryDestination::builder()
                .name("kb")
                .delivery_destination_configuration(configuration)
                .build();
            let seen = resource(Region::new("us-east-1"), &one).unwrap();
            let used = seen.uses.iter().map(|used| (used.kind, used.spelling.as_str()));
            assert_eq!(used.collect::<Vec<_>>(), Vec::from_iter(uses), "{target}");
        }
    }
}
