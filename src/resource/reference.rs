//! "This resource uses that one."

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Kind, Prep, Region, Resource};

/// What the order between a user and the thing it uses is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tie {
    /// Only a sequence: the user goes first if both go. A user that stays blocks nothing.
    Order,
    /// The other order orphans, recreates or strands something. A user that stays blocks.
    Soft,
    /// AWS refuses the other order. A user that stays blocks.
    Hard,
}

/// "This resource uses that one." The target is spelled as AWS spells it where it was read: an
/// id, an ARN, an alias, a URI or a name; [`crate::graph`] makes all spellings of one thing meet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reference {
    pub kind: Kind,
    pub spelling: String,
    /// Where to look for a bare name; the user's own region when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    pub tie: Tie,
    /// What the target is to its user, in AWS's words: `execution role`, `log bucket`.
    pub role: Cow<'static, str>,
    /// The preparatory step of the *user* that ends this use before the user itself is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_by: Option<Prep>,
}

impl Reference {
    pub fn new(
        kind: Kind,
        spelling: impl Into<String>,
        tie: Tie,
        role: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { kind, spelling: spelling.into(), region: None, tie, role: role.into(), cut_by: None }
    }

    pub fn hard(kind: Kind, spelling: impl Into<String>, role: &'static str) -> Self {
        Self::new(kind, spelling, Tie::Hard, role)
    }

    pub fn soft(kind: Kind, spelling: impl Into<String>, role: &'static str) -> Self {
        Self::new(kind, spelling, Tie::Soft, role)
    }

    pub fn order(kind: Kind, spelling: impl Into<String>, role: &'static str) -> Self {
        Self::new(kind, spelling, Tie::Order, role)
    }

    /// Whether this is how `resource` is spelled somewhere.
    pub fn means(&self, resource: &Resource) -> bool {
        let spelling = self.spelling.as_str();
        resource.kind() == self.kind
            && (resource.id.id == spelling
                || resource.name == spelling
                || resource.arn.as_deref() == Some(spelling)
                || resource.spellings.iter().any(|other| other == spelling))
    }

    pub fn in_region(mut self, region: Region) -> Self {
        self.region = Some(region);
        self
    }

    pub fn cut_by(mut self, prep: Prep) -> Self {
        self.cut_by = Some(prep);
        self
    }
}
