//! The words that every room of the crate uses.
//!
//! A [`Resource`] is one thing in an AWS account as a lister saw it: what it is called, what it
//! **uses**, what protects it, and the steps that its removal takes. It is plain data. Nothing
//! here knows AWS's SDK, a terminal or a clock, so `classify` and `plan` can be pure.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{LazyLock, Mutex};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Names that are few and live as long as the program: kinds and regions.
static NAMES: LazyLock<Mutex<BTreeSet<&'static str>>> = LazyLock::new(Default::default);

/// More names than AWS has kinds and regions can only come from a hostile file.
const NAMES_MAX: usize = 4096;

fn intern(name: &str) -> Option<&'static str> {
    let mut names = NAMES.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(known) = names.get(name) {
        return Some(known);
    }
    if names.len() >= NAMES_MAX {
        return None;
    }
    let leaked: &'static str = Box::leak(name.to_owned().into_boxed_str());
    names.insert(leaked);
    Some(leaked)
}

/// A text that is not a kind or a region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct BadName {
    pub text: String,
    pub expected: &'static str,
}

/// What a resource is, written `service:resource` in AWS's own words: `iam:role`.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(&'static str);

impl Kind {
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// Reads a kind from a file. Whether Dismantle knows the kind is the catalog's to say.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let bad = || BadName {
            text: text.chars().take(80).collect(),
            expected: "a kind, which is written service:resource, such as iam:role",
        };
        let word = |part: &str| {
            !part.is_empty()
                && part.len() <= 48
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        match text.split_once(':') {
            Some((service, resource)) if word(service) && word(resource) => {
                intern(text).map(Self).ok_or_else(bad)
            }
            _ => Err(bad()),
        }
    }

    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// `iam` of `iam:role`.
    pub fn service(self) -> &'static str {
        self.0.split_once(':').map_or(self.0, |(service, _)| service)
    }

    /// `role` of `iam:role`.
    pub fn resource(self) -> &'static str {
        self.0.split_once(':').map_or("", |(_, resource)| resource)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// An AWS region, or [`Region::GLOBAL`] for IAM.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(&'static str);

impl Region {
    /// Where resources live that have no region of their own.
    pub const GLOBAL: Region = Region("global");

    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    pub fn parse(text: &str) -> Result<Self, BadName> {
        let bad = || BadName {
            text: text.chars().take(80).collect(),
            expected: "a region, such as us-east-1",
        };
        let well_formed = (4..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !well_formed {
            return Err(bad());
        }
        intern(text).map(Self).ok_or_else(bad)
    }

    pub fn as_str(self) -> &'static str {
        self.0
    }

    pub fn is_global(self) -> bool {
        self == Self::GLOBAL
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

macro_rules! serde_as_name {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
serde_as_name!(Kind);
serde_as_name!(Region);

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

/// What one call, or one family of calls, does to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    DetachPolicy,
    DeleteInlinePolicy,
    RemoveFromInstanceProfile,
    DeletePolicyVersion,
    /// Switch deletion protection off, where the manifest's `lift_protection` allows it.
    LiftProtection,
    Stop,
    Empty,
    Untag,
    Delete,
    ScheduleDeletion,
}

impl Action {
    pub const ALL: [Action; 10] = [
        Action::DetachPolicy,
        Action::DeleteInlinePolicy,
        Action::RemoveFromInstanceProfile,
        Action::DeletePolicyVersion,
        Action::LiftProtection,
        Action::Stop,
        Action::Empty,
        Action::Untag,
        Action::Delete,
        Action::ScheduleDeletion,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Action::DetachPolicy => "detach-policy",
            Action::DeleteInlinePolicy => "delete-inline-policy",
            Action::RemoveFromInstanceProfile => "remove-from-instance-profile",
            Action::DeletePolicyVersion => "delete-policy-version",
            Action::LiftProtection => "lift-protection",
            Action::Stop => "stop",
            Action::Empty => "empty",
            Action::Untag => "untag",
            Action::Delete => "delete",
            Action::ScheduleDeletion => "schedule-deletion",
        }
    }

    /// Whether the resource itself is gone (or on its way out for good) when this is done.
    pub fn is_removal(self) -> bool {
        matches!(self, Action::Delete | Action::ScheduleDeletion)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One preparatory step of a removal: `detach-policy` of one policy ARN, `stop` of the resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Prep {
    pub action: Action,
    /// What of the resource is meant: a policy's ARN, an inline policy's name, a version, a tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

impl Prep {
    pub fn new(action: Action) -> Self {
        Self { action, target: None }
    }

    pub fn of(action: Action, target: impl Into<String>) -> Self {
        Self { action, target: Some(target.into()) }
    }
}

/// How a resource goes, from the state that it was seen in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Last {
    Delete,
    ScheduleDeletion,
    /// AWS has no call that deletes it; the reason is for people.
    Never(String),
}

/// The steps that take the resource away: every `prep` (in any order), then `last`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    pub prep: Vec<Prep>,
    pub last: Last,
}

impl Default for Removal {
    fn default() -> Self {
        Self { prep: Vec::new(), last: Last::Delete }
    }
}

/// Where a resource is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lifecycle {
    Live,
    /// Being made, updated or stopped: AWS refuses a delete until that is over.
    Changing {
        status: String,
    },
    /// A delete was accepted and goes on.
    Leaving {
        status: String,
    },
    /// A delete was accepted and failed; it may be asked for again.
    DeleteFailed {
        why: String,
    },
    /// Will go by itself at `until` and can still be called back: a key in its window.
    Pending {
        until: Option<Timestamp>,
    },
    /// A job that has ended, or a thing in history: it uses nothing any more.
    Ended {
        status: String,
    },
}

impl Lifecycle {
    /// Whether the resource still needs what it refers to.
    pub fn uses_things(&self) -> bool {
        !matches!(self, Lifecycle::Ended { .. } | Lifecycle::Pending { .. })
    }
}

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
        Some(format!("it is a different thing by now ({word}): it was removed and made again"))
    }
}

