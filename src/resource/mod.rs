//! The words that every room of the crate uses.
//!
//! A [`Resource`] is one thing in an AWS account as a lister saw it: what it is called, what it
//! **uses**, what protects it, and the steps that its removal takes. It is plain data. Nothing
//! here knows AWS's SDK, a terminal or a clock, so `classify` and `plan` can be pure.

mod catalog;
mod name;
mod reference;
mod removal;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use catalog::{Catalog, DerivedName, KindFacts, Permissions, Removable, Scope, WhereKey};
pub use name::{BadName, Kind, Region};
pub use reference::{Reference, Tie};
pub use removal::{Action, Last, Lifecycle, Prep, Removal};

/// One resource of one account. `id` is what the delete call takes; what lives in something is
/// `parent/child`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourceId {
    pub kind: Kind,
    pub id: String,
    pub region: Region,
}

impl ResourceId {
    pub fn new(kind: Kind, region: Region, id: impl Into<String>) -> Self {
        Self { kind, id: id.into(), region }
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.id)
    }
}

impl fmt::Debug for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} @{}", self.kind, self.id, self.region)
    }
}

/// A resource's tags, key to value.
pub type Tags = BTreeMap<String, String>;

/// Something of AWS's that makes a resource impossible or forbidden to remove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// A reason for people, without a full stop: `deletion protection is on`.
    pub why: String,
    /// Whether `options.lift_protection` of the manifest may switch it off.
    pub liftable: bool,
}

/// Something of a resource that could not be read, so that its decision must stay careful.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// What: `tags`, `object lock configuration`.
    pub what: String,
    pub why: String,
}

/// One thing in the account, as its lister saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    #[serde(flatten)]
    pub id: ResourceId,
    /// What people call it; for most kinds the id again.
    pub name: String,
    /// The names a selector reads, when they are not just `name`: a key's aliases. All must match.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_names: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// Further spellings under which others may refer to it: a repository's URI, `alias/x`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spellings: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// Where AWS does not say when it was made: a time by which it was there. Only for ages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub there_by: Option<Timestamp>,
    /// What differs when it is removed and made again under its name: a role's `AROA…` id.
    /// Where AWS gives none, absent, and `created` stands in for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
    #[serde(default)]
    pub tags: Tags,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<Reference>,
    /// What it lives in: the cluster of a nodegroup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ResourceId>,
    /// What belongs to it although it lives elsewhere: a cluster's OIDC provider.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owns: Vec<Reference>,
    /// The other way round, where only the owned one tells: a grant's grantee.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub belongs_to: Vec<Reference>,
    pub lifecycle: Lifecycle,
    /// What `where` reads: `status`, `approval`, `tag`… A fact may have several values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protections: Vec<Protection>,
    /// What Dismantle cannot see and a person should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cautions: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
    /// Facts that could not be read and whose want blocks nothing by itself; `what` is the fact.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<Unread>,
    #[serde(default)]
    pub removal: Removal,
    /// The configuration, enough to rebuild it; never a secret. Shape: AWS's own field names.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub record: serde_json::Value,
}

impl Resource {
    /// A live resource with nothing known but its id and name.
    pub fn new(kind: Kind, region: Region, id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: ResourceId::new(kind, region, id),
            name: name.into(),
            other_names: Vec::new(),
            arn: None,
            spellings: Vec::new(),
            created: None,
            there_by: None,
            pin: None,
            tags: Tags::new(),
            uses: Vec::new(),
            parent: None,
            owns: Vec::new(),
            belongs_to: Vec::new(),
            lifecycle: Lifecycle::Live,
            facts: BTreeMap::new(),
            protections: Vec::new(),
            cautions: Vec::new(),
            unread: Vec::new(),
            unknown: Vec::new(),
            removal: Removal::default(),
            record: serde_json::Value::Null,
        }
    }

    pub fn kind(&self) -> Kind {
        self.id.kind
    }

    pub fn region(&self) -> Region {
        self.id.region
    }

    /// Notes a setting that could not be read and that only a rebuilding would need: it decides
    /// nothing. What decides goes to `unread`.
    pub fn not_recorded(&mut self, what: &str, why: &dyn fmt::Display) {
        if self.record.is_null() {
            self.record = serde_json::json!({});
        }
        if let Some(record) = self.record.as_object_mut() {
            let unread = record.entry("unread").or_insert_with(|| serde_json::json!({}));
            unread[what] = serde_json::json!(why.to_string());
        }
    }

    /// Why its tags are not known, if they are not: kinds that are described with their tags lack
    /// those when the description was refused.
    pub fn tags_unread(&self) -> Option<&Unread> {
        let whole = ["description", "details"];
        self.unread.iter().find(|one| one.what.contains("tags") || whole.contains(&&*one.what))
    }

    /// Why a fact that is not there may only be out of sight.
    pub fn fact_unread(&self, key: &str) -> Option<&Unread> {
        self.unknown.iter().find(|one| one.what == key).or(self.unread.first())
    }

    /// Adds one value to a fact that `where` can read.
    pub fn fact(&mut self, key: &'static str, value: impl Into<String>) {
        self.facts.entry(key.to_owned()).or_default().push(value.into());
    }

    /// The names a selector must match, every one of them.
    pub fn names(&self) -> Vec<&str> {
        if self.other_names.is_empty() {
            vec![self.name.as_str()]
        } else {
            self.other_names.iter().map(String::as_str).collect()
        }
    }
}

impl Resource {
    /// How it differs from the thing that was planned for: it was removed and made again under
    /// its name. `None`: it is the same, as far as AWS lets anybody tell.
    ///
    /// A bucket has neither an id nor a creation date that can be trusted (`CreationDate` moves
    /// when settings are edited), so its lister pins the owner's account.
    pub fn differs_from(&self, pin: Option<&str>, created: Option<Timestamp>) -> Option<String> {
        let word = match (pin, self.pin.as_deref()) {
            (Some(planned), Some(now)) if planned != now => format!("{now}, not {planned}"),
            (Some(_), Some(_)) => return None,
            _ => match (created, self.created) {
                (Some(planned), Some(now)) if planned.as_second() != now.as_second() => {
                    format!("made on {now}, not on {planned}")
                }
                _ => return None,
            },
        };
        Some(format!("it is a different thing by now ({word}): it looks removed and made again"))
    }

    /// Whether AWS shows enough to tell it from another thing of its name: what was noted of the
    /// planned one is seen of this one.
    pub fn can_be_told(&self, pin: Option<&str>, created: Option<Timestamp>) -> bool {
        (pin.is_some() && self.pin.is_some()) || (created.is_some() && self.created.is_some())
    }
}
