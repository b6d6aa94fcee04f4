//! Kinds of the service `logs`.

use super::ResourceKind;

/// Every kind of this service.
pub const KINDS: &[&dyn ResourceKind] = &[];
