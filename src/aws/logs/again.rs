//! Making a log group again, from the journal's record.

use aws_sdk_cloudwatchlogs::types::{
    Distribution, LogGroupClass, MetricTransformation, StandardUnit,
};
use serde_json::Value;

use super::policies;
use crate::aws::record::{document, flag, list, number, own_tags, text, texts};
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild};
use crate::resource::{Action, Prep, Resource};

const CREATE: Op = Op::write("logs", "CreateLogGroup");
const RETAIN: Op = Op::write("logs", "PutRetentionPolicy");
const PUT_METRIC: Op = Op::write("logs", "PutMetricFilter");
const PUT_SUBSCRIPTION: Op = Op::write("logs", "PutSubscriptionFilter");
const PUT_DATA_PROTECTION: Op = Op::write("logs", "PutDataProtectionPolicy");
const PROTECT: Op = Op::write("logs", "PutLogGroupDeletionProtection");

pub const PERMISSIONS: &[&str] = &[
    "logs:CreateLogGroup",
    "logs:PutDataProtectionPolicy",
    "logs:PutIndexPolicy",
    "logs:PutLogGroupDeletionProtection",
    "logs:PutMetricFilter",
    "logs:PutResourcePolicy",
    "logs:PutRetentionPolicy",
    "logs:PutSubscriptionFilter",
    "logs:TagResource",
];

/// The parts that `CreateLogGroup` does not take, in an order that works.
const PARTS: &[&str] = &[
    "retentionInDays",
    "metricFilters",
    "subscriptionFilters",
    "dataProtectionPolicy",
    policies::INDEX,
    policies::RESOURCE,
    "deletionProtectionEnabled",
];

pub fn rebuild(was: &Resource) -> Rebuild {
    let mut rebuild = Rebuild::by_create().configured(was, PARTS);
    // Off is what a new group has.
    let off = Prep::of(Action::Configure, "deletionProtectionEnabled");
    rebuild.steps.retain(|step| {
        *step != off || flag(&was.record, "deletionProtectionEnabled") == Some(true)
    });
    // A transformer and anomaly detectors are not recorded.
    rebuild.without("its log events, and any transformer and anomaly detectors")
}

pub async fn make(aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
    let (client, name, record) = (aws.logs(), was.id.id.as_str(), &was.record);
    match (step.action, step.target.as_deref()) {
        (Action::Create, _) => {
            let class = text(record, "logGroupClass").map(|class| LogGroupClass::from(&*class));
            let tags = own_tags(was);
            let call = client
                .create_log_group()
                .log_group_name(name)
                .set_kms_key_id(text(record, "kmsKeyId"))
                .set_log_group_class(class)
                .set_tags((!tags.is_empty()).then(|| tags.into_iter().collect()));
            aws.call(CREATE, || call.clone().send()).await?;
        }
        (Action::Configure, Some("retentionInDays")) => {
            let call = client.put_retention_policy().log_group_name(name);
            let call = call.set_retention_in_days(number(record, "retentionInDays"));
            aws.call(RETAIN, || call.clone().send()).await?;
        }
        (Action::Configure, Some("metricFilters")) => {
            for filter in list(record, "metricFilters") {
                put_metric_filter(aws, name, filter).await?;
            }
        }
        (Action::Configure, Some("subscriptionFilters")) => {
            for filter in list(record, "subscriptionFilters") {
                put_subscription_filter(aws, name, filter).await?;
            }
        }
        (Action::Configure, Some("dataProtectionPolicy")) => {
            let call = client.put_data_protection_policy().log_group_identifier(name);
            let call = call.set_policy_document(document(record, "dataProtectionPolicy"));
            aws.call(PUT_DATA_PROTECTION, || call.clone().send()).await?;
        }
        (Action::Configure, Some(policies::INDEX)) => policies::put_index(aws, was).await?,
        (Action::Configure, Some(policies::RESOURCE)) => policies::put_resource(aws, was).await?,
        (Action::Configure, Some("deletionProtectionEnabled")) => {
            let call = client.put_log_group_deletion_protection().log_group_identifier(name);
            let call = call.deletion_protection_enabled(true);
            aws.call(PROTECT, || call.clone().send()).await?;
        }
        (other, _) => return Err(AwsError::unsupported(aws, was.kind(), other.as_str())),
    }
    Ok(Acted::Done)
}

async fn put_metric_filter(aws: &Aws, group: &str, filter: &Value) -> Result<(), AwsError> {
    let metric = |metric: &Value| {
        let dimensions = metric["dimensions"].as_object().map(|dimensions| {
            let value = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            dimensions.iter().map(|(name, field)| (name.clone(), value(field))).collect()
        });
        MetricTransformation::builder()
            .set_metric_name(text(metric, "metricName"))
            .set_metric_namespace(text(metric, "metricNamespace"))
            .set_metric_value(text(metric, "metricValue"))
            .set_default_value(metric["defaultValue"].as_f64())
            .set_dimensions(dimensions)
            .set_unit(text(metric, "unit").map(|unit| StandardUnit::from(&*unit)))
            .build()
    };
    let metrics: Result<Vec<_>, _> =
        list(filter, "metricTransformations").iter().map(metric).collect();
    let metrics =
        metrics.map_err(|error| AwsError::garbled(PUT_METRIC, aws.region(), error.to_string()))?;
    let call = aws
        .logs()
        .put_metric_filter()
        .log_group_name(group)
        .set_filter_name(text(filter, "filterName"))
        // An empty pattern matches everything, and is required.
        .filter_pattern(text(filter, "filterPattern").unwrap_or_default())
        .set_metric_transformations(Some(metrics))
        .set_apply_on_transformed_logs(flag(filter, "applyOnTransformedLogs"))
        .set_field_selection_criteria(text(filter, "fieldSelectionCriteria"))
        .set_emit_system_field_dimensions(texts(filter, "emitSystemFieldDimensions"));
    aws.call(PUT_METRIC, || call.clone().send()).await.map(drop)
}

async fn put_subscription_filter(aws: &Aws, group: &str, filter: &Value) -> Result<(), AwsError> {
    let distribution = text(filter, "distribution").map(|word| Distribution::from(&*word));
    let call = aws
        .logs()
        .put_subscription_filter()
        .log_group_name(group)
        .set_filter_name(text(filter, "filterName"))
        .filter_pattern(text(filter, "filterPattern").unwrap_or_default())
        .set_destination_arn(text(filter, "destinationArn"))
        .set_role_arn(text(filter, "roleArn"))
        .set_distribution(distribution)
        .set_apply_on_transformed_logs(flag(filter, "applyOnTransformedLogs"))
        .set_field_selection_criteria(text(filter, "fieldSelectionCriteria"))
        .set_emit_system_fields(texts(filter, "emitSystemFields"));
    aws.call(PUT_SUBSCRIPTION, || call.clone().send()).await.map(drop)
}
