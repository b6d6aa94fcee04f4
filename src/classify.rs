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

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::graph::{Edge, Graph, Why, possible_owners};
use crate::inventory::{Gap, Inventory};
use crate::manifest::{Cautions, Hit, Managed, Manifest};
use crate::resource::{
    Action, Catalog, Kind, KindFacts, Last, Lifecycle, Protection, Removable, Resource, ResourceId, Tie,
};

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
        if gives_names || !resource.owns.is_empty() {
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

    /// What the manifest's own selectors take.
    fn match_roots(&mut self) {
        for at in 0..self.hits.len() {
            let resource = self.resource(at);
            if self.in_scope(resource) && self.removable(resource.kind()) != Removable::ReadOnly {
                self.hits[at] = self
                    .direct_hit(resource)
                    .or_else(|| self.orphan_hit(at))
                    .or_else(|| self.hit_by_the_gone(resource));
            }
        }
        // Names that AWS derives are claimed first, by the owner that exists: another's log
        // groups are another's, whatever they are called. Only an exact name overrules that.
        loop {
            let claimed_by_others: Vec<usize> = (0..self.hits.len())
                .filter(|at| self.hits[*at].as_ref().is_some_and(|hit| !hit.exact))
                .filter(|at| {
                    let mut owners = self.claimants(*at).peekable();
                    owners.peek().is_some() && owners.all(|owner| self.hits[owner].is_none())
                })
                .collect();
            if claimed_by_others.is_empty() {
                return;
            }
            for at in claimed_by_others {
                self.hits[at] = None;
                let owner = self.claimants(at).next().map(|owner| self.resource(owner));
                if let Some(owner) = owner {
                    self.verdicts[at].reason =
                        format!("belongs to {}, which is not matched", owner.id);
                }
            }
        }
    }

    /// Owners that claim a resource by making it, not by holding it.
    fn claimants(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let parent = self.resource(at).parent.as_ref().and_then(|id| self.graph.place(id));
        self.graph.owners(at).iter().copied().filter(move |owner| Some(*owner) != parent)
    }

    /// Of several names each must be taken, and each may be by another selector.
    fn direct_hit(&self, resource: &Resource) -> Option<Hit> {
        let whole = self.hit_by_selectors(resource);
        if whole.is_some() || resource.other_names.len() < 2 {
            return whole;
        }
        let mut all: Option<Hit> = None;
        for name in &resource.other_names {
            let mut called = resource.clone();
            called.other_names = vec![name.clone()];
            let hit = self.hit_by_selectors(&called)?;
            all = Some(match all {
                None => hit,
                Some(known) => merge(known, hit),
            });
        }
        all
    }

    fn hit_by_selectors(&self, resource: &Resource) -> Option<Hit> {
        let parents = self.parents();
        let mut all: Option<Hit> = None;
        for selector in &self.case.manifest.matches {
            let Some(hit) = selector.matches(resource, &parents, self.case.now) else { continue };
            all = Some(match all {
                None => hit,
                Some(known) => merge(known, hit),
            });
        }
        all
    }

    /// What is named after an owner that is gone, but that the manifest would have matched: the
    /// log groups of a cluster that an earlier attempt removed.
    fn orphan_hit(&self, at: usize) -> Option<Hit> {
        if !self.graph.owners(at).is_empty() {
            return None;
        }
        let resource = self.resource(at);
        let owners = possible_owners(resource.kind(), &resource.name, self.case.catalog);
        for (kind, name) in owners {
            for selector in &self.case.manifest.matches {
                if let Some(mut hit) = selector.matches_name_of(kind, name)
                    && !hit.stop
                {
                    hit.rule = format!("named after {kind} {name}, which is gone ({})", hit.rule);
                    hit.exact = false;
                    return Some(hit);
                }
            }
        }
        None
    }

    /// What was known by something that a run of this manifest has removed.
    fn hit_by_the_gone(&self, resource: &Resource) -> Option<Hit> {
        let gone = self.case.gone;
        let pending = matches!(resource.lifecycle, Lifecycle::Pending { .. });
        if gone.removed.contains(&resource.id) && !pending {
            return None;
        }
        let whole = |one: &Resource| {
            let hit = self.direct_hit(one)?;
            (!hit.stop && hit.parts.is_none()).then_some(hit.rule)
        };
        let is_gone = |one: &&Resource| self.graph.place(&one.id).is_none();
        let gone = gone.known.iter().filter(is_gone);
        let owner = gone
            .clone()
            .filter(|one| one.owns.iter().any(|owned| owned.means(resource)))
            .find_map(|one| Some((one, whole(one)?)));
        if let Some((owner, rule)) = owner {
            let rule = format!("belonged to {}, which is gone ({rule})", owner.id);
            return Some(Hit { rule, parts: None, stop: false, exact: false });
        }
        let named_by = self.case.catalog.get(resource.kind())?.named_by?;
        if !resource.other_names.is_empty() {
            return None;
        }
        let names: Vec<&Resource> = gone
            .filter(|one| one.kind() == named_by)
            .filter(|one| one.uses.iter().any(|used| used.means(resource)))
            .collect();
        let name = names.first()?.name.clone();
        // By the selectors for the thing itself, as it was called then.
        let mut then = resource.clone();
        then.other_names = names.iter().map(|name| name.name.clone()).collect();
        let rule = format!("was called {name}, which is gone ({})", whole(&then)?);
        Some(Hit { rule, parts: None, stop: false, exact: false })
    }

    /// Belonging flows from a matched owner to what is in it and what it made.
    fn flow_down(&mut self) {
        let mut changed = true;
        while changed {
            changed = false;
            for at in 0..self.hits.len() {
                if self.hits[at].as_ref().is_some_and(|hit| !hit.stop && hit.parts.is_none()) {
                    continue;
                }
                let whole = |owner: &usize| {
                    self.hits[*owner].as_ref().is_some_and(|hit| !hit.stop && hit.parts.is_none())
                };
                let Some(owner) = self.graph.owners(at).iter().copied().find(whole) else {
                    continue;
                };
                if !self.in_scope(self.resource(at)) {
                    continue;
                }
                let rule = format!("belongs to {}", self.resource(owner).id);
                self.hits[at] = Some(Hit { rule, parts: None, stop: false, exact: false });
                self.through[at] = Some(owner);
                changed = true;
            }
        }
    }

    /// `keep` always wins: over the thing, what is in it, and what it needs.
    fn keep(&mut self) {
        let parents = self.parents();
        let mut queue = Vec::new();
        for at in 0..self.kept.len() {
            let resource = self.resource(at);
            let tagged = resource.tags.contains_key(KEEP_TAG).then(|| format!("tag {KEEP_TAG}"));
            let rule = tagged.or_else(|| {
                let keep = &self.case.manifest.keep;
                keep.iter()
                    .find_map(|one| one.matches(resource, &parents, self.case.now))
                    .map(|h| h.rule)
            });
            if let Some(rule) = rule {
                self.kept[at] = Some(Kept { why: format!("kept by {rule}"), whole: true });
                queue.push(at);
            }
        }
        while let Some(at) = queue.pop() {
            for (at, kept) in self.kept_with(at) {
                let more = match &self.kept[at] {
                    None => true,
                    Some(known) => kept.whole && !known.whole,
                };
                if more {
                    self.kept[at] = Some(kept);
                    queue.push(at);
                }
            }
        }
    }

    /// What a kept thing keeps with it: what it needs, and what belongs to it if it is kept whole.
    fn kept_with(&self, at: usize) -> Vec<(usize, Kept)> {
        let id = &self.resource(at).id;
        let mut next: Vec<(usize, Kept)> = Vec::new();
        if self.resource(at).lifecycle.uses_things() {
            for edge in self.graph.uses(at).filter(|edge| edge.tie >= Tie::Soft) {
                let why = match edge.why {
                    Why::LivesIn => format!("{id} lives in it and is kept"),
                    _ => format!("{id}, which is kept, needs it ({})", edge.role),
                };
                next.push((edge.used, Kept { why, whole: false }));
            }
        }
        if self.kept[at].as_ref().is_some_and(|kept| kept.whole) {
            let owned = (0..self.kept.len()).filter(|one| self.graph.owners(*one).contains(&at));
            next.extend(owned.map(|one| {
                (one, Kept { why: format!("belongs to {id}, which is kept"), whole: true })
            }));
        }
        next
    }

    fn decide(&mut self) {
        for at in 0..self.hits.len() {
            let resource = self.resource(at);
            let Some(hit) = self.hits[at].clone() else {
                if !self.in_scope(resource) {
                    self.verdicts[at].reason =
                        format!("{} is not one of the manifest's regions", resource.region());
                }
                continue;
            };
            if self.removable(resource.kind()) == Removable::ReadOnly {
                // Goes, or stays, with what it belongs to; see `stays`.
                self.verdicts[at].reason = hit.rule;
                continue;
            }
            self.verdicts[at] = match &self.kept[at] {
                Some(kept) => Verdict::new(Decision::Keep, kept.why.clone()),
                None => self.decide_one(at, hit),
            };
        }
        self.hold_with_the_owner();
    }

    /// What was matched only because it belongs to something goes with that, or not at all: the
    /// nodegroups of a cluster that is protected are not its nodegroups to lose.
    fn hold_with_the_owner(&mut self) {
        let mut changed = true;
        while changed {
            changed = false;
            for at in 0..self.verdicts.len() {
                let Some(owner) = self.through[at] else { continue };
                let held = self.verdicts[owner].decision == Decision::Blocked;
                if held && self.verdicts[at].decision == Decision::Delete {
                    let owner_id = &self.resource(owner).id;
                    let why = &self.verdicts[owner].reason;
                    let reason = format!("belongs to {owner_id}, which is blocked: {why}");
                    self.verdicts[at] = Verdict::new(Decision::Blocked, reason);
                    changed = true;
                }
            }
        }
    }

    /// Those to whom the resource opens a door, and who stay: they may be using it out of sight.
    fn cautions(&self, at: usize) -> Vec<String> {
        let facts = self.case.catalog.get(self.resource(at).kind());
        let lets_in = facts.map_or(&[] as &[Kind], |facts| facts.lets_in);
        let doors = self.graph.uses(at).filter(|edge| {
            self.hits[edge.used].is_none() && lets_in.contains(&self.resource(edge.used).kind())
        });
        let says = |edge: &Edge| {
            let door = &self.resource(edge.used).id;
            format!("{door}, its {}, is not matched: who comes through it may use this", edge.role)
        };
        doors.map(says).collect()
    }

    /// Something that it lives in and whose tags could not be read: one of them may be the one
    /// that keeps everything in it.
    fn owner_without_tags(&self, at: usize) -> Option<String> {
        let mut next = self.resource(at).parent.as_ref().and_then(|id| self.graph.place(id));
        // No deeper than there are resources: a circle of parents ends too.
        for _ in 0..self.hits.len() {
            let owner = self.resource(next?);
            if let Some(unread) = owner.unread.iter().find(|unread| unread.what == "tags") {
                return Some(format!("cannot see the tags of {}: {}", owner.id, unread.why));
            }
            next = owner.parent.as_ref().and_then(|id| self.graph.place(id));
        }
        None
    }

    fn decide_one(&self, at: usize, hit: Hit) -> Verdict {
        let mut verdict = self.decision_on(at, hit);
        if matches!(verdict.decision, Decision::Delete | Decision::Stop) {
            verdict.cautions = self.cautions(at);
        }
        verdict
    }

    fn decision_on(&self, at: usize, hit: Hit) -> Verdict {
        let resource = self.resource(at);
        if let Lifecycle::Pending { until } = &resource.lifecycle {
            let until = until.map_or_else(String::new, |until| format!(", gone on {until}"));
            return Verdict::new(Decision::Pending, format!("its deletion is scheduled{until}"));
        }
        let lifts = self.case.manifest.options.lift_protection.contains(&resource.kind());
        let holds = |protection: &&Protection| !(protection.liftable && lifts);
        if let Some(protection) = resource.protections.iter().find(holds) {
            return Verdict::new(Decision::Blocked, protection.why.clone());
        }
        if let Some(why) = self.managed_by(resource) {
            return Verdict::new(Decision::Blocked, why);
        }
        if let Some(unread) = resource.unread.first() {
            let why = format!("cannot see its {}: {}", unread.what, unread.why);
            return Verdict::new(Decision::Blocked, why);
        }
        if let Some(why) = self.owner_without_tags(at) {
            return Verdict::new(Decision::Blocked, why);
        }
        if self.case.manifest.options.cautions == Cautions::Block
            && let Some(caution) = resource.cautions.iter().chain(&self.cautions(at)).next()
        {
            return Verdict::new(Decision::Blocked, format!("the manifest blocks on {caution}"));
        }
        let can_stop_now = resource.removal.prep.iter().any(|prep| prep.action == Action::Stop);
        if let Last::Never(why) = &resource.removal.last {
            return match can_stop_now {
                true => Verdict::new(Decision::Stop, format!("{}; {why}", hit.rule)),
                false => Verdict::new(Decision::Keep, why.clone()),
            };
        }
        if hit.stop {
            return match can_stop_now {
                true => Verdict::new(Decision::Stop, hit.rule),
                false => Verdict::new(Decision::Keep, "it is stopped already"),
            };
        }
        if let Some(why) = self.unseen_users(resource) {
            return Verdict::new(Decision::Blocked, why);
        }
        let mut verdict = Verdict::new(Decision::Delete, hit.rule);
        verdict.lift = !resource.protections.is_empty();
        if let Some(parts) = hit.parts {
            let all: BTreeSet<String> = self.parts_of(resource);
            let rest: Vec<&str> = all.difference(&parts).map(String::as_str).collect();
            if !rest.is_empty() {
                verdict.reason =
                    format!("{}; the resource itself stays as {}", verdict.reason, rest.join(", "));
                verdict.parts = Some(parts);
            }
        }
        verdict
    }

    /// Every part that the resource has, of the kind of part that `where` can pick.
    fn parts_of(&self, resource: &Resource) -> BTreeSet<String> {
        let facts = self.case.catalog.get(resource.kind());
        let keys = facts.into_iter().flat_map(|facts| facts.where_keys).filter(|key| key.parts);
        keys.filter_map(|key| resource.facts.get(key.name)).flatten().cloned().collect()
    }

    /// A stack that made the thing would be broken by its removal, and would not bring it back.
    fn managed_by(&self, resource: &Resource) -> Option<String> {
        if self.case.manifest.options.managed == Managed::Delete {
            return None;
        }
        let stack = resource.tags.get("aws:cloudformation:stack-name")?;
        Some(format!("CloudFormation made it: delete the stack {stack}"))
    }

    /// Kinds that may use the resource and could not be seen where they could do so.
    fn unseen_users(&self, resource: &Resource) -> Option<String> {
        let global = self.case.catalog.is_global(resource.kind());
        let makers = possible_owners(resource.kind(), &resource.name, self.case.catalog);
        let maker = self.unseen.iter().find(|gap| {
            gap.region == resource.region()
                && gap.hides.everything()
                && makers.iter().any(|(kind, _)| *kind == gap.kind)
        });
        if let Some(gap) = maker {
            return Some(format!("cannot see whether a {} made it: {}", gap.kind, gap.why));
        }
        let gap = self.unseen.iter().find(|gap| {
            let here = global || gap.region.is_global() || gap.region == resource.region();
            let reaches = |facts: &KindFacts| {
                facts.kind == gap.kind
                    && (here || facts.across_regions.contains(&resource.kind()))
            };
            gap.hides.a_use_of(&resource.id)
                && self.case.catalog.users_of(resource.kind()).any(reaches)
        })?;
        Some(format!("cannot see whether a {} uses it: {}", gap.kind, gap.why))
    }

    /// Whether a resource will still be there, and using what it uses, when all is done.
    fn stays(&self, at: usize) -> bool {
        let resource = self.resource(at);
        if !resource.lifecycle.uses_things() {
            return false;
        }
        let verdict = &self.verdicts[at];
        match verdict.decision {
            Decision::Delete => verdict.parts.is_some(),
            Decision::Pending => false,
            Decision::Stop => {
                self.case.catalog.get(resource.kind()).is_none_or(|facts| !facts.ends_when_stopped)
            }
            Decision::Keep | Decision::Blocked => true,
            Decision::Foreign => {
                let goes_with_its_owner = self.removable(resource.kind()) == Removable::ReadOnly
                    && self.graph.owners(at).iter().any(|owner| {
                        self.verdicts[*owner].decision == Decision::Delete
                            && self.verdicts[*owner].parts.is_none()
                    });
                !goes_with_its_owner
            }
        }
    }

    /// What something staying uses stays too; until nothing changes any more.
    fn block_what_is_used(&mut self) {
        let mut blocked = BTreeSet::new();
        loop {
            let used: Vec<usize> = (0..self.verdicts.len())
                .filter(|at| self.verdicts[*at].decision == Decision::Delete)
                .filter(|at| self.users_that_stay(*at).next().is_some())
                .collect();
            let named = self.stay_with_what_they_name();
            if used.is_empty() && !named {
                break;
            }
            for at in used {
                let verdict = &mut self.verdicts[at];
                verdict.decision = Decision::Blocked;
                verdict.parts = None;
                blocked.insert(at);
            }
        }
        // All who stand in the way are named, those too who turned out to stay later.
        for at in blocked {
            let verdict = self.blocked_by_users(at);
            self.verdicts[at] = verdict;
        }
    }

    /// A name stays with the thing that it names: without its alias a key that stays would not be
    /// known any more. Says whether there was such a name.
    fn stay_with_what_they_name(&mut self) -> bool {
        let mut any = false;
        for at in 0..self.verdicts.len() {
            let kind = self.resource(at).kind();
            if self.verdicts[at].decision != Decision::Delete {
                continue;
            }
            let named = self.graph.uses(at).map(|edge| edge.used).find(|used| {
                let facts = self.case.catalog.get(self.resource(*used).kind());
                let decision = self.verdicts[*used].decision;
                facts.is_some_and(|facts| facts.named_by == Some(kind))
                    && matches!(decision, Decision::Blocked | Decision::Keep)
            });
            if let Some(named) = named {
                let why = format!("{} stays, and is known by this name", self.resource(named).id);
                self.verdicts[at] = Verdict::new(Decision::Blocked, why);
                any = true;
            }
        }
        any
    }

    /// Who stays and uses the resource; where only parts of it go, who uses one of those.
    fn users_that_stay(&self, at: usize) -> impl Iterator<Item = &Edge> {
        let parts = self.verdicts[at].parts.as_ref();
        self.graph.used_by(at).filter(|edge| edge.tie >= Tie::Soft && self.stays(edge.user)).filter(
            move |edge| {
                parts.is_none_or(|parts| {
                    let part = |text: &String| Some(text.rsplit_once(':')?.1.to_owned());
                    edge.spelled.iter().filter_map(part).any(|part| parts.contains(&part))
                })
            },
        )
    }

    fn blocked_by_users(&self, at: usize) -> Verdict {
        let mut users: Vec<&Edge> = self.users_that_stay(at).collect();
        // A name that only stays because of this very thing is nobody who stands in the way.
        let named_by = self.case.catalog.get(self.resource(at).kind()).and_then(|f| f.named_by);
        let in_the_way = |edge: &&Edge| {
            named_by != Some(self.resource(edge.user).kind())
                || self.verdicts[edge.user].decision != Decision::Blocked
        };
        if users.iter().any(in_the_way) {
            users.retain(in_the_way);
        }
        let Some(first) = users.first() else {
            return Verdict::new(Decision::Blocked, self.verdicts[at].reason.clone());
        };
        let user = &self.resource(first.user).id;
        let reason = match (users.len() - 1, first.why) {
            (0, Why::LivesIn) => format!("{user} lives in it and stays"),
            (0, _) => format!("used by {user}, which stays ({})", first.role),
            (more, Why::LivesIn) => format!("{user} and {more} more live in it and stay"),
            (more, _) => format!("used by {user} and {more} more, which stay ({})", first.role),
        };
        let mut verdict = Verdict::new(Decision::Blocked, reason);
        verdict.used_by = users.iter().map(|edge| self.resource(edge.user).id.clone()).collect();
        verdict.used_by.sort();
        verdict
    }

    /// What is not in the plan, or is another thing than was planned for, stays. Says whether
    /// there is such a thing.
    fn hold_to_the_plan(&mut self) -> bool {
        let Some(planned) = self.case.planned else { return false };
        let mut any = false;
        for at in 0..self.verdicts.len() {
            if !matches!(self.verdicts[at].decision, Decision::Delete | Decision::Stop) {
                continue;
            }
            let resource = self.resource(at);
            let why = match planned.get(&resource.id) {
                None => Some("it is not in the plan; make a new plan to remove it".to_owned()),
                Some(planned) => resource.differs_from(planned.pin.as_deref(), planned.created),
            };
            if let Some(why) = why {
                self.verdicts[at] = Verdict::new(Decision::Blocked, why);
                any = true;
            }
        }
        self.hold_with_the_owner();
        any
    }

    fn finish(self) -> Classification {
        let ids = self.graph.resources().iter().map(|resource| resource.id.clone());
        Classification { verdicts: ids.zip(self.verdicts).collect() }
    }
}

/// Of two selectors that take one thing: stopping is the lesser act and wins; the whole wins over
/// its parts; the first one's words stay.
fn merge(known: Hit, new: Hit) -> Hit {
    let parts = match (known.parts, new.parts) {
        (Some(mut all), Some(more)) => {
            all.extend(more);
            Some(all)
        }
        _ => None,
    };
    let rule = if new.stop && !known.stop { new.rule } else { known.rule };
    Hit { rule, parts, stop: known.stop || new.stop, exact: known.exact || new.exact }
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
