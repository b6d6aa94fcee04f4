//! Kinds of the service `logs`.

use std::collections::HashMap;

use super::{AwsError, Class, ResourceKind};
use crate::resource::Tags;

mod account_policy;
mod again;
mod delivery;
mod delivery_destination;
mod delivery_source;
mod destination;
mod log_group;
mod policies;
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
