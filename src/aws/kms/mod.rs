//! Kinds of the service `kms`.

use super::ResourceKind;

/// Every kind of this service.
pub const KINDS: &[&dyn ResourceKind] = &[];
