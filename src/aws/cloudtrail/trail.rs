//! Trails. A trail lives in its home region only; its shadows elsewhere are not listed.
//!
//! A trail goes before its bucket is emptied: while it logs, and for some minutes after, it
//! fills the bucket again.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput;
use aws_sdk_cloudtrail::operation::get_insight_selectors::GetInsightSelectorsOutput;
use aws_sdk_cloudtrail::types;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::event_configuration;
use crate::aws::kinds::cloudtrail::TRAIL;
use crate::aws::kinds::iam::ROLE;
use crate::aws::kinds::kms::KEY;
use crate::aws::kinds::logs::LOG_GROUP;
use crate::aws::kinds::s3::BUCKET;
use crate::aws::{
    Acted, Aws, AwsError, Class, Listed, Op, Progress, Rebuild, RemovalOptions, ResourceKind,
    found, spelling, timestamp,
};
use crate::resource::{
    Action, KindFacts, Permissions, Prep, Protection, Reference, Resource, Scope, Tags, Unread,
    WhereKey,
};

const DESCRIBE: Op = Op::read("cloudtrail", "DescribeTrails");
const STATUS: Op = Op::read("cloudtrail", "GetTrailStatus");
const EVENT_SELECTORS: Op = Op::read("cloudtrail", "GetEventSelectors");
const INSIGHT_SELECTORS: Op = Op::read("cloudtrail", "GetInsightSelectors");
const LIST_TAGS: Op = Op::read("cloudtrail", "ListTags");
const STOP: Op = Op::write("cloudtrail", "StopLogging");
const DELETE: Op = Op::write("cloudtrail", "DeleteTrail");
const ADD_TAGS: Op = Op::write("cloudtrail", "AddTags");

/// `ListTags` takes at most twenty ARNs (its API reference).
const TAGGED_MAX: usize = 20;

/// Trails whose details are read side by side. A region has five at most, unless raised.
const SIDE_BY_SIDE: usize = 4;

const WHERE_KEYS: &[WhereKey] = &[WhereKey::new("status", "logging, stopped")];

pub struct Trail;

#[async_trait]
impl ResourceKind for Trail {
    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[BUCKET, KEY, LOG_GROUP, ROLE],
            // The key lies where the bucket is (CloudTrail user guide, "Encrypting CloudTrail log
            // files with AWS KMS keys").
            across_regions: &[KEY],
            where_keys: WHERE_KEYS,
            can_stop: true,
            permissions: Permissions {
                read: &[
                    "cloudtrail:DescribeTrails",
                    "cloudtrail:GetEventConfiguration",
                    "cloudtrail:GetEventSelectors",
                    "cloudtrail:GetInsightSelectors",
                    "cloudtrail:GetTrailStatus",
                    "cloudtrail:ListTags",
                ],
                remove: &["cloudtrail:DeleteTrail", "cloudtrail:StopLogging"],
                tag: &["cloudtrail:AddTags"],
            },
            restore_permissions: super::again::PERMISSIONS,
            can_tag: true,
            ..KindFacts::new(TRAIL, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Listed, AwsError> {
        Ok(all(aws, described(aws, None).await?).await.into())
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let Some(trails) = found(described(aws, Some(handle(known))).await)? else {
            return Ok(None);
        };
        let mut seen = all(aws, trails).await.into_iter().find(|trail| trail.id == known.id);
        if let Some(seen) = &mut seen {
            event_configuration::note(aws, seen).await;
        }
        Ok(seen)
    }

    async fn act(
        &self,
        aws: &Aws,
        resource: &Resource,
        step: &Prep,
        _: &RemovalOptions,
        _: &Progress,
    ) -> Result<Acted, AwsError> {
        // By name: the region is the trail's home, and there no other trail can have its name.
        let (client, trail) = (aws.cloudtrail(), resource.id.id.as_str());
        match step.action {
            Action::Stop => {
                aws.call(STOP, || client.stop_logging().name(trail).send()).await?;
            }
            Action::Delete => {
                aws.call(DELETE, || client.delete_trail().name(trail).send()).await?;
            }
            other => return Err(AwsError::unsupported(aws, TRAIL, other.as_str())),
        }
        Ok(Acted::Done)
    }

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        Ok(super::again::rebuild(was))
    }

    fn undo(&self, _: &Resource, _: &Prep) -> Result<Prep, String> {
        Ok(Prep::new(Action::Start))
    }

    async fn make(&self, aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
        super::again::make(aws, was, step).await
    }

