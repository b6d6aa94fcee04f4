//! What is true of every resource of a kind, without asking AWS.

use std::collections::BTreeMap;

use super::Kind;

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

impl DerivedName {
    /// The owner's name in a derived one: `mlops` of `/aws/eks/mlops/cluster`.
    pub fn owner<'n>(&self, name: &'n str) -> Option<&'n str> {
        let rest = name.strip_prefix(self.before)?;
        let owner = match self.after {
            "" => rest,
            after => rest.split(after).next().unwrap_or(rest),
        };
        (!owner.is_empty()).then_some(owner)
    }
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
    /// Kinds that it hands on to whoever uses those: an instance profile gives machines its role.
    /// It keeps what it holds until all others that use that are gone.
    pub hands_on: &'static [Kind],
    /// Siblings in the same parent that go first although they do not refer to it.
    pub outlives: &'static [Kind],
    pub derived: &'static [DerivedName],
    /// The kind whose names are its names: a key is known by its aliases.
    pub named_by: Option<Kind>,
    /// Whether AWS takes spellings of it that differ in case only for one.
    pub ignores_case: bool,
    /// Kinds that it refers to and that let somebody use it, out of sight: the identity provider
    /// that a role trusts.
    pub lets_in: &'static [Kind],
    pub permissions: Permissions,
    /// What making it again needs of IAM.
    pub restore_permissions: &'static [&'static str],
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
            hands_on: &[],
            outlives: &[],
            derived: &[],
            named_by: None,
            ignores_case: false,
            lets_in: &[],
            permissions: Permissions { read: &[], remove: &[], tag: &[] },
            restore_permissions: &[],
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
