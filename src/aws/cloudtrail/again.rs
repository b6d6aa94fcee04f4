//! Making a trail again, from the journal's record.

use aws_sdk_cloudtrail::types;
use serde_json::Value;

use super::event_configuration;
use crate::aws::record::{flag, list, own_tags, text, texts};
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, s3};
use crate::resource::{Action, Prep, Resource};

const CREATE: Op = Op::write("cloudtrail", "CreateTrail");
const PUT_EVENTS: Op = Op::write("cloudtrail", "PutEventSelectors");
const PUT_INSIGHTS: Op = Op::write("cloudtrail", "PutInsightSelectors");
const START: Op = Op::write("cloudtrail", "StartLogging");

pub const PERMISSIONS: &[&str] = &[
    "cloudtrail:AddTags",
    "cloudtrail:CreateTrail",
    "cloudtrail:PutEventConfiguration",
    "cloudtrail:PutEventSelectors",
    "cloudtrail:PutInsightSelectors",
    "cloudtrail:StartLogging",
    "iam:PassRole",
    "s3:ListAllMyBuckets",
    "s3:ListBucket",
];

/// A trail, made as it was and then started: `CreateTrail` starts nothing (its API reference).
pub fn rebuild(was: &Resource) -> Rebuild {
    let record = &was.record;
    let mut rebuild = Rebuild::by_create();
    if flag(record, "Trail.HasCustomEventSelectors") == Some(true) {
        rebuild = rebuild.and(Action::Configure, "EventSelectors");
    }
    if !list(record, "InsightSelectors").is_empty() {
        rebuild = rebuild.and(Action::Configure, "InsightSelectors");
    }
    if record[event_configuration::MEMBER].is_object() {
        rebuild = rebuild.and(Action::Configure, event_configuration::MEMBER);
    }
    if flag(record, "IsLogging") == Some(true) {
        rebuild.steps.push(Prep::new(Action::Start));
    }
    rebuild
}

pub async fn make(aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
    let (client, name, record) = (aws.cloudtrail(), was.id.id.as_str(), &was.record);
    match (step.action, step.target.as_deref()) {
        (Action::Create, _) => create(aws, was).await?,
        (Action::Configure, Some("EventSelectors")) => {
            let events = list(record, "EventSelectors.EventSelectors").iter().map(event).collect();
            let advanced: Result<Vec<_>, _> = list(record, "EventSelectors.AdvancedEventSelectors")
                .iter()
                .map(advanced)
                .collect();
            let advanced = advanced
                .map_err(|error| AwsError::garbled(PUT_EVENTS, aws.region(), error.to_string()))?;
            // A trail has either the one sort or the other.
            let call = client.put_event_selectors().trail_name(name);
            let call = match advanced.is_empty() {
                true => call.set_event_selectors(Some(events)),
                false => call.set_advanced_event_selectors(Some(advanced)),
            };
            aws.call(PUT_EVENTS, || call.clone().send()).await?;
        }
        (Action::Configure, Some("InsightSelectors")) => {
            let selectors = list(record, "InsightSelectors").iter().map(insight).collect();
            let call = client.put_insight_selectors().trail_name(name);
            let call = call.set_insight_selectors(Some(selectors));
            aws.call(PUT_INSIGHTS, || call.clone().send()).await?;
        }
        (Action::Configure, Some(event_configuration::MEMBER)) => {
            event_configuration::put(aws, was).await?;
        }
        (Action::Start, _) => {
            aws.call(START, || client.start_logging().name(name).send()).await?;
        }
        (other, _) => return Err(AwsError::unsupported(aws, was.kind(), other.as_str())),
    }
    Ok(Acted::Done)
}

async fn create(aws: &Aws, was: &Resource) -> Result<(), AwsError> {
    let trail = &was.record["Trail"];
    let bucket = text(trail, "S3BucketName");
    if let Some(bucket) = &bucket
        && !s3::is_ours(aws, bucket).await?
    {
        let why = format!(
            "the bucket {bucket} does not belong to this account today, and a trail would write \
             all that happens here into it"
        );
        return Err(AwsError::not_ours(CREATE, aws.region(), why));
    }
    let tag =
        |(key, value): (&String, &String)| types::Tag::builder().key(key).value(value).build();
    let tags: Result<Vec<_>, _> = own_tags(was).iter().map(tag).collect();
    let tags = tags.map_err(|error| AwsError::garbled(CREATE, aws.region(), error.to_string()))?;
    let call = aws
        .cloudtrail()
        .create_trail()
        .name(&was.id.id)
        .set_s3_bucket_name(bucket)
        .set_s3_key_prefix(text(trail, "S3KeyPrefix"))
        .set_sns_topic_name(text(trail, "SnsTopicARN"))
        .set_include_global_service_events(flag(trail, "IncludeGlobalServiceEvents"))
        .set_is_multi_region_trail(flag(trail, "IsMultiRegionTrail"))
        .set_enable_log_file_validation(flag(trail, "LogFileValidationEnabled"))
        .set_cloud_watch_logs_log_group_arn(text(trail, "CloudWatchLogsLogGroupArn"))
        .set_cloud_watch_logs_role_arn(text(trail, "CloudWatchLogsRoleArn"))
        .set_kms_key_id(text(trail, "KmsKeyId"))
        .set_tags_list((!tags.is_empty()).then_some(tags));
    aws.call(CREATE, || call.clone().send()).await.map(drop)
}

fn event(selector: &Value) -> types::EventSelector {
    let data = |data: &Value| {
        types::DataResource::builder()
            .set_type(text(data, "Type"))
            .set_values(texts(data, "Values"))
            .build()
    };
    let data: Vec<_> = list(selector, "DataResources").iter().map(data).collect();
    types::EventSelector::builder()
        .set_read_write_type(
            text(selector, "ReadWriteType").map(|word| types::ReadWriteType::from(&*word)),
        )
        .set_include_management_events(flag(selector, "IncludeManagementEvents"))
        .set_data_resources((!data.is_empty()).then_some(data))
        .set_exclude_management_event_sources(texts(selector, "ExcludeManagementEventSources"))
        .build()
}

fn advanced(
    selector: &Value,
) -> Result<types::AdvancedEventSelector, aws_smithy_types::error::operation::BuildError> {
    let field = |field: &Value| {
        types::AdvancedFieldSelector::builder()
            .set_field(text(field, "Field"))
            .set_equals(texts(field, "Equals"))
            .set_starts_with(texts(field, "StartsWith"))
            .set_ends_with(texts(field, "EndsWith"))
            .set_not_equals(texts(field, "NotEquals"))
            .set_not_starts_with(texts(field, "NotStartsWith"))
            .set_not_ends_with(texts(field, "NotEndsWith"))
            .build()
    };
    let fields: Result<Vec<_>, _> = list(selector, "FieldSelectors").iter().map(field).collect();
    types::AdvancedEventSelector::builder()
        .set_name(text(selector, "Name"))
        .set_field_selectors(Some(fields?))
        .build()
}

fn insight(selector: &Value) -> types::InsightSelector {
    let word = text(selector, "InsightType");
    let categories = texts(selector, "EventCategories").map(|words| {
        words.iter().map(|word| types::SourceEventCategory::from(word.as_str())).collect()
    });
    types::InsightSelector::builder()
        .set_insight_type(word.map(|word| types::InsightType::from(&*word)))
        .set_event_categories(categories)
        .build()
}
