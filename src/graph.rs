//! The reference graph: who uses whom, who lives in whom, who owns whom.
//!
//! References come spelled in many ways; here all spellings of one thing meet. Order, ownership
//! and safety are all read from this one graph. Pure: resources in, edges out.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::resource::{Catalog, Kind, Prep, Reference, Region, Resource, ResourceId, Scope, Tie};

/// Why one thing goes before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// The first refers to the second.
    Uses,
    /// The first lives in the second.
    LivesIn,
    /// The second is named after the first, or made by it, and would be made again.
    Owns,
    /// The second must outlive its siblings.
    Outlives,
}

/// `user` goes before `used`. Both are places in [`Graph::resources`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    pub user: usize,
    pub used: usize,
    pub tie: Tie,
    pub why: Why,
    /// What the used thing is to its user: `execution role`.
    pub role: String,
    /// The user's preparatory step that ends this use early.
    pub cut_by: Option<Prep>,
    /// How the user spells it: `…/api:dev` means a part of an image.
    pub spelled: BTreeSet<String>,
}

/// The graph of one inventory.
#[derive(Debug)]
pub struct Graph<'a> {
    resources: Vec<&'a Resource>,
    places: BTreeMap<&'a ResourceId, usize>,
    edges: Vec<Edge>,
    /// Edges by their user, and by what they use.
    out: Vec<Vec<usize>>,
    into: Vec<Vec<usize>>,
    owners: Vec<BTreeSet<usize>>,
}

impl<'a> Graph<'a> {
    pub fn new(resources: &BTreeMap<&'a ResourceId, &'a Resource>, catalog: &Catalog) -> Self {
        let list: Vec<&'a Resource> = resources.values().copied().collect();
        let places = list.iter().enumerate().map(|(at, resource)| (&resource.id, at)).collect();
        let mut graph = Self {
            out: vec![Vec::new(); list.len()],
            into: vec![Vec::new(); list.len()],
            owners: vec![BTreeSet::new(); list.len()],
            resources: list,
            places,
            edges: Vec::new(),
        };
        let spellings = Spellings::new(&graph.resources, catalog);
        graph.add_references(&spellings);
        graph.add_containment();
        graph.add_ownership(&spellings, catalog);
        graph.add_sequences(catalog);
        graph.add_doors(catalog);
        graph
    }

    pub fn resources(&self) -> &[&'a Resource] {
        &self.resources
    }

    pub fn place(&self, id: &ResourceId) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// What the resource uses, lives in, or goes before.
    pub fn uses(&self, at: usize) -> impl Iterator<Item = &Edge> {
        self.out[at].iter().map(|edge| &self.edges[*edge])
    }

    /// Who uses the resource, lives in it, or goes before it.
    pub fn used_by(&self, at: usize) -> impl Iterator<Item = &Edge> {
        self.into[at].iter().map(|edge| &self.edges[*edge])
    }

    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// What the resource belongs to: what it lives in, and what it is named after or made by.
    pub fn owners(&self, at: usize) -> &BTreeSet<usize> {
        &self.owners[at]
    }

    fn add(&mut self, edge: Edge) {
        if edge.user == edge.used {
            return;
        }
        let same = |other: &Edge| other.used == edge.used && other.why == edge.why;
        if let Some(at) = self.out[edge.user].iter().find(|at| same(&self.edges[**at])) {
            // Of two uses of the same thing the stronger counts; only one that is cut whole is.
            let known = &mut self.edges[*at];
            known.spelled.extend(edge.spelled);
            if known.cut_by != edge.cut_by {
                known.cut_by = None;
            }
            if edge.tie > known.tie {
                known.tie = edge.tie;
                known.role = edge.role;
            }
            return;
        }
        let at = self.edges.len();
        self.out[edge.user].push(at);
        self.into[edge.used].push(at);
        self.edges.push(edge);
    }

    fn add_references(&mut self, spellings: &Spellings) {
        for user in 0..self.resources.len() {
            let resource = self.resources[user];
            for reference in &resource.uses {
                for used in spellings.find(reference, resource.region()) {
                    self.add(Edge {
                        user,
                        used,
                        tie: reference.tie,
                        why: Why::Uses,
                        role: reference.role.to_string(),
                        cut_by: reference.cut_by.clone(),
                        spelled: BTreeSet::from([reference.spelling.clone()]),
                    });
                }
            }
        }
    }

    fn add_containment(&mut self) {
        for child in 0..self.resources.len() {
            let Some(parent) = self.resources[child].parent.as_ref().and_then(|id| self.place(id))
            else {
                continue;
            };
            self.owners[child].insert(parent);
            self.add(Edge {
                user: child,
                used: parent,
                tie: Tie::Hard,
                why: Why::LivesIn,
                role: "lives in it".to_owned(),
                cut_by: None,
                spelled: BTreeSet::new(),
            });
        }
    }

    fn add_ownership(&mut self, spellings: &Spellings, catalog: &Catalog) {
        for owner in 0..self.resources.len() {
            let resource = self.resources[owner];
            for reference in &resource.owns {
                for owned in spellings.find(reference, resource.region()) {
                    self.own(owner, owned);
                }
            }
        }
        for owned in 0..self.resources.len() {
            for reference in &self.resources[owned].belongs_to {
                for owner in spellings.find(reference, self.resources[owned].region()) {
                    self.own(owner, owned);
                }
            }
        }
        let by_name: HashMap<(Kind, Region, &str), usize> = self
            .resources
            .iter()
            .enumerate()
            .map(|(at, resource)| {
                ((resource.kind(), resource.region(), resource.name.as_str()), at)
            })
            .collect();
        for owned in 0..self.resources.len() {
            if let Some(owner) = self.derived_owner(owned, &by_name, catalog) {
                self.own(owner, owned);
            }
        }
    }

