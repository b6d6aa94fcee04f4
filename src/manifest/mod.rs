//! The file a person writes: what is the lab's, what stays, how careful to be.
//!
//! [`Manifest::parse`] reads it and refuses what it does not understand, with the place and a
//! suggestion; a selector that would take more than its writer can have meant is refused too.
//! Nothing here asks AWS or the clock.
//!
//! ```yaml
//! version: 1
//! name: mlops-retail-prediction-dev
//! accounts: ["842676018087"]
//! regions: [us-east-1]
//! match:
//!   - prefix: mlops-retail-prediction-dev
//! ```

mod check;
mod check_selector;
mod error;
mod labels;
mod pattern;
mod raw;
mod selector;

use std::collections::BTreeMap;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

pub use error::{Issue, ManifestError};
pub use labels::{BadConvention, Convention};
pub use raw::{Cautions, HomeEfs, Managed, Root, schema};
pub use selector::{Age, By, Hit, In, KindPattern, List, Selector, Stop, Where};

use crate::resource::{Catalog, Kind, Region, Resource};

/// A manifest that was understood, with the text that it was read from.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The file as it is, to be carried in plan files and journals.
    pub text: String,
    /// Where it was read, for messages.
    pub source: String,
    pub version: u32,
    pub name: String,
    pub accounts: Vec<String>,
    pub regions: Vec<Region>,
    pub matches: Vec<Selector>,
    pub keep: Vec<Selector>,
    pub labels: Option<Convention>,
    pub limits: Limits,
    pub options: Options,
    pub journal: Option<String>,
    /// What `sweep` says, not looked into yet; a map.
    pub sweep: Option<serde_json::Value>,
}

/// A manifest on its way through a plan file or a journal; read it again with
/// [`Carried::parse`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    pub source: String,
    pub text: String,
}

impl Manifest {
    /// Reads a manifest. `source` is the file's name, for messages.
    pub fn parse(text: &str, source: &str, catalog: &Catalog) -> Result<Self, ManifestError> {
        check::parse(text, source, catalog)
    }

    /// What the naming convention reads for sure out of a resource's names; empty where there is
    /// none, or where a name only has as many words.
    pub fn labels_of(&self, resource: &Resource) -> BTreeMap<String, String> {
        let Some(convention) = &self.labels else { return BTreeMap::new() };
        std::iter::once(resource.name.as_str())
            .chain(resource.names())
            .filter(|name| convention.is_sure_of(name))
            .map(|name| convention.read(name))
            .find(|labels| !labels.is_empty())
            .unwrap_or_default()
    }

    /// What plan files and journals carry of it.
    pub fn carried(&self) -> Carried {
        Carried { source: self.source.clone(), text: self.text.clone() }
    }
}

impl Serialize for Manifest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut carried = serializer.serialize_struct("Manifest", 2)?;
        carried.serialize_field("source", &self.source)?;
        carried.serialize_field("text", &self.text)?;
        carried.end()
    }
}

impl Carried {
    pub fn parse(&self, catalog: &Catalog) -> Result<Manifest, ManifestError> {
        Manifest::parse(&self.text, &self.source, catalog)
    }
}

/// How much a run may remove.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Resources, not objects in buckets.
    pub max_deletions: u32,
    /// The share of what was listed of a kind: more than 0, at most 1.
    pub max_share: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_deletions: 500, max_share: 1.0 }
    }
}

/// How careful to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    pub kms: KmsOptions,
    pub s3: S3Options,
    pub sagemaker: SageMakerOptions,
    pub managed: Managed,
    /// Kinds whose deletion protection may be switched off.
    pub lift_protection: Vec<Kind>,
    pub cautions: Cautions,
    pub root: Root,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kms: KmsOptions { pending_window_days: 7 },
            s3: S3Options { bypass_governance_retention: false },
            sagemaker: SageMakerOptions { home_efs: HomeEfs::Retain },
            managed: Managed::Block,
            lift_protection: Vec::new(),
            cautions: Cautions::Warn,
            root: Root::Refuse,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KmsOptions {
    /// 7 to 30, as `ScheduleKeyDeletion` takes it.
    pub pending_window_days: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3Options {
    pub bypass_governance_retention: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SageMakerOptions {
    pub home_efs: HomeEfs,
}

#[cfg(test)]
mod bundled_tests;
#[cfg(test)]
mod refusal_tests;
#[cfg(test)]
mod tests;
