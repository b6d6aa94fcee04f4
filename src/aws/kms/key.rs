//! `kms:key`. A key is not deleted but scheduled, by its id and never by an alias, and waits 7 to
//! 30 days (KMS API reference, `ScheduleKeyDeletion`).

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_kms::operation::get_key_last_usage::GetKeyLastUsageOutput;
use aws_sdk_kms::types::{KeyManagerType, KeyMetadata, KeyState, MultiRegionKeyType, Tag};
use futures::stream::{self, StreamExt};
use serde_json::{Value, json};

use crate::aws::kinds::kms::{ALIAS, KEY};
use crate::aws::{
    Acted, Aws, AwsError, Brief, Class, Listed, Op, Progress, Rebuild, RemovalOptions,
    ResourceKind, found, timestamp,
};
use crate::resource::{
    Action, KindFacts, Last, Lifecycle, Permissions, Prep, Protection, Resource, Scope, Tags,
    Unread, WhereKey,
};

const LIST: Op = Op::read("kms", "ListKeys");
const DESCRIBE: Op = Op::read("kms", "DescribeKey");
const LIST_TAGS: Op = Op::read("kms", "ListResourceTags");
const GET_POLICY: Op = Op::read("kms", "GetKeyPolicy");
const GET_LAST_USAGE: Op = Op::read("kms", "GetKeyLastUsage");
const GET_ROTATION: Op = Op::read("kms", "GetKeyRotationStatus");
const SCHEDULE: Op = Op::write("kms", "ScheduleKeyDeletion");
const TAG: Op = Op::write("kms", "TagResource");

/// The largest page of `ListResourceTags`.
const TAGS_PAGE_MAX: i32 = 50;

/// Keys read side by side.
const SIDE_BY_SIDE: usize = 8;

/// What `ScheduleKeyDeletion` accepts.
const WINDOW_DAYS: std::ops::RangeInclusive<u8> = 7..=30;

const LOST: &str = "what else it has encrypted cannot be seen, and is lost with it";

/// A key.
pub struct Key;

