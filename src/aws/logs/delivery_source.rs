//! `logs:delivery-source`, read for its references only: Dismantle removes no delivery sources. It
//! is a setting of the thing whose logs it sends, a cluster or a bucket, and ends with that: AWS
//! then calls it `INACTIVE`, because of `RESOURCE_DELETED` (`DeliverySource`, API reference).

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::types;
use serde_json::json;

use super::{PAGE_MAX, tags};
use crate::aws::kinds::eks::CLUSTER;
use crate::aws::kinds::logs::DELIVERY_SOURCE;
use crate::aws::kinds::s3::BUCKET;
use crate::aws::{Aws, AwsError, Listed, Op, ResourceKind, found, spelling};
use crate::resource::{
    KindFacts, Last, Permissions, Reference, Region, Removable, Resource, Scope, WhereKey,
};

const DESCRIBE: Op = Op::read("logs", "DescribeDeliverySources");
const GET: Op = Op::read("logs", "GetDeliverySource");

/// What sends logs of AWS services.
pub struct DeliverySource;

#[async_trait]
impl ResourceKind for DeliverySource {
    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            where_keys: const { &[WhereKey::new("service", "the service that sends: eks, s3…")] },
            permissions: Permissions {
                read: &["logs:DescribeDeliverySources", "logs:GetDeliverySource"],
                ..Permissions::default()
            },
            ..KindFacts::new(DELIVERY_SOURCE, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Listed, AwsError> {
        let client = aws.logs();
        let start = |token| {
            let call = client.describe_delivery_sources().limit(PAGE_MAX);
            call.set_next_token(token).into_paginator().send()
        };
        let pages = aws.pages(DESCRIBE, start, |page| page.next_token().map(str::to_owned)).await?;
        let all = pages.into_iter().flat_map(|page| page.delivery_sources.unwrap_or_default());
        let mut resources: Vec<_> = all.filter_map(|one| resource(aws.region(), &one)).collect();
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(resources.into())
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let call = aws.logs().get_delivery_source().name(&known.id.id);
        let answer = found(aws.call(GET, || call.clone().send()).await)?;
        let one = answer.and_then(|answer| answer.delivery_source);
        Ok(one.and_then(|one| resource(aws.region(), &one)))
    }
}

fn resource(region: Region, one: &types::DeliverySource) -> Option<Resource> {
    let name = one.name()?;
    let mut seen = Resource::new(DELIVERY_SOURCE, region, name, name);
    seen.arn = one.arn().map(str::to_owned);
    seen.tags = tags(one.tags());
    seen.belongs_to = one.resource_arns().iter().filter_map(|arn| sender(arn)).collect();
    if let Some(service) = one.service() {
        seen.fact("service", service);
    }
    seen.removal.last = Last::Never("Dismantle removes no delivery sources".to_owned());
    seen.record = json!({
        "name": name,
        "arn": one.arn(),
        "resourceArns": one.resource_arns(),
        "service": one.service(),
        "logType": one.log_type(),
        "status": one.status().map(|status| status.as_str()),
        "statusReason": one.status_reason().map(|reason| reason.as_str()),
        "tags": seen.tags,
    });
    Some(seen)
}

/// The thing whose logs are sent (`PutDeliverySource`, API reference: EKS Auto Mode, and S3's
/// server access logs).
fn sender(arn: &str) -> Option<Reference> {
    if let Some(bucket) = spelling::bucket_of(arn) {
        return Some(Reference::order(BUCKET, bucket, "sends its logs"));
    }
    let mut parts = arn.splitn(6, ':').skip(2);
    let is_cluster = parts.next()? == "eks" && parts.nth(2)?.starts_with("cluster/");
    is_cluster.then(|| Reference::order(CLUSTER, arn, "sends its logs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_belongs_to_the_thing_whose_logs_it_sends() {
        let cluster = "arn:aws:eks:us-east-1:842676018087:cluster/lab";
        for (arn, owner) in [
            (cluster, Some((CLUSTER, cluster))),
            ("arn:aws:s3:::lab-data", Some((BUCKET, "lab-data"))),
            ("arn:aws:eks:us-east-1:842676018087:capability/lab/ack/ack/1", None),
            ("arn:aws:logs:us-east-1:842676018087:log-group:*", None),
            ("arn:aws:bedrock:us-east-1:842676018087:knowledge-base/KB1", None),
            ("", None),
        ] {
            let owner = owner.map(|(kind, text)| Reference::order(kind, text, "sends its logs"));
            assert_eq!(sender(arn), owner, "{arn}");
        }
    }
}
