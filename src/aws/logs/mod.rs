//! Kinds of the service `logs`.

mod again;
mod log_group;
#[cfg(all(test, feature = "sandbox"))]
mod tests;

use super::ResourceKind;

/// Every kind of this service.
pub const KINDS: &[&dyn ResourceKind] = &[&log_group::LogGroup];
