//! Kinds of the service `sagemaker`.

use super::ResourceKind;

/// Every kind of this service.
pub const KINDS: &[&dyn ResourceKind] = &[];
