//! Kinds of the service `ecr`.

mod again;
mod image;
mod pull_through_cache_rule;
mod repository;
mod repository_creation_template;
#[cfg(all(test, feature = "sandbox"))]
mod tests;

use super::ResourceKind;

/// Every kind of this service.
pub const KINDS: &[&dyn ResourceKind] = &[
    &repository::Repository,
    &image::Image,
    &pull_through_cache_rule::PullThroughCacheRule,
    &repository_creation_template::RepositoryCreationTemplate,
];