    async fn tag(&self, aws: &Aws, resource: &Resource, tags: &Tags) -> Result<(), AwsError> {
        let client = aws.cloudtrail();
        let list: Result<Vec<types::Tag>, _> = tags
            .iter()
            .map(|(key, value)| types::Tag::builder().key(key).value(value).build())
            .collect();
        let list =
            list.map_err(|error| AwsError::garbled(ADD_TAGS, aws.region(), error.to_string()))?;
        aws.call(ADD_TAGS, || {
            client.add_tags().resource_id(handle(resource)).set_tags_list(Some(list.clone())).send()
        })
        .await?;
        Ok(())
    }
}

/// Every call takes the ARN, which cannot mean a trail of another region; a name can.
fn handle(trail: &Resource) -> &str {
    trail.arn.as_deref().unwrap_or(&trail.id.id)
}

/// The trails whose home is the asked region.
async fn described(aws: &Aws, only: Option<&str>) -> Result<Vec<types::Trail>, AwsError> {
    let client = aws.cloudtrail();
    let answer = aws
        .call(DESCRIBE, || {
            client
                .describe_trails()
                .include_shadow_trails(false)
                .set_trail_name_list(only.map(|name| vec![name.to_owned()]))
                .send()
        })
        .await?;
    let home = aws.region().as_str();
    let at_home = |trail: &types::Trail| trail.home_region().is_none_or(|region| region == home);
    Ok(answer.trail_list.unwrap_or_default().into_iter().filter(at_home).collect())
}

async fn all(aws: &Aws, trails: Vec<types::Trail>) -> Vec<Resource> {
    let mut resources: Vec<Resource> = stream::iter(trails)
        .map(|trail| async move { one(aws, &trail).await })
        .buffer_unordered(SIDE_BY_SIDE)
        .filter_map(|resource| async move { resource })
        .collect()
        .await;
    tags(aws, &mut resources).await;
    resources.sort_by(|a, b| a.id.cmp(&b.id));
    resources
}

/// One trail with its details; `None` if it is gone meanwhile. No detail holds a reference: they
/// are all in the trail itself.
async fn one(aws: &Aws, trail: &types::Trail) -> Option<Resource> {
    let mut resource = described_resource(aws, trail)?;
    let (client, name) = (aws.cloudtrail(), handle(&resource).to_owned());
    let mut unread = Vec::new();
    let mut note = |what: &str, error: AwsError| {
        unread.push(Unread { what: what.to_owned(), why: error.to_string() });
    };

    let logging = match aws.call(STATUS, || client.get_trail_status().name(&name).send()).await {
        Ok(status) => {
            // No answer says when a trail was made.
            resource.there_by = timestamp(status.start_logging_time());
            resource.pin = Some(pin(trail, resource.there_by));
            status.is_logging
        }
        Err(error) if error.is_not_found() => return None,
        Err(error) => {
            note("whether it is logging", error);
            None
        }
    };
    let events = match aws
        .call(EVENT_SELECTORS, || client.get_event_selectors().trail_name(&name).send())
        .await
    {
        Ok(selectors) => event_selectors(&selectors),
        Err(error) if error.is_not_found() => return None,
        Err(error) => {
            note("event selectors", error);
            Value::Null
        }
    };
    let mut insights = Value::Null;
    if trail.has_insight_selectors() == Some(true) {
        match aws
            .call(INSIGHT_SELECTORS, || client.get_insight_selectors().trail_name(&name).send())
            .await
        {
            Ok(selectors) => insights = insight_selectors(&selectors),
            Err(error) if error.is_not_found() => return None,
            Err(error) => note("insight selectors", error),
        }
    }
    resource.unread.append(&mut unread);
    // Stopping a stopped trail is harmless, and a logging one must be stopped: not known, stop.
    if logging != Some(false) {
        resource.removal.prep.push(Prep::new(Action::Stop));
    }
    if let Some(logging) = logging {
        resource.fact("status", if logging { "logging" } else { "stopped" });
    }
    resource.record = json!({
        "Trail": trail_record(trail),
        "IsLogging": logging,
        "EventSelectors": events,
        "InsightSelectors": insights,
    });
    Some(resource)
}

