//! `logs:log-group`. Its streams and filters go with it. Who writes into it makes it again if it
//! goes first, without retention or key; so its writers refer to it.

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::types::{self, LogGroupClass, MetricFilter, SubscriptionFilter};
use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::account_policy::findings;
use super::{PAGE_MAX, key_uses, known, policies};
use crate::aws::kinds::iam::ROLE;
use crate::aws::kinds::kms::{ALIAS, KEY};
use crate::aws::kinds::logs::LOG_GROUP;
use crate::aws::kinds::s3::BUCKET;
use crate::aws::{
    Acted, Aws, AwsError, Incomplete, Listed, Op, Progress, Rebuild, RemovalOptions, ResourceKind,
    spelling,
};
use crate::inventory::Hides;
use crate::resource::{
    Action, KindFacts, Permissions, Prep, Protection, Reference, Resource, Scope, Tags, Unread,
    WhereKey,
};

const DESCRIBE: Op = Op::read("logs", "DescribeLogGroups");
const LIST_TAGS: Op = Op::read("logs", "ListTagsForResource");
const SUBSCRIPTION_FILTERS: Op = Op::read("logs", "DescribeSubscriptionFilters");
const METRIC_FILTERS: Op = Op::read("logs", "DescribeMetricFilters");
const DATA_PROTECTION: Op = Op::read("logs", "GetDataProtectionPolicy");
const DELETE: Op = Op::write("logs", "DeleteLogGroup");
const PROTECT: Op = Op::write("logs", "PutLogGroupDeletionProtection");
const TAG: Op = Op::write("logs", "TagResource");

/// Groups whose details are read side by side.
const SIDE_BY_SIDE: usize = 8;

/// A log group.
pub struct LogGroup;

#[async_trait]
impl ResourceKind for LogGroup {
    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[KEY, ALIAS, ROLE, LOG_GROUP, BUCKET],
            where_keys: const {
                &[
                    WhereKey::new("class", "STANDARD, INFREQUENT_ACCESS, DELIVERY"),
                    WhereKey::new("retention", "days, such as 30, or never"),
                ]
            },
            permissions: Permissions {
                read: &[
                    "logs:DescribeIndexPolicies",
                    "logs:DescribeLogGroups",
                    "logs:DescribeMetricFilters",
                    "logs:DescribeResourcePolicies",
                    "logs:DescribeSubscriptionFilters",
                    "logs:GetDataProtectionPolicy",
                    "logs:ListTagsForResource",
                ],
                remove: &["logs:DeleteLogGroup", "logs:PutLogGroupDeletionProtection"],
                tag: &["logs:TagResource"],
            },
            restore_permissions: super::again::PERMISSIONS,
            can_tag: true,
            ..KindFacts::new(LOG_GROUP, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Listed, AwsError> {
        let client = aws.logs();
        let start = |token| {
            let call = client.describe_log_groups().limit(PAGE_MAX);
            call.set_next_token(token).into_paginator().send()
        };
        let pages = aws.pages(DESCRIBE, start, |page| page.next_token().map(str::to_owned)).await?;
        let groups = pages.into_iter().flat_map(|page| page.log_groups.unwrap_or_default());
        let mut details = stream::iter(groups)
            .map(|group| async move { one(aws, &group).await })
            .buffer_unordered(SIDE_BY_SIDE);
        let mut listed = Listed::default();
        while let Some(seen) = details.next().await {
            let Some((resource, missing)) = seen else { continue };
            listed.resources.push(resource);
            if let Some(Incomplete { error, hides }) = missing {
                listed.lacks(error, hides);
            }
        }
        listed.resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(listed)
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let name = known.id.id.as_str();
        let client = aws.logs();
        let start = |token| {
            let call = client.describe_log_groups().log_group_name_prefix(name).limit(PAGE_MAX);
            call.set_next_token(token).into_paginator().send()
        };
        let is_it = |group: &types::LogGroup| group.log_group_name() == Some(name);
        // Others may begin with the same name; it comes first of them.
        let pages = aws
            .pages(DESCRIBE, start, |page| {
                let found = page.log_groups().iter().any(is_it);
                page.next_token().filter(|_| !found).map(str::to_owned)
            })
            .await?;
        let mut groups = pages.into_iter().flat_map(|page| page.log_groups.unwrap_or_default());
        let Some(group) = groups.find(is_it) else { return Ok(None) };
        let Some((mut seen, _)) = one(aws, &group).await else { return Ok(None) };
        settings(aws, &group, &mut seen).await;
        Ok(Some(seen))
    }

    async fn act(
        &self,
        aws: &Aws,
        resource: &Resource,
        step: &Prep,
        _: &RemovalOptions,
        _: &Progress,
    ) -> Result<Acted, AwsError> {
        let client = aws.logs();
        let name = resource.id.id.as_str();
        match step.action {
            Action::LiftProtection => {
                let call = client.put_log_group_deletion_protection().log_group_identifier(name);
                let call = call.deletion_protection_enabled(false);
                aws.call(PROTECT, || call.clone().send()).await?;
            }
            Action::Delete => {
                aws.call(DELETE, || client.delete_log_group().log_group_name(name).send()).await?;
            }
            other => return Err(AwsError::unsupported(aws, LOG_GROUP, other.as_str())),
        }
        Ok(Acted::Done)
    }

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        Ok(super::again::rebuild(was))
    }

