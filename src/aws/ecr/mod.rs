//! Kinds of the service `ecr`.

mod again;
mod image;
mod repository;
#[cfg(all(test, feature = "sandbox"))]
mod tests;

use super::ResourceKind;

/// Every kind of this service.
pub const KINDS: &[&dyn ResourceKind] = &[&repository::Repository, &image::Image];