/// What `DescribeTrails` alone says of a trail.
fn described_resource(aws: &Aws, trail: &types::Trail) -> Option<Resource> {
    let name = trail.name()?;
    let mut resource = Resource::new(TRAIL, aws.region(), name, name);
    resource.arn = trail.trail_arn.clone();
    if let Some(bucket) = trail.s3_bucket_name() {
        // By ARN: the bucket may be in any region, and a bare name is looked for in this one.
        let arn = format!("arn:{}:s3:::{bucket}", aws.partition());
        resource.uses.push(Reference::soft(BUCKET, arn, "log bucket"));
    }
    if let Some(key) = trail.kms_key_id() {
        resource.uses.push(Reference::soft(KEY, key, "log encryption key"));
    }
    if let Some(group) = trail.cloud_watch_logs_log_group_arn() {
        let group = spelling::log_group_arn(group);
        resource.uses.push(Reference::soft(LOG_GROUP, group, "log group"));
    }
    if let Some(role) = trail.cloud_watch_logs_role_arn() {
        resource.uses.push(Reference::soft(ROLE, role, "CloudWatch Logs role"));
    }
    if trail.is_organization_trail() == Some(true) {
        // From a member account AWS refuses it (NotOrganizationMasterAccountException); from the
        // management account it would end the records of every account.
        let why = if trail.trail_arn().is_some_and(|arn| !aws.is_ours(arn)) {
            "an organisation trail, which belongs to the management account"
        } else {
            "an organisation trail, which records every account of the organisation"
        };
        resource.protections.push(Protection { why: why.to_owned(), liftable: false });
    }
    Some(resource)
}

/// Reads the tags of trails, or of event data stores.
pub(super) async fn tags(aws: &Aws, resources: &mut [Resource]) {
    for some in resources.chunks_mut(TAGGED_MAX) {
        // An organisation's trail is not ours to ask about: its ARN would spoil the whole request.
        let arns: Vec<String> = some
            .iter()
            .filter_map(|trail| trail.arn.clone().filter(|arn| aws.is_ours(arn)))
            .collect();
        if arns.is_empty() {
            continue;
        }
        match tags_of(aws, &arns).await {
            Ok(mut found) => {
                for trail in some {
                    let arn = trail.arn.as_deref().unwrap_or_default();
                    trail.tags = found.remove(arn).unwrap_or_default();
                }
            }
            Err(error) => {
                let unread = Unread { what: "tags".to_owned(), why: error.to_string() };
                some.iter_mut().for_each(|trail| trail.unread.push(unread.clone()));
            }
        }
    }
}

