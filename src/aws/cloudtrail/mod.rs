//! Kinds of the service `cloudtrail`.

use super::ResourceKind;

mod trail;

/// Every kind of this service.
pub const KINDS: &[&dyn ResourceKind] = &[&trail::Trail];
