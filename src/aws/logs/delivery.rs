//! `logs:delivery`, read for its references only: Dismantle removes no deliveries. It joins a
//! delivery source to a delivery destination, and both are refused a removal before it
//! (`DeleteDeliverySource`, API reference, `ConflictException`).

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::types;
use serde_json::json;

use super::{PAGE_MAX, tags};
use crate::aws::kinds::logs::{DELIVERY, DELIVERY_DESTINATION, DELIVERY_SOURCE};
use crate::aws::{Aws, AwsError, Listed, Op, ResourceKind, found};
use crate::resource::{
    KindFacts, Last, Permissions, Reference, Region, Removable, Resource, Scope,
};

const DESCRIBE: Op = Op::read("logs", "DescribeDeliveries");
const GET: Op = Op::read("logs", "GetDelivery");

/// One source's logs on their way to one destination.
pub struct Delivery;

#[async_trait]
impl ResourceKind for Delivery {
    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            can_use: &[DELIVERY_SOURCE, DELIVERY_DESTINATION],
            permissions: Permissions {
                read: &["logs:DescribeDeliveries", "logs:GetDelivery"],
                ..Permissions::default()
            },
            ..KindFacts::new(DELIVERY, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Listed, AwsError> {
        let client = aws.logs();
        let start = |token| {
            let call = client.describe_deliveries().limit(PAGE_MAX);
            call.set_next_token(token).into_paginator().send()
        };
        let pages = aws.pages(DESCRIBE, start, |page| page.next_token().map(str::to_owned)).await?;
        let all = pages.into_iter().flat_map(|page| page.deliveries.unwrap_or_default());
        let mut resources: Vec<_> = all.filter_map(|one| resource(aws.region(), &one)).collect();
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(resources.into())
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let call = aws.logs().get_delivery().id(&known.id.id);
        let answer = found(aws.call(GET, || call.clone().send()).await)?;
        let one = answer.and_then(|answer| answer.delivery);
        Ok(one.and_then(|one| resource(aws.region(), &one)))
    }
}

fn resource(region: Region, one: &types::Delivery) -> Option<Resource> {
    let id = one.id()?;
    let mut seen = Resource::new(DELIVERY, region, id, id);
    seen.arn = one.arn().map(str::to_owned);
    seen.tags = tags(one.tags());
    let source = one.delivery_source_name();
    seen.uses.extend(source.map(|it| Reference::hard(DELIVERY_SOURCE, it, "delivery source")));
    let to = one.delivery_destination_arn();
    seen.uses
        .extend(to.map(|arn| Reference::hard(DELIVERY_DESTINATION, arn, "delivery destination")));
    seen.removal.last = Last::Never("Dismantle removes no deliveries".to_owned());
    seen.record = json!({
        "id": id,
        "arn": one.arn(),
        "deliverySourceName": source,
        "deliveryDestinationArn": to,
        "deliveryDestinationType": one.delivery_destination_type().map(|sort| sort.as_str()),
        "recordFields": one.record_fields(),
        "fieldDelimiter": one.field_delimiter(),
        "tags": seen.tags,
    });
    Some(seen)
}
