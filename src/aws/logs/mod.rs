//! Kinds of the service `logs`.

use std::collections::HashMap;

use super::kinds::kms::{ALIAS, KEY};
use super::{AwsError, Class, ResourceKind};
use crate::resource::{Reference, Tags};

mod account_policy;
mod again;
mod anomaly_detector;
mod delivery;
mod delivery_destination;
mod delivery_source;
mod destination;
mod log_group;
mod policies;
mod scheduled_query;
#[cfg(all(test, feature = "sandbox"))]
mod tests;

/// The largest page of most lists (CloudWatch Logs API reference, `limit`).
const PAGE_MAX: i32 = 50;

/// Every kind of this service.
pub const KINDS: &[&dyn ResourceKind] = &[
    &log_group::LogGroup,
    &destination::Destination,
    &delivery_source::DeliverySource,
    &delivery_destination::DeliveryDestination,
    &delivery::Delivery,
    &account_policy::AccountPolicy,
    &scheduled_query::ScheduledQuery,
    &anomaly_detector::AnomalyDetector,
];

/// What a custom endpoint does not know, it does not have.
fn known<T>(answer: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.class == Class::Unavailable => Ok(None),
        Err(error) => Err(error),
    }
}

fn tags(tags: Option<&HashMap<String, String>>) -> Tags {
    tags.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// A key by whatever it is called by; an alias is held besides.
fn key_uses(key: Option<&str>, role: &'static str) -> impl Iterator<Item = Reference> {
    let alias = key.filter(|key| key.contains("alias/"));
    let alias = alias.map(|key| Reference::soft(ALIAS, key, role));
    alias.into_iter().chain(key.map(|key| Reference::soft(KEY, key, role)))
}