/// Where a kind's resources live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Asked once for the account (IAM, and S3's list of buckets).
    Global,
    /// Asked in every region.
    Regional,
}

/// A key that `where` understands for a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WhereKey {
    pub name: &'static str,
    /// For people: `Creating, InService, Failed…`.
    pub says: &'static str,
    /// Whether the key picks *parts* of the resource (an image's tags): where only some parts
    /// match, only those are taken off, by `untag`.
    pub parts: bool,
}

impl WhereKey {
    pub const fn new(name: &'static str, says: &'static str) -> Self {
        Self { name, says, parts: false }
    }
}

/// A name that AWS derives from an owner's: `/aws/eks/<cluster>/cluster`. The derived name is
/// `before`, the owner's name, then either the end or `after` and anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DerivedName {
    pub kind: Kind,
    pub before: &'static str,
    pub after: &'static str,
}

/// What a kind needs of IAM, as `service:Operation`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Permissions {
    pub read: &'static [&'static str],
    pub remove: &'static [&'static str],
    pub tag: &'static [&'static str],
}

/// Whether, and how, a kind can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removable {
    Yes,
    /// AWS keeps it as history for ever; running ones can be stopped.
    History,
    /// Read for its references only.
    ReadOnly,
}

/// What is true of every resource of a kind, without asking AWS.
#[derive(Debug, Clone, Copy)]
pub struct KindFacts {
    pub kind: Kind,
    pub scope: Scope,
    pub removable: Removable,
    /// The kind it lives in, whose resources its lister is given.
    pub parent: Option<Kind>,
    /// Kinds that this kind may refer to. While this kind is unseen, those are blocked.
    pub can_use: &'static [Kind],
    /// Of those, regional ones that it may use from another region.
    pub across_regions: &'static [Kind],
    pub where_keys: &'static [WhereKey],
    /// Whether `action: stop` makes sense.
    pub can_stop: bool,
    /// Whether a stopped one uses nothing any more (a job), or still does (a notebook).
    pub ends_when_stopped: bool,
    /// Only one of these may be on its way out in a parent at a time (EKS Fargate profiles).
    pub one_at_a_time: bool,
    /// Siblings in the same parent that go first although they do not refer to it.
    pub outlives: &'static [Kind],
    pub derived: &'static [DerivedName],
    /// The kind whose names are its names: a key is known by its aliases.
    pub named_by: Option<Kind>,
    /// Kinds that it refers to and that let somebody use it, out of sight: the identity provider
    /// that a role trusts.
    pub lets_in: &'static [Kind],
    pub permissions: Permissions,
    pub can_tag: bool,
}

impl KindFacts {
    /// A regional kind that can be deleted and is tied to nothing; the rest is for the kind's
    /// file to fill in with `..KindFacts::new(…)`.
    pub const fn new(kind: Kind, scope: Scope) -> Self {
        Self {
            kind,
            scope,
            removable: Removable::Yes,
            parent: None,
            can_use: &[],
            across_regions: &[],
            where_keys: &[],
            can_stop: false,
            ends_when_stopped: false,
            one_at_a_time: false,
            outlives: &[],
            derived: &[],
            named_by: None,
            lets_in: &[],
            permissions: Permissions { read: &[], remove: &[], tag: &[] },
            can_tag: false,
        }
    }
}

/// Everything Dismantle knows of kinds, as data; [`crate::aws::registry`] fills it.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    kinds: BTreeMap<Kind, KindFacts>,
}

impl Catalog {
    pub fn new(kinds: impl IntoIterator<Item = KindFacts>) -> Self {
        Self { kinds: kinds.into_iter().map(|facts| (facts.kind, facts)).collect() }
    }

    pub fn get(&self, kind: Kind) -> Option<&KindFacts> {
        self.kinds.get(&kind)
    }

    pub fn kinds(&self) -> impl Iterator<Item = &KindFacts> {
        self.kinds.values()
    }

    /// Kinds that may refer to `kind` or live in it, and whose blindness therefore blocks it.
    pub fn users_of(&self, kind: Kind) -> impl Iterator<Item = &KindFacts> {
        // Who can use a key can use it by its alias.
        let named: Vec<Kind> =
            self.kinds.values().filter(|f| f.named_by == Some(kind)).map(|f| f.kind).collect();
        self.kinds.values().filter(move |facts| {
            facts.can_use.contains(&kind)
                || facts.can_use.iter().any(|used| named.contains(used))
                || facts.parent == Some(kind)
        })
    }

    /// Whether resources of a kind go when nothing else can: keys, which may hold what cannot be
    /// seen, and their names.
    pub fn goes_last(&self, kind: Kind) -> bool {
        self.get(kind).is_some_and(|facts| facts.named_by.is_some())
            || self.kinds.values().any(|facts| facts.named_by == Some(kind))
    }

    pub fn is_global(&self, kind: Kind) -> bool {
        self.get(kind).is_some_and(|facts| facts.scope == Scope::Global)
    }
}
