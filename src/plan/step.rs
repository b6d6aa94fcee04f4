//! One step of a plan.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::resource::{Action, Prep, ResourceId};

/// A step's name within its plan: `s1`, `s2`… in a possible order of execution. Steps that join a
/// run later continue the numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub String);

impl StepId {
    pub fn numbered(number: usize) -> Self {
        Self(format!("s{number}"))
    }

    /// The number of a step's name; names of another form come last.
    pub fn number(&self) -> usize {
        self.0.strip_prefix('s').and_then(|digits| digits.parse().ok()).unwrap_or(usize::MAX)
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One thing to ask of AWS, when everything in `after` is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub step: StepId,
    pub action: Action,
    #[serde(flatten)]
    pub resource: ResourceId,
    /// What of the resource is meant, see [`Prep::target`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    pub after: Vec<StepId>,
    pub reason: String,
    /// [`crate::resource::Resource::pin`] as planned: another one later is another thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
}

impl Step {
    /// The step as a preparatory step; what it is of a resource, without its place in a plan.
    pub fn prep(&self) -> Prep {
        Prep { action: self.action, target: self.target.clone() }
    }
}
