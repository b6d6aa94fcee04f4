//! Kinds of the service `s3`.

use super::ResourceKind;

mod again;
mod bucket;
mod empty;
mod keys;
mod locked;
mod parts;
mod record;
mod settings;
#[cfg(all(test, feature = "sandbox"))]
mod tests;

pub(in crate::aws) use bucket::is_ours;

/// Every kind of this service.
pub const KINDS: &[&dyn ResourceKind] = &[&bucket::Bucket];
