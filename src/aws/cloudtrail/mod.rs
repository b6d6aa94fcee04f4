//! Kinds of the service `cloudtrail`.

use super::ResourceKind;

mod again;
mod event_configuration;
mod event_data_store;
#[cfg(all(test, feature = "sandbox"))]
mod tests;
mod trail;

/// Every kind of this service.
pub const KINDS: &[&dyn ResourceKind] = &[&trail::Trail, &event_data_store::EventDataStore];
