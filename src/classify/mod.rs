//! What is to become of each resource, and why.
//!
//! A pure function of what was seen and what the manifest says. It answers for every resource
//! with a [`Verdict`]: a decision, the reason for it in words, and who stands in the way. The
//! rules, in the order in which they win:
//!
//! 1. what a `keep` covers stays, with what is in it and what it needs;
//! 2. what is protected, managed by another tool, or could not be read well enough is blocked;
//! 3. what something *staying* uses is blocked, by name;
//! 4. what an unseen kind could use is blocked until it is seen or accepted;
//! 5. the rest of what the manifest matches goes.

mod block;
mod decide;
mod keep;
mod matching;
mod tools;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::graph::Graph;
use crate::inventory::{Gap, Hides, Inventory};
use crate::manifest::{Hit, Manifest};
use crate::resource::{Catalog, Kind, Removable, Resource, ResourceId};

/// A tag with this key keeps a resource, whatever the manifest says.
pub const KEEP_TAG: &str = "dismantle:keep";

/// What is to become of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    Delete,
    Stop,
    /// Already on its way: a key in its window.
    Pending,
    Keep,
    Blocked,
    /// Not the lab's.
    Foreign,
}

impl Decision {
    pub fn as_str(self) -> &'static str {
        match self {
            Decision::Delete => "delete",
            Decision::Stop => "stop",
            Decision::Pending => "pending",
            Decision::Keep => "keep",
            Decision::Blocked => "blocked",
            Decision::Foreign => "foreign",
        }
    }
}

/// A decision, and what led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub decision: Decision,
    /// For people, without a full stop.
    pub reason: String,
    /// Who stands in the way of a blocked one.
    pub used_by: Vec<ResourceId>,
    /// Only these parts go (an image's tags); the resource itself stays.
    pub parts: Option<BTreeSet<String>>,
    /// Whether the manifest lifts a protection that is on it.
    pub lift: bool,
    /// What a person should know besides the resource's own cautions.
    pub cautions: Vec<String>,
}

impl Verdict {
    fn new(decision: Decision, reason: impl Into<String>) -> Self {
        Self {
            decision,
            reason: reason.into(),
            used_by: Vec::new(),
            parts: None,
            lift: false,
            cautions: Vec::new(),
        }
    }
}

/// The verdict on every resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Classification {
    pub verdicts: BTreeMap<ResourceId, Verdict>,
}

impl Classification {
    pub fn decision(&self, id: &ResourceId) -> Decision {
        self.verdicts.get(id).map_or(Decision::Foreign, |verdict| verdict.decision)
    }

    pub fn of(&self, decision: Decision) -> impl Iterator<Item = (&ResourceId, &Verdict)> {
        self.verdicts.iter().filter(move |(_, verdict)| verdict.decision == decision)
    }
}

/// All that could not be seen: what listers missed, and what is not known of things that are, or
/// may be, the lab's.
pub fn gaps(inventory: &Inventory, decided: &Classification) -> Vec<Gap> {
    let mut gaps = inventory.unseen();
    let resources = inventory.resources();
    for (id, verdict) in &decided.verdicts {
        if verdict.decision == Decision::Foreign {
            continue;
        }
        let Some(unread) = resources.get(id).and_then(|it| it.unread.first()) else { continue };
        let why = format!("{}: {}", unread.what, unread.why);
        let known = |gap: &Gap| gap.kind == id.kind && gap.region == id.region && gap.why == why;
        if !gaps.iter().any(known) {
            let hides = Hides::uses_of([]);
            gaps.push(Gap { kind: id.kind, region: id.region, why, hides, accepted: false });
        }
    }
    gaps
}