#[async_trait]
impl ResourceKind for Key {
    fn facts(&self) -> KindFacts {
        KindFacts {
            where_keys: const {
                &[
                    WhereKey::new("status", "Enabled, Disabled, PendingDeletion…"),
                    WhereKey::new("manager", "CUSTOMER or AWS"),
                    WhereKey::new("usage", "ENCRYPT_DECRYPT, SIGN_VERIFY…"),
                ]
            },
            permissions: Permissions {
                read: &[
                    "kms:ListKeys",
                    "kms:ListAliases",
                    "kms:DescribeKey",
                    "kms:ListResourceTags",
                    "kms:GetKeyLastUsage",
                    "kms:GetKeyPolicy",
                    "kms:GetKeyRotationStatus",
                ],
                remove: &["kms:ScheduleKeyDeletion"],
                tag: &["kms:TagResource"],
            },
            restore_permissions: super::again::KEY_PERMISSIONS,
            can_tag: true,
            named_by: Some(ALIAS),
            ..KindFacts::new(KEY, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, parents: &[Resource]) -> Result<Listed, AwsError> {
        self.list_briefly(aws, parents, &Brief::default()).await
    }

    async fn list_briefly(
        &self,
        aws: &Aws,
        _: &[Resource],
        brief: &Brief<'_>,
    ) -> Result<Listed, AwsError> {
        let client = aws.kms();
        let start = |token| {
            let call = client.list_keys().limit(super::PAGE_MAX);
            call.set_marker(token).into_paginator().send()
        };
        let pages = aws
            .marked_pages(LIST, start, |page| {
                (page.truncated(), page.next_marker().map(str::to_owned))
            })
            .await?;
        let mut aliases: HashMap<String, Vec<(String, Option<String>)>> = HashMap::new();
        for alias in super::aliases(aws, None).await? {
            if let (Some(key), Some(name)) = (alias.target_key_id, alias.alias_name) {
                aliases.entry(key).or_default().push((name, alias.alias_arn));
            }
        }
        let keys = pages.into_iter().flat_map(|page| page.keys.unwrap_or_default());
        let known = keys.filter_map(|key| {
            let id = key.key_id?;
            let names = aliases.remove(&id).unwrap_or_default();
            Some((id, key.key_arn, names))
        });
        let known: Vec<_> = known.collect();
        let mut resources: Vec<_> = stream::iter(known)
            .map(|(id, arn, names)| async move {
                let bare = bare(aws, &id, arn, names);
                match described(aws, bare.clone()).await {
                    // Where no key can go nobody asks what goes with it.
                    Ok(Some(seen)) if !brief.users_only => Some(with_last_use(aws, seen).await),
                    Ok(seen) => seen,
                    // A key's own policy may keep everybody out.
                    Err(error) => {
                        let mut seen = bare;
                        let why = error.to_string();
                        seen.unread.push(Unread { what: "state and tags".into(), why });
                        Some(seen)
                    }
                }
            })
            .buffer_unordered(SIDE_BY_SIDE)
            .filter_map(|seen| async move { seen })
            .collect()
            .await;
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(resources.into())
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let id = known.id.id.as_str();
        let Some(aliases) = found(super::aliases(aws, Some(id)).await)? else { return Ok(None) };
        let names =
            aliases.into_iter().filter_map(|alias| Some((alias.alias_name?, alias.alias_arn)));
        let seen = described(aws, bare(aws, id, known.arn.clone(), names.collect())).await?;
        Ok(match seen {
            Some(seen) => Some(with_last_use(aws, seen).await),
            None => None,
        })
    }

    async fn act(
        &self,
        aws: &Aws,
        resource: &Resource,
        step: &Prep,
        options: &RemovalOptions,
        _progress: &Progress,
    ) -> Result<Acted, AwsError> {
        if step.action != Action::ScheduleDeletion {
            return Err(AwsError::unsupported(aws, KEY, step.action.as_str()));
        }
        let id = resource.id.id.as_str();
        let days = options.pending_window_days.clamp(*WINDOW_DAYS.start(), *WINDOW_DAYS.end());
        let call = aws.kms().schedule_key_deletion().key_id(id);
        let call = call.pending_window_in_days(days.into());
        let Err(error) = aws.call(SCHEDULE, || call.clone().send()).await else {
            return Ok(Acted::Done);
        };
        // A key in its window answers `KMSInvalidStateException`: somebody was here before.
        let pending = error.class == Class::NotReady
            && describe(aws, id)
                .await?
                .is_some_and(|key| matches!(lifecycle(&key), Lifecycle::Pending { .. }));
        if pending { Ok(Acted::Done) } else { Err(error) }
    }

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        Ok(super::again::key(was))
    }

    fn shows(&self, _: &Resource, now: &Resource, step: &Prep) -> bool {
        let pending = matches!(now.lifecycle, Lifecycle::Pending { .. });
        !pending && (step.action != Action::Enable || super::again::is_enabled(now))
    }

    async fn make(&self, aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
        super::again::make_key(aws, was, step).await
    }

    async fn tag(&self, aws: &Aws, resource: &Resource, tags: &Tags) -> Result<(), AwsError> {
        let build =
            |(key, value): (&String, &String)| Tag::builder().tag_key(key).tag_value(value).build();
        let tags: Vec<Tag> = tags
            .iter()
            .map(build)
            .collect::<Result<_, _>>()
            .map_err(|error| AwsError::garbled(TAG, aws.region(), error.to_string()))?;
        let call = aws.kms().tag_resource().key_id(&resource.id.id).set_tags(Some(tags));
        aws.call(TAG, || call.clone().send()).await.map(drop)
    }
}

async fn describe(aws: &Aws, id: &str) -> Result<Option<KeyMetadata>, AwsError> {
    let client = aws.kms();
    let answer = aws.call(DESCRIBE, || client.describe_key().key_id(id).send()).await;
    Ok(found(answer)?.and_then(|answer| answer.key_metadata))
}

/// A key of which only its id and its aliases are known.
fn bare(
    aws: &Aws,
    id: &str,
    arn: Option<String>,
    mut aliases: Vec<(String, Option<String>)>,
) -> Resource {
    aliases.sort();
    let names: Vec<String> =
        aliases.iter().map(|(alias, _)| super::alias_name(alias).to_owned()).collect();
    let name = names.first().map_or(id, String::as_str);
    let mut seen = Resource::new(KEY, aws.region(), id, name);
    seen.arn = arn;
    seen.pin = Some(id.to_owned());
    for (alias, arn) in aliases {
        seen.spellings.push(alias);
        seen.spellings.extend(arn);
    }
    seen.other_names = names;
    seen.removal.last = Last::ScheduleDeletion;
    seen
}

async fn described(aws: &Aws, mut seen: Resource) -> Result<Option<Resource>, AwsError> {
    let id = seen.id.id.clone();
    let Some(key) = describe(aws, &id).await? else { return Ok(None) };
    fill(aws, &mut seen, &key);
    if key.key_manager() == Some(&KeyManagerType::Aws) {
        return Ok(Some(seen));
    }
    match tags(aws, &id).await {
        Ok(tags) => seen.tags = tags,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => unread(&mut seen, "tags", &error),
    }
    let client = aws.kms();
    let call = client.get_key_policy().key_id(&id).policy_name("default");
    let policy = match found(aws.call(GET_POLICY, || call.clone().send()).await) {
        Ok(answer) => answer.and_then(|answer| answer.policy),
        Err(error) => {
            seen.not_recorded("key policy", &error);
            None
        }
    };
    let rotation = match rotates(&key) {
        true => {
            let call = client.get_key_rotation_status().key_id(&id);
            match found(aws.call(GET_ROTATION, || call.clone().send()).await) {
                Ok(answer) => answer,
                Err(error) => {
                    seen.not_recorded("rotation", &error);
                    None
                }
            }
        }
        false => None,
    };
    let policy = policy.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text)));
    seen.record["Policy"] = policy.unwrap_or(Value::Null);
    seen.record["KeyRotationEnabled"] = json!(rotation.as_ref().map(|r| r.key_rotation_enabled()));
    seen.record["RotationPeriodInDays"] =
        json!(rotation.as_ref().and_then(|r| r.rotation_period_in_days()));
    seen.record["Tags"] =
        seen.tags.iter().map(|(key, value)| json!({ "TagKey": key, "TagValue": value })).collect();
    Ok(Some(seen))
}

