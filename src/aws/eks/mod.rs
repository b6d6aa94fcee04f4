//! Kinds of the service `eks`.

use super::ResourceKind;

/// Every kind of this service.
pub const KINDS: &[&dyn ResourceKind] = &[];
