//! The one list of kinds: adding a kind is its file and its line in its service's `KINDS`.

use std::sync::LazyLock;

use super::{ResourceKind, cloudtrail, ecr, eks, iam, kms, logs, s3, sagemaker};
use crate::resource::{Catalog, Kind};

/// Every kind that Dismantle knows, by service.
pub fn kinds() -> impl Iterator<Item = &'static dyn ResourceKind> {
    [
        cloudtrail::KINDS,
        s3::KINDS,
        kms::KINDS,
        iam::KINDS,
        logs::KINDS,
        ecr::KINDS,
        sagemaker::KINDS,
        eks::KINDS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// The code of one kind.
pub fn find(kind: Kind) -> Option<&'static dyn ResourceKind> {
    kinds().find(|candidate| candidate.facts().kind == kind)
}

/// What is true of the kinds without asking AWS.
pub fn catalog() -> &'static Catalog {
    static CATALOG: LazyLock<Catalog> =
        LazyLock::new(|| Catalog::new(kinds().map(|kind| kind.facts())));
    &CATALOG
}