    fn undo(&self, _: &Resource, _: &Prep) -> Result<Prep, String> {
        Ok(Prep::of(Action::Configure, "deletionProtectionEnabled"))
    }

    async fn make(&self, aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
        super::again::make(aws, was, step).await
    }

    async fn tag(&self, aws: &Aws, resource: &Resource, tags: &Tags) -> Result<(), AwsError> {
        let tags = tags.clone().into_iter().collect();
        let call = aws.logs().tag_resource().set_resource_arn(resource.arn.clone());
        let call = call.set_tags(Some(tags));
        aws.call(TAG, || call.clone().send()).await.map(drop)
    }
}

/// A group with its tags and what it sends where; `None` if it is gone meanwhile. The gap is that
/// of a reading that may have held references.
async fn one(aws: &Aws, group: &types::LogGroup) -> Option<(Resource, Option<Incomplete>)> {
    let mut seen = resource(aws, group)?;
    let client = aws.logs();
    let call = client.list_tags_for_resource().set_resource_arn(seen.arn.clone());
    match known(aws.call(LIST_TAGS, || call.clone().send()).await) {
        Ok(answer) => {
            seen.tags = answer.and_then(|a| a.tags).unwrap_or_default().into_iter().collect();
            seen.record["tags"] = json!(seen.tags);
        }
        Err(error) if error.is_not_found() => return None,
        Err(error) => unread(&mut seen, "tags", &error),
    }
    let mut missing = None;
    if has_filters(group) {
        match subscription_filters(aws, &seen.id.id).await {
            Ok(filters) => {
                let roles = filters.iter().filter_map(|filter| filter.role_arn());
                seen.uses.extend(roles.map(|arn| Reference::soft(ROLE, arn, "subscription role")));
                seen.record["subscriptionFilters"] =
                    filters.iter().map(subscription_record).collect();
            }
            Err(error) if error.is_not_found() => return None,
            Err(error) => {
                unread(&mut seen, "subscription filters", &error);
                // A subscription delivers as a role.
                missing = Some(Incomplete { error, hides: Hides::uses_of([ROLE]) });
            }
        }
    }
    if group.data_protection_status().is_some() {
        let call = client.get_data_protection_policy().log_group_identifier(&seen.id.id);
        match known(aws.call(DATA_PROTECTION, || call.clone().send()).await) {
            Ok(answer) => {
                let policy = answer.and_then(|answer| answer.policy_document);
                let document = policy.as_deref().and_then(|text| serde_json::from_str(text).ok());
                seen.uses.extend(document.iter().flat_map(findings));
                seen.record["dataProtectionPolicy"] = json!(policy);
            }
            // The policy was taken away.
            Err(error) if error.is_not_found() => {}
            Err(error) => {
                seen.not_recorded("data protection policy", &error);
                let hides = Hides::uses_of([LOG_GROUP, BUCKET]);
                let hides = missing.take().map_or(hides.clone(), |one| one.hides.and(hides));
                missing = Some(Incomplete { error, hides });
            }
        }
    }
    seen.uses.sort();
    seen.uses.dedup();
    Some((seen, missing))
}

/// What is only needed to make the group again.
async fn settings(aws: &Aws, group: &types::LogGroup, seen: &mut Resource) {
    let name = seen.id.id.clone();
    if has_filters(group) {
        match metric_filters(aws, &name).await {
            Ok(filters) => {
                seen.record["metricFilters"] = filters.iter().map(metric_record).collect();
            }
            Err(error) => seen.not_recorded("metric filters", &error),
        }
    }
    // Field indexes are of the standard class (CloudWatch Logs user guide, "Log classes").
    policies::note(aws, seen, has_filters(group)).await;
}

/// Only the standard class has metric and subscription filters, and a group keeps its class for
/// life (CloudWatch Logs user guide, "Log classes").
fn has_filters(group: &types::LogGroup) -> bool {
    group.log_group_class().is_none_or(|class| *class == LogGroupClass::Standard)
}

fn unread(seen: &mut Resource, what: &str, error: &AwsError) {
    seen.unread.push(Unread { what: what.to_owned(), why: error.to_string() });
}