/// What a person should know before a key goes: what it has encrypted is in no list, so when it
/// was last used is all that tells whether somebody will miss it. KMS has recorded that since
/// some day only (KMS API reference, `GetKeyLastUsage`), so no record is no proof.
async fn with_last_use(aws: &Aws, mut seen: Resource) -> Resource {
    if seen.facts.get("manager").is_some_and(|manager| manager.iter().any(|one| one == "AWS"))
        || matches!(seen.lifecycle, Lifecycle::Pending { .. })
    {
        return seen;
    }
    let client = aws.kms();
    let answer =
        aws.call(GET_LAST_USAGE, || client.get_key_last_usage().key_id(&seen.id.id).send());
    let when = match answer.await {
        Ok(answer) => last_use(&answer),
        // An endpoint that does not know the operation.
        Err(error) if matches!(error.class, Class::NotFound | Class::Unavailable) => return seen,
        Err(error) => format!("when it was last used cannot be seen: {error}"),
    };
    for caution in seen.cautions.iter_mut().filter(|caution| *caution == LOST) {
        *caution = format!("{LOST}; {when}");
    }
    seen
}

fn last_use(answer: &GetKeyLastUsageOutput) -> String {
    let used = answer.key_last_usage();
    // Nobody needs the fractions, which AWS writes as floating numbers.
    let seconds = |at: jiff::Timestamp| jiff::Timestamp::from_second(at.as_second()).unwrap_or(at);
    let timestamp = |at| timestamp(at).map(seconds);
    match used.and_then(|used| timestamp(used.timestamp())) {
        Some(at) => {
            let operation = used.and_then(|used| used.operation());
            let by = operation.map_or("an operation that KMS does not name", |one| one.as_str());
            format!("last used {at} by {by}")
        }
        None => match timestamp(answer.tracking_start_date()) {
            Some(since) => format!("no use recorded since {since}"),
            None => "no use recorded".to_owned(),
        },
    }
}