/// The question: what was seen, and what is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    pub inventory: &'a Inventory,
    pub manifest: &'a Manifest,
    pub catalog: &'a Catalog,
    /// Kinds that the person accepts not to have seen.
    pub accepted_unseen: &'a BTreeSet<Kind>,
    /// For `apply`: only what a plan has may go, and only while it is the same thing.
    pub planned: Option<&'a BTreeMap<ResourceId, Planned>>,
    pub gone: &'a Gone,
    pub now: Timestamp,
}

/// What runs of this manifest have removed: what was known by it is still known. A cluster's OIDC
/// provider has no name of the lab's; a key has none when its aliases are gone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gone {
    /// Owners and name-givers, as they were.
    pub known: Vec<Resource>,
    /// All whose removal came to its end. One that lives again was called back, or is new.
    pub removed: BTreeSet<ResourceId>,
}

impl Gone {
    /// Notes a removal; only what others are known by is kept whole.
    pub fn note(&mut self, resource: &Resource, catalog: &Catalog) {
        let gives_names = catalog.kinds().any(|facts| facts.named_by == Some(resource.kind()));
        let names_others =
            catalog.get(resource.kind()).is_some_and(|facts| !facts.derived.is_empty());
        if gives_names || names_others || !resource.owns.is_empty() {
            self.known.push(resource.clone());
        }
    }
}

/// The thing that a plan was made for: see [`Resource::differs_from`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    pub pin: Option<String>,
    pub created: Option<Timestamp>,
}

/// Decides on every resource of the inventory.
pub fn classify(case: &Case<'_>) -> Classification {
    let resources = case.inventory.resources();
    let graph = Graph::new(&resources, case.catalog);
    let mut judge = Judge::new(case, &graph);
    judge.match_roots();
    judge.flow_down();
    judge.keep();
    judge.decide();
    judge.block_what_is_used();
    if judge.hold_to_the_plan() {
        judge.block_what_is_used();
    }
    judge.finish()
}

/// Why something is kept.
#[derive(Debug, Clone)]
struct Kept {
    why: String,
    /// With all that belongs to it; not so where it is only needed by something.
    whole: bool,
}

struct Judge<'a> {
    case: &'a Case<'a>,
    graph: &'a Graph<'a>,
    hits: Vec<Option<Hit>>,
    /// The owner through which something was matched, where it was so.
    through: Vec<Option<usize>>,
    /// Why nobody can say whether the manifest matches it.
    doubts: Vec<Option<String>>,
    kept: Vec<Option<Kept>>,
    verdicts: Vec<Verdict>,
    unseen: Vec<Gap>,
}

impl<'a> Judge<'a> {
    fn new(case: &'a Case<'a>, graph: &'a Graph<'a>) -> Self {
        let count = graph.resources().len();
        let unseen = case
            .inventory
            .unseen()
            .into_iter()
            .filter(|gap| !case.accepted_unseen.contains(&gap.kind))
            .collect();
        Self {
            case,
            graph,
            hits: vec![None; count],
            through: vec![None; count],
            doubts: vec![None; count],
            kept: vec![None; count],
            verdicts: vec![Verdict::new(Decision::Foreign, "no rule matches it"); count],
            unseen,
        }
    }

    fn resource(&self, at: usize) -> &'a Resource {
        self.graph.resources()[at]
    }

    fn in_scope(&self, resource: &Resource) -> bool {
        resource.region().is_global() || self.case.manifest.regions.contains(&resource.region())
    }

    fn removable(&self, kind: Kind) -> Removable {
        self.case.catalog.get(kind).map_or(Removable::ReadOnly, |facts| facts.removable)
    }

    fn parents(&self) -> impl Fn(&ResourceId) -> Option<&'a Resource> + use<'a> {
        let graph = self.graph;
        move |id| graph.place(id).map(|at| graph.resources()[at])
    }

    fn finish(self) -> Classification {
        let ids = self.graph.resources().iter().map(|resource| resource.id.clone());
        Classification { verdicts: ids.zip(self.verdicts).collect() }
    }
}

#[cfg(test)]
mod tests;
