//! A row of a report: a resource, and why it is where it is.

use serde::{Deserialize, Serialize};

use crate::resource::{Kind, Region, ResourceId};

/// Somebody who stands in the way, as contracts write it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Named {
    pub kind: Kind,
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
}

impl From<&ResourceId> for Named {
    fn from(id: &ResourceId) -> Self {
        Self { kind: id.kind, id: id.id.clone(), region: Some(id.region) }
    }
}

/// What is kept, blocked, left, failed or pending.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Row {
    #[serde(flatten)]
    pub resource: ResourceId,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<Named>,
}