fn unread(seen: &mut Resource, what: &str, error: &AwsError) {
    seen.unread.push(Unread { what: what.to_owned(), why: error.to_string() });
}

async fn tags(aws: &Aws, id: &str) -> Result<Tags, AwsError> {
    let client = aws.kms();
    let start = |token| {
        let call = client.list_resource_tags().key_id(id).limit(TAGS_PAGE_MAX);
        call.set_marker(token).into_paginator().send()
    };
    let pages = aws
        .marked_pages(LIST_TAGS, start, |page| {
            (page.truncated(), page.next_marker().map(str::to_owned))
        })
        .await?;
    let tags = pages.into_iter().flat_map(|page| page.tags.unwrap_or_default());
    Ok(tags.map(|tag| (tag.tag_key, tag.tag_value)).collect())
}

/// Only symmetric keys whose material KMS makes rotate (KMS developer guide, "Rotate AWS KMS
/// keys"); of others `GetKeyRotationStatus` answers `UnsupportedOperationException`.
fn rotates(key: &KeyMetadata) -> bool {
    key.key_spec().is_some_and(|spec| spec.as_str() == "SYMMETRIC_DEFAULT")
        && key.origin().is_some_and(|origin| origin.as_str() == "AWS_KMS")
}

fn lifecycle(key: &KeyMetadata) -> Lifecycle {
    match key.key_state() {
        Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion) => {
            Lifecycle::Pending { until: timestamp(key.deletion_date()) }
        }
        Some(state @ (KeyState::Creating | KeyState::Updating)) => {
            Lifecycle::Changing { status: state.as_str().to_owned() }
        }
        _ => Lifecycle::Live,
    }
}

fn fill(aws: &Aws, seen: &mut Resource, key: &KeyMetadata) {
    seen.arn = key.arn().map(str::to_owned).or(seen.arn.take());
    seen.created = timestamp(key.creation_date());
    seen.lifecycle = lifecycle(key);
    let state = key.key_state().map(|state| state.as_str());
    for (fact, value) in [
        ("status", state),
        ("manager", key.key_manager().map(|manager| manager.as_str())),
        ("usage", key.key_usage().map(|usage| usage.as_str())),
    ] {
        if let Some(value) = value {
            seen.fact(fact, value);
        }
    }
    seen.protections = protections(aws.number(), key);
    if key.key_manager() != Some(&KeyManagerType::Aws) {
        seen.cautions.push(LOST.to_owned());
    }
    seen.record = json!({
        "KeyId": key.key_id(),
        "Arn": key.arn(),
        "Description": key.description(),
        "CreationDate": seen.created,
        "KeyState": state,
        "KeyManager": key.key_manager().map(|manager| manager.as_str()),
        "KeyUsage": key.key_usage().map(|usage| usage.as_str()),
        "KeySpec": key.key_spec().map(|spec| spec.as_str()),
        "Origin": key.origin().map(|origin| origin.as_str()),
        "MultiRegion": key.multi_region(),
        "DeletionDate": timestamp(key.deletion_date()),
        "Aliases": seen.other_names.iter().map(|name| format!("alias/{name}")).collect::<Vec<_>>(),
    });
}