/// The tags of up to twenty trails. One that went away meanwhile fails the request for all, so
/// they are then asked about one by one.
async fn tags_of(aws: &Aws, arns: &[String]) -> Result<BTreeMap<String, Tags>, AwsError> {
    match tags_at_once(aws, arns).await {
        Err(error) if error.class == Class::NotFound && arns.len() > 1 => {
            let mut found = BTreeMap::new();
            for arn in arns {
                match tags_at_once(aws, std::slice::from_ref(arn)).await {
                    Ok(tags) => found.extend(tags),
                    Err(error) if error.is_not_found() => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(found)
        }
        result => result,
    }
}

async fn tags_at_once(aws: &Aws, arns: &[String]) -> Result<BTreeMap<String, Tags>, AwsError> {
    let client = aws.cloudtrail();
    let pages = aws
        .pages(
            LIST_TAGS,
            |token| {
                client
                    .list_tags()
                    .set_resource_id_list(Some(arns.to_vec()))
                    .set_next_token(token)
                    .into_paginator()
                    .send()
            },
            |page| page.next_token().map(str::to_owned),
        )
        .await?;
    let mut found: BTreeMap<String, Tags> = BTreeMap::new();
    for of_one in pages.into_iter().flat_map(|page| page.resource_tag_list.unwrap_or_default()) {
        let Some(arn) = of_one.resource_id else { continue };
        let tags = of_one.tags_list.unwrap_or_default();
        let tags = tags.into_iter().map(|tag| (tag.key, tag.value.unwrap_or_default()));
        found.entry(arn).or_default().extend(tags);
    }
    Ok(found)
}

/// What differs when a trail is made again: AWS shows neither an id nor a creation time, but when
/// logging was last switched on, and what it is set to. A stop of ours moves neither; a start or
/// another setting of its owner's does, and then it is left to him. Selectors are put after a
/// trail is there, so they tell nothing.
fn pin(trail: &types::Trail, started: Option<Timestamp>) -> String {
    let mut settings = trail_record(trail);
    if let Some(settings) = settings.as_object_mut() {
        settings.retain(|name, _| !name.starts_with("Has"));
    }
    let digest = Sha256::digest(settings.to_string());
    let digest: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    match started {
        Some(since) => format!("logging begun {since}, settings {digest}"),
        None => format!("logging never begun, settings {digest}"),
    }
}

fn trail_record(trail: &types::Trail) -> Value {
    json!({
        "Name": trail.name,
        "S3BucketName": trail.s3_bucket_name,
        "S3KeyPrefix": trail.s3_key_prefix,
        "SnsTopicARN": trail.sns_topic_arn,
        "IncludeGlobalServiceEvents": trail.include_global_service_events,
        "IsMultiRegionTrail": trail.is_multi_region_trail,
        "HomeRegion": trail.home_region,
        "TrailARN": trail.trail_arn,
        "LogFileValidationEnabled": trail.log_file_validation_enabled,
        "CloudWatchLogsLogGroupArn": trail.cloud_watch_logs_log_group_arn,
        "CloudWatchLogsRoleArn": trail.cloud_watch_logs_role_arn,
        "KmsKeyId": trail.kms_key_id,
        "HasCustomEventSelectors": trail.has_custom_event_selectors,
        "HasInsightSelectors": trail.has_insight_selectors,
        "IsOrganizationTrail": trail.is_organization_trail,
    })
}

fn event_selectors(selectors: &GetEventSelectorsOutput) -> Value {
    let basic = |selector: &types::EventSelector| {
        let data = selector.data_resources();
        json!({
            "ReadWriteType": selector.read_write_type().map(|kind| kind.as_str()),
            "IncludeManagementEvents": selector.include_management_events,
            "DataResources": data
                .iter()
                .map(|data| json!({ "Type": data.r#type, "Values": data.values }))
                .collect::<Vec<_>>(),
            "ExcludeManagementEventSources": selector.exclude_management_event_sources,
        })
    };
    let field = |field: &types::AdvancedFieldSelector| {
        json!({
            "Field": field.field,
            "Equals": field.equals,
            "StartsWith": field.starts_with,
            "EndsWith": field.ends_with,
            "NotEquals": field.not_equals,
            "NotStartsWith": field.not_starts_with,
            "NotEndsWith": field.not_ends_with,
        })
    };
    let advanced = |selector: &types::AdvancedEventSelector| {
        json!({
            "Name": selector.name,
            "FieldSelectors": selector.field_selectors.iter().map(field).collect::<Vec<_>>(),
        })
    };
    json!({
        "EventSelectors": selectors.event_selectors().iter().map(basic).collect::<Vec<_>>(),
        "AdvancedEventSelectors": selectors
            .advanced_event_selectors()
            .iter()
            .map(advanced)
            .collect::<Vec<_>>(),
    })
}

fn insight_selectors(selectors: &GetInsightSelectorsOutput) -> Value {
    let one = |selector: &types::InsightSelector| {
        let categories = selector.event_categories();
        json!({
            "InsightType": selector.insight_type().map(|kind| kind.as_str()),
            "EventCategories": categories.iter().map(|c| c.as_str()).collect::<Vec<_>>(),
        })
    };
    Value::Array(selectors.insight_selectors().iter().map(one).collect())
}

#[cfg(all(test, feature = "sandbox"))]
mod tests {
    use super::*;
    use crate::aws::Session;
    use crate::sandbox::{ACCOUNT_ID, Sandbox};

    #[tokio::test(start_paused = true)]
    async fn a_trail_is_seen_stopped_and_removed() {
        let sandbox = Sandbox::builder().build();
        let session = Session::new(sandbox.sdk_config("us-east-1"), sandbox.clock(), 1);
        let aws = session.account(ACCOUNT_ID, "aws");
        let client = aws.cloudtrail();
        aws.s3().create_bucket().bucket("logs").send().await.unwrap();
        client.create_trail().name("audit").s3_bucket_name("logs").send().await.unwrap();
        client.start_logging().name("audit").send().await.unwrap();

        let listed = Trail.list(&aws, &[]).await.unwrap();
        let [seen] = &listed.resources[..] else { panic!("{listed:?}") };
        assert_eq!(seen.unread, []);
        assert_eq!(seen.uses, [Reference::soft(BUCKET, "arn:aws:s3:::logs", "log bucket")]);
        assert_eq!(seen.facts["status"], ["logging"]);
        assert_eq!(seen.removal.prep, [Prep::new(Action::Stop)]);
        Trail.tag(&aws, seen, &Tags::from([("lab".into(), "mlops".into())])).await.unwrap();

        let options = RemovalOptions {
            pending_window_days: 7,
            bypass_governance_retention: false,
            delete_home_efs: false,
        };
        let act = |step: Prep| {
            let aws = &aws;
            let options = &options;
            async move { Trail.act(aws, seen, &step, options, &Progress::default()).await.unwrap() }
        };
        act(Prep::new(Action::Stop)).await;
        let stopped = Trail.read(&aws, seen).await.unwrap().unwrap();
        assert_eq!(stopped.removal.prep, []);
        assert!(seen.pin.is_some());
        assert_eq!(stopped.pin, seen.pin, "our own stop makes it no other thing");
        assert_eq!(stopped.tags["lab"], "mlops");
        act(Prep::new(Action::Delete)).await;
        assert_eq!(Trail.read(&aws, seen).await.unwrap(), None);
    }
}
