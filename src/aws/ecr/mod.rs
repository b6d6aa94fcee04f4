//! Kinds of the service `ecr`.

use super::ResourceKind;

/// Every kind of this service.
pub const KINDS: &[&dyn ResourceKind] = &[];
