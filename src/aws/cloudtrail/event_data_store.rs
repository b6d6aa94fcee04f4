//! `cloudtrail:event-data-store`, read for its references only: Dismantle removes no event data
//! stores. One whose deletion was asked for waits for seven days, uses nothing, and can be called
//! back until then.
//!
//! Channels and dashboards are in no list here: they name event data stores (`Destination` and
//! `Widget`, API reference) and nothing else of the account's.

use async_trait::async_trait;
use aws_sdk_cloudtrail::operation::get_event_data_store::GetEventDataStoreOutput;
use aws_sdk_cloudtrail::types::EventDataStoreStatus;
use futures::{StreamExt, stream};
use serde_json::json;

use super::trail;
use crate::aws::kinds::cloudtrail::EVENT_DATA_STORE;
use crate::aws::kinds::iam::ROLE;
use crate::aws::kinds::kms::KEY;
use crate::aws::{Aws, AwsError, Listed, Op, ResourceKind, found, spelling, timestamp};
use crate::inventory::Hides;
use crate::resource::{
    KindFacts, Last, Lifecycle, Permissions, Protection, Reference, Region, Removable, Resource,
    Scope, Unread, WhereKey,
};

const LIST: Op = Op::read("cloudtrail", "ListEventDataStores");
const GET: Op = Op::read("cloudtrail", "GetEventDataStore");

/// Largest page of `ListEventDataStores` (its API reference).
const PAGE_MAX: i32 = 1000;

/// Stores whose details are read side by side.
const SIDE_BY_SIDE: usize = 4;

/// An event data store.
pub struct EventDataStore;