    fn own(&mut self, owner: usize, owned: usize) {
        if owner == owned {
            return;
        }
        self.owners[owned].insert(owner);
        self.add(Edge {
            user: owner,
            used: owned,
            tie: Tie::Order,
            why: Why::Owns,
            role: "made it".to_owned(),
            cut_by: None,
            spelled: BTreeSet::new(),
        });
    }

    /// The longest-named resource that `owned` is named after, in its region.
    fn derived_owner(
        &self,
        owned: usize,
        by_name: &HashMap<(Kind, Region, &str), usize>,
        catalog: &Catalog,
    ) -> Option<usize> {
        let resource = self.resources[owned];
        possible_owners(resource.kind(), &resource.name, catalog)
            .into_iter()
            .find_map(|(kind, name)| by_name.get(&(kind, resource.region(), name)).copied())
    }

    /// Whoever owns the door through which something is used may be using it until he goes: the
    /// pods of a cluster, a role that trusts the cluster's identity provider.
    fn add_doors(&mut self, catalog: &Catalog) {
        let mut edges = Vec::new();
        for used in 0..self.resources.len() {
            let facts = catalog.get(self.resources[used].kind());
            let lets_in = facts.map_or(&[] as &[Kind], |facts| facts.lets_in);
            let doors = self.uses(used).filter(|edge| edge.why == Why::Uses).map(|edge| edge.used);
            for door in doors.filter(|door| lets_in.contains(&self.resources[*door].kind())) {
                edges.extend(self.owners[door].iter().map(|owner| (*owner, used)));
            }
        }
        for (user, used) in edges {
            self.add(Edge {
                user,
                used,
                tie: Tie::Order,
                why: Why::Uses,
                role: "lets its pods in".to_owned(),
                cut_by: None,
                spelled: BTreeSet::new(),
            });
        }
    }

    fn add_sequences(&mut self, catalog: &Catalog) {
        let mut children: HashMap<&ResourceId, Vec<usize>> = HashMap::new();
        for (at, resource) in self.resources.iter().enumerate() {
            if let Some(parent) = &resource.parent {
                children.entry(parent).or_default().push(at);
            }
        }
        for used in 0..self.resources.len() {
            let resource = self.resources[used];
            let (Some(facts), Some(parent)) = (catalog.get(resource.kind()), &resource.parent)
            else {
                continue;
            };
            for user in children.get(parent).into_iter().flatten().copied() {
                if facts.outlives.contains(&self.resources[user].kind()) {
                    self.add(Edge {
                        user,
                        used,
                        tie: Tie::Order,
                        why: Why::Outlives,
                        role: "needs it to the end".to_owned(),
                        cut_by: None,
                        spelled: BTreeSet::new(),
                    });
                }
            }
        }
    }
}

/// The names of owners that a derived name may come from, longest first, whether they exist or
/// not: `mlops` of `/aws/eks/mlops/cluster`.
pub fn possible_owners<'n>(kind: Kind, name: &'n str, catalog: &Catalog) -> Vec<(Kind, &'n str)> {
    let mut owners = Vec::new();
    for facts in catalog.kinds() {
        for derived in facts.derived.iter().filter(|derived| derived.kind == kind) {
            owners.extend(derived.owner(name).map(|owner| (facts.kind, owner)));
        }
    }
    owners.sort_by_key(|(_, owner)| std::cmp::Reverse(owner.len()));
    owners
}

/// Every spelling of every resource. Where AWS ignores case they are in lower case.
struct Spellings<'a> {
    by_text: HashMap<(Kind, Cow<'a, str>), Vec<usize>>,
    regions: Vec<Region>,
    global: Vec<bool>,
    ignoring_case: BTreeSet<Kind>,
}

impl<'a> Spellings<'a> {
    fn new(resources: &[&'a Resource], catalog: &Catalog) -> Self {
        let ignoring = catalog.kinds().filter(|facts| facts.ignores_case).map(|facts| facts.kind);
        let ignoring_case: BTreeSet<Kind> = ignoring.collect();
        let mut by_text: HashMap<(Kind, Cow<'a, str>), Vec<usize>> = HashMap::new();
        for (at, resource) in resources.iter().enumerate() {
            let texts = [resource.id.id.as_str(), resource.name.as_str()]
                .into_iter()
                .chain(resource.arn.as_deref())
                .chain(resource.spellings.iter().map(String::as_str));
            for text in texts {
                let kind = resource.kind();
                let text = same_case(text, ignoring_case.contains(&kind));
                let places = by_text.entry((kind, text)).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            }
        }
        let regions = resources.iter().map(|resource| resource.region()).collect();
        let global = resources
            .iter()
            .map(|resource| {
                catalog.get(resource.kind()).is_some_and(|facts| facts.scope == Scope::Global)
            })
            .collect();
        Self { by_text, regions, global, ignoring_case }
    }

    /// What a reference means: an ARN means one thing anywhere, a bare name one in the user's
    /// region or a global one.
    fn find(&self, reference: &Reference, user: Region) -> Vec<usize> {
        let text = same_case(&reference.spelling, self.ignoring_case.contains(&reference.kind));
        let Some(places) = self.by_text.get(&(reference.kind, text)) else {
            return Vec::new();
        };
        let everywhere = reference.spelling.starts_with("arn:");
        let wanted = reference.region.unwrap_or(user);
        places
            .iter()
            .copied()
            .filter(|at| everywhere || self.global[*at] || self.regions[*at] == wanted)
            .collect()
    }
}

fn same_case(text: &str, ignoring: bool) -> Cow<'_, str> {
    match ignoring && text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
#[path = "graph_tests.rs"]
mod tests;