async fn subscription_filters(aws: &Aws, name: &str) -> Result<Vec<SubscriptionFilter>, AwsError> {
    let client = aws.logs();
    let start = |token| {
        let call = client.describe_subscription_filters().log_group_name(name).limit(PAGE_MAX);
        call.set_next_token(token).into_paginator().send()
    };
    let pages =
        aws.pages(SUBSCRIPTION_FILTERS, start, |page| page.next_token().map(str::to_owned)).await;
    let pages = known(pages)?.unwrap_or_default();
    Ok(pages.into_iter().flat_map(|page| page.subscription_filters.unwrap_or_default()).collect())
}

async fn metric_filters(aws: &Aws, name: &str) -> Result<Vec<MetricFilter>, AwsError> {
    let client = aws.logs();
    let start = |token| {
        let call = client.describe_metric_filters().log_group_name(name).limit(PAGE_MAX);
        call.set_next_token(token).into_paginator().send()
    };
    let pages = aws.pages(METRIC_FILTERS, start, |page| page.next_token().map(str::to_owned)).await;
    let pages = known(pages)?.unwrap_or_default();
    Ok(pages.into_iter().flat_map(|page| page.metric_filters.unwrap_or_default()).collect())
}

/// What `DescribeLogGroups` alone says of a group.
fn resource(aws: &Aws, group: &types::LogGroup) -> Option<Resource> {
    let name = group.log_group_name()?;
    let arn = group.log_group_arn().or(group.arn()).map_or_else(
        || {
            let (partition, region, account) = (aws.partition(), aws.region(), aws.number());
            format!("arn:{partition}:logs:{region}:{account}:log-group:{name}")
        },
        |arn| spelling::log_group_arn(arn).to_owned(),
    );
    let mut seen = Resource::new(LOG_GROUP, aws.region(), name, name);
    seen.spellings.push(format!("{arn}:*"));
    seen.arn = Some(arn);
    seen.created = group.creation_time().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let class = group.log_group_class().map(LogGroupClass::as_str);
    if let Some(class) = class {
        seen.fact("class", class);
    }
    let retention = group.retention_in_days();
    seen.fact("retention", retention.map_or("never".to_owned(), |days| days.to_string()));
    seen.uses.extend(key_uses(group.kms_key_id(), "encryption key"));
    if group.deletion_protection_enabled() == Some(true) {
        let why = "deletion protection is on".to_owned();
        seen.protections.push(Protection { why, liftable: true });
    }
    let inherited = group.inherited_properties().iter().map(|property| property.as_str());
    seen.record = json!({
        "logGroupName": name,
        "logGroupArn": seen.arn,
        "creationTime": group.creation_time(),
        "logGroupClass": class,
        "retentionInDays": retention,
        "kmsKeyId": group.kms_key_id(),
        "deletionProtectionEnabled": group.deletion_protection_enabled(),
        "bearerTokenAuthenticationEnabled": group.bearer_token_authentication_enabled(),
        "dataProtectionStatus": group.data_protection_status().map(|status| status.as_str()),
        "inheritedProperties": inherited.collect::<Vec<_>>(),
        "metricFilterCount": group.metric_filter_count(),
        "storedBytes": group.stored_bytes(),
    });
    Some(seen)
}

fn subscription_record(filter: &SubscriptionFilter) -> Value {
    json!({
        "filterName": filter.filter_name,
        "filterPattern": filter.filter_pattern,
        "destinationArn": filter.destination_arn,
        "roleArn": filter.role_arn,
        "distribution": filter.distribution.as_ref().map(|distribution| distribution.as_str()),
        "applyOnTransformedLogs": filter.apply_on_transformed_logs,
        "fieldSelectionCriteria": filter.field_selection_criteria,
        "emitSystemFields": filter.emit_system_fields,
    })
}

fn metric_record(filter: &MetricFilter) -> Value {
    let transformation = |metric: &types::MetricTransformation| {
        json!({
            "metricName": metric.metric_name,
            "metricNamespace": metric.metric_namespace,
            "metricValue": metric.metric_value,
            "defaultValue": metric.default_value,
            "dimensions": metric.dimensions,
            "unit": metric.unit.as_ref().map(|unit| unit.as_str()),
        })
    };
    let metrics = filter.metric_transformations().iter().map(transformation);
    json!({
        "filterName": filter.filter_name,
        "filterPattern": filter.filter_pattern,
        "metricTransformations": metrics.collect::<Value>(),
        "applyOnTransformedLogs": filter.apply_on_transformed_logs,
        "fieldSelectionCriteria": filter.field_selection_criteria,
        "emitSystemFieldDimensions": filter.emit_system_field_dimensions,
    })
}