#[async_trait]
impl ResourceKind for EventDataStore {
    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            can_use: &[KEY, ROLE],
            where_keys: const {
                &[WhereKey::new("status", "ENABLED, STOPPED_INGESTION, PENDING_DELETION…")]
            },
            permissions: Permissions {
                read: &[
                    "cloudtrail:ListEventDataStores",
                    "cloudtrail:GetEventDataStore",
                    "cloudtrail:ListTags",
                ],
                ..Permissions::default()
            },
            ..KindFacts::new(EVENT_DATA_STORE, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Listed, AwsError> {
        let client = aws.cloudtrail();
        let start = |token| {
            let list = client.list_event_data_stores().max_results(PAGE_MAX);
            list.set_next_token(token).into_paginator().send()
        };
        let pages = aws.pages(LIST, start, |page| page.next_token().map(str::to_owned)).await?;
        // The list has names only (its API reference): what a store uses is said one by one.
        let arns: Vec<String> = pages
            .into_iter()
            .flat_map(|page| page.event_data_stores.unwrap_or_default())
            .filter_map(|store| store.event_data_store_arn)
            .collect();
        let mut details = stream::iter(arns)
            .map(|arn| async move { (described(aws, &arn).await, arn) })
            .buffer_unordered(SIDE_BY_SIDE);
        let mut listed = Listed::default();
        while let Some((seen, arn)) = details.next().await {
            match seen {
                Ok(resource) => listed.resources.push(resource),
                Err(error) if error.is_not_found() => {}
                Err(error) => {
                    let mut resource = blank(aws.region(), &arn);
                    let what = "description".to_owned();
                    resource.unread.push(Unread { what, why: error.to_string() });
                    listed.resources.push(resource);
                    listed.lacks(error, Hides::uses_of([KEY, ROLE]));
                }
            }
        }
        trail::tags(aws, &mut listed.resources).await;
        listed.resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(listed)
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let arn = known.arn.as_deref().unwrap_or(&known.id.id);
        let mut seen: Vec<Resource> = found(described(aws, arn).await)?.into_iter().collect();
        trail::tags(aws, &mut seen).await;
        Ok(seen.pop())
    }
}

async fn described(aws: &Aws, arn: &str) -> Result<Resource, AwsError> {
    let client = aws.cloudtrail();
    let call = || client.get_event_data_store().event_data_store(arn).send();
    let store = aws.call(GET, call).await?;
    Ok(resource(aws.region(), arn, &store))
}

/// What the ARN alone says. A store's id is the last part of it; its name can be changed.
fn blank(region: Region, arn: &str) -> Resource {
    let id = spelling::last_segment(arn);
    let mut blank = Resource::new(EVENT_DATA_STORE, region, id, id);
    blank.arn = Some(arn.to_owned());
    blank.removal.last = Last::Never("Dismantle removes no event data stores".to_owned());
    blank
}

fn resource(region: Region, arn: &str, store: &GetEventDataStoreOutput) -> Resource {
    let mut seen = blank(region, arn);
    if let Some(name) = store.name() {
        seen.name = name.to_owned();
    }
    seen.created = timestamp(store.created_timestamp());
    if let Some(key) = store.kms_key_id() {
        seen.uses.push(Reference::soft(KEY, key, "encryption key"));
    }
    if let Some(role) = store.federation_role_arn() {
        seen.uses.push(Reference::soft(ROLE, role, "federation role"));
    }
    if store.termination_protection_enabled() == Some(true) {
        let why = "termination protection is on".to_owned();
        seen.protections.push(Protection { why, liftable: false });
    }
    if store.status() == Some(&EventDataStoreStatus::PendingDeletion) {
        // No answer says until when.
        seen.lifecycle = Lifecycle::Pending { until: None };
    }
    if let Some(status) = store.status() {
        seen.fact("status", status.as_str());
    }
    seen.record = json!({
        "EventDataStoreArn": arn,
        "Name": store.name(),
        "Status": store.status().map(|status| status.as_str()),
        "CreatedTimestamp": seen.created,
        "MultiRegionEnabled": store.multi_region_enabled(),
        "OrganizationEnabled": store.organization_enabled(),
        "RetentionPeriod": store.retention_period(),
        "TerminationProtectionEnabled": store.termination_protection_enabled(),
        "KmsKeyId": store.kms_key_id(),
        "BillingMode": store.billing_mode().map(|mode| mode.as_str()),
        "FederationStatus": store.federation_status().map(|status| status.as_str()),
        "FederationRoleArn": store.federation_role_arn(),
    });
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:cloudtrail:us-east-1:842676018087:eventdatastore/4b19aea8";
    const KEY_ARN: &str = "arn:aws:kms:us-east-1:842676018087:key/1234";
    const ROLE_ARN: &str = "arn:aws:iam::842676018087:role/lake";

    fn store(status: EventDataStoreStatus) -> Resource {
        let store = GetEventDataStoreOutput::builder()
            .event_data_store_arn(ARN)
            .name("lake")
            .status(status)
            .kms_key_id(KEY_ARN)
            .federation_role_arn(ROLE_ARN)
            .termination_protection_enabled(true)
            .build();
        resource(Region::new("us-east-1"), ARN, &store)
    }

    #[test]
    fn a_store_uses_its_key_and_its_federation_role() {
        let seen = store(EventDataStoreStatus::Enabled);
        assert_eq!((seen.id.id.as_str(), seen.name.as_str()), ("4b19aea8", "lake"));
        let uses = [
            Reference::soft(KEY, KEY_ARN, "encryption key"),
            Reference::soft(ROLE, ROLE_ARN, "federation role"),
        ];
        assert_eq!(seen.uses, uses);
        assert_eq!(seen.protections.len(), 1);
    }

    #[test]
    fn a_store_that_waits_for_its_deletion_uses_nothing() {
        for (status, uses) in [
            (EventDataStoreStatus::Enabled, true),
            (EventDataStoreStatus::StoppedIngestion, true),
            (EventDataStoreStatus::PendingDeletion, false),
        ] {
            let seen = store(status.clone());
            assert_eq!(seen.lifecycle.uses_things(), uses, "{status}");
        }
    }
}