fn protections(account: &str, key: &KeyMetadata) -> Vec<Protection> {
    let mut whys = Vec::new();
    if key.key_manager() == Some(&KeyManagerType::Aws) {
        whys.push("an AWS-managed key, which AWS removes itself".to_owned());
    }
    if let Some(owner) = key.aws_account_id().filter(|owner| *owner != account) {
        whys.push(format!("it belongs to the account {owner}"));
    }
    // Such a primary waits in `PendingReplicaDeletion` without end until its replicas are gone
    // (KMS developer guide, "Delete multi-Region keys").
    if let Some(many) = key.multi_region_configuration()
        && many.multi_region_key_type() == Some(&MultiRegionKeyType::Primary)
        && !many.replica_keys().is_empty()
    {
        let regions: Vec<_> = many.replica_keys().iter().filter_map(|key| key.region()).collect();
        whys.push(format!("a multi-Region primary key with replicas in {}", regions.join(", ")));
    }
    whys.into_iter().map(|why| Protection { why, liftable: false }).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_kms::types::{
        KeyLastUsageData, KeyLastUsageTrackingOperation, MultiRegionConfiguration, MultiRegionKey,
    };

    use super::*;

    #[test]
    fn a_key_is_live_changing_or_on_its_way() {
        let at = |state: &str| {
            let key = KeyMetadata::builder().key_id("k").key_state(KeyState::from(state));
            lifecycle(&key.build().unwrap())
        };
        for state in ["Enabled", "Disabled", "PendingImport", "Unavailable"] {
            assert_eq!(at(state), Lifecycle::Live, "{state}");
        }
        for state in ["PendingDeletion", "PendingReplicaDeletion"] {
            assert_eq!(at(state), Lifecycle::Pending { until: None }, "{state}");
        }
        assert_eq!(at("Creating"), Lifecycle::Changing { status: "Creating".into() });
    }

    #[test]
    fn the_last_use_is_said_as_far_as_it_is_recorded() {
        let at = |s| aws_sdk_kms::primitives::DateTime::from_secs(s);
        let used = KeyLastUsageData::builder()
            .operation(KeyLastUsageTrackingOperation::Decrypt)
            .timestamp(at(1_768_464_000));
        let empty =
            || GetKeyLastUsageOutput::builder().key_last_usage(KeyLastUsageData::builder().build());
        for (answer, says) in [
            (
                GetKeyLastUsageOutput::builder().key_last_usage(used.build()),
                "last used 2026-01-15T08:00:00Z by Decrypt",
            ),
            (
                empty().tracking_start_date(at(1_768_464_000)),
                "no use recorded since 2026-01-15T08:00:00Z",
            ),
            (empty(), "no use recorded"),
            (GetKeyLastUsageOutput::builder(), "no use recorded"),
        ] {
            assert_eq!(last_use(&answer.build()), says);
        }
    }

    #[test]
    fn keys_of_others_and_primaries_are_protected() {
        let us = "842676018087";
        let key = || KeyMetadata::builder().key_id("k").aws_account_id(us);
        let count = |key: aws_sdk_kms::types::builders::KeyMetadataBuilder| {
            protections(us, &key.build().unwrap()).len()
        };
        let many = |replicas: &[&str]| {
            let regions = replicas.iter().map(|r| MultiRegionKey::builder().region(*r).build());
            MultiRegionConfiguration::builder()
                .multi_region_key_type(MultiRegionKeyType::Primary)
                .set_replica_keys(Some(regions.collect()))
                .build()
        };
        assert_eq!(count(key().key_manager(KeyManagerType::Customer)), 0);
        assert_eq!(count(key().key_manager(KeyManagerType::Aws)), 1);
        assert_eq!(count(key().aws_account_id("111122223333")), 1);
        assert_eq!(count(key().multi_region_configuration(many(&[]))), 0);
        assert_eq!(count(key().multi_region_configuration(many(&["eu-west-1"]))), 1);
    }
}
