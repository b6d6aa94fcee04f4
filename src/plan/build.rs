//! The deletion DAG: the reference graph, turned round.
//!
//! Every step of a resource, the preparatory ones too, waits for the last step of everything
//! that uses the resource, so nothing is stripped while something still lives on it. A cycle is
//! broken at its weakest tie; one that cannot be broken is reported with its members.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::{Row, Step, StepId};
use crate::classify::{Classification, Decision, Verdict};
use crate::graph::{Edge, Graph, Why};
use crate::inventory::Inventory;
use crate::resource::{Action, Catalog, Kind, Last, Prep, Resource, ResourceId, Tie};

/// Steps in a possible order, and what has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub steps: Vec<Step>,
    pub kept: Vec<Row>,
    pub blocked: Vec<Row>,
    pub pending: Vec<Row>,
}

/// Makes the plan of what was decided. The same input gives the same plan.
pub fn plan(inventory: &Inventory, decided: &Classification, catalog: &Catalog) -> Plan {
    let resources = inventory.resources();
    let graph = Graph::new(&resources, catalog);
    let mut planner = Planner::new(&graph, decided, catalog);
    planner.order();
    let mut plan = Plan {
        steps: planner.steps(),
        kept: rows(decided, Decision::Keep),
        blocked: rows(decided, Decision::Blocked),
        pending: rows(decided, Decision::Pending),
    };
    plan.blocked.extend(planner.unbreakable);
    plan.blocked.sort_by(|a, b| a.resource.cmp(&b.resource));
    plan
}

fn rows(decided: &Classification, decision: Decision) -> Vec<Row> {
    decided
        .of(decision)
        .map(|(id, verdict)| Row {
            resource: id.clone(),
            reason: verdict.reason.clone(),
            used_by: verdict.used_by.iter().map(Into::into).collect(),
        })
        .collect()
}

/// One resource that goes (or stops), with its steps.
struct Going<'a> {
    resource: &'a Resource,
    verdict: &'a Verdict,
    prep: Vec<Prep>,
    /// `None` for a stop, or where only parts are taken off.
    last: Option<Action>,
}

impl Going<'_> {
    fn all(&self) -> impl Iterator<Item = Prep> + '_ {
        self.prep.iter().cloned().chain(self.last.map(Prep::new))
    }
}

struct Planner<'a> {
    graph: &'a Graph<'a>,
    catalog: &'a Catalog,
    going: BTreeMap<usize, Going<'a>>,
    /// What orders the steps, after the cycles were broken: user, used, and the step of the user
    /// that is enough.
    order: Vec<Order>,
    /// Steps that cut a cycle: they do not wait for the cycle's other members.
    loose: Vec<(usize, Prep, BTreeSet<usize>)>,
    unbreakable: Vec<Row>,
}

#[derive(Debug, Clone)]
struct Order {
    user: usize,
    used: usize,
    tie: Tie,
    cut_by: Option<Prep>,
    /// Whether the cut is what the used one waits for.
    cut: bool,
}

impl<'a> Planner<'a> {
    fn new(graph: &'a Graph<'a>, decided: &'a Classification, catalog: &'a Catalog) -> Self {
        let mut going = BTreeMap::new();
        for (at, resource) in graph.resources().iter().enumerate() {
            if let Some(verdict) = decided.verdicts.get(&resource.id)
                && let Some(steps) = steps_of(resource, verdict)
            {
                going.insert(at, steps);
            }
        }
        let order = graph.edges().iter().filter_map(|edge| ordered(edge, &going)).collect();
        Self { graph, catalog, going, order, loose: Vec::new(), unbreakable: Vec::new() }
    }

    /// Breaks cycles until there is none, at the weakest tie first.
    fn order(&mut self) {
        while let Some(cycle) = self.a_cycle() {
            let inside = |order: &Order| cycle.contains(&order.user) && cycle.contains(&order.used);
            let weakest = (0..self.order.len())
                .filter(|at| inside(&self.order[*at]) && !self.order[*at].cut)
                .min_by_key(|at| {
                    let order = &self.order[*at];
                    (order.tie, order.cut_by.is_none(), order.user, order.used)
                });
            match weakest {
                Some(at) if self.order[at].tie < Tie::Hard => {
                    self.order.remove(at);
                }
                Some(at) if self.order[at].cut_by.is_some() => {
                    self.order[at].cut = true;
                    if let Some(prep) = self.order[at].cut_by.clone() {
                        self.loose.push((self.order[at].user, prep, cycle));
                    }
                }
                _ => self.give_up(&cycle),
            }
        }
    }

    /// A strongly connected group of more than one resource, ties that are cut left out.
    fn a_cycle(&self) -> Option<BTreeSet<usize>> {
        let mut graph: DiGraph<usize, ()> = DiGraph::new();
        let nodes: BTreeMap<usize, NodeIndex> =
            self.going.keys().map(|at| (*at, graph.add_node(*at))).collect();
        for order in self.order.iter().filter(|order| !order.cut) {
            if let (Some(user), Some(used)) = (nodes.get(&order.user), nodes.get(&order.used)) {
                graph.add_edge(*user, *used, ());
            }
        }
        tarjan_scc(&graph)
            .into_iter()
            .filter(|group| group.len() > 1)
            .map(|group| group.into_iter().map(|node| graph[node]).collect::<BTreeSet<_>>())
            .min()
    }

    fn give_up(&mut self, cycle: &BTreeSet<usize>) {
        let ids: Vec<ResourceId> =
            cycle.iter().map(|at| self.graph.resources()[*at].id.clone()).collect();
        let names: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let reason = format!("in a circle that cannot be broken: {}", names.join(" → "));
        for (at, id) in cycle.iter().zip(&ids) {
            let used_by = ids.iter().filter(|other| *other != id).map(Into::into).collect();
            let resource = self.graph.resources()[*at].id.clone();
            self.unbreakable.push(Row { resource, reason: reason.clone(), used_by });
            self.going.remove(at);
        }
        // What they use stays with them: by the graph itself, since ties that were cut to open
        // another circle count again.
        let mut lost: BTreeSet<usize> = cycle.clone();
        while let Some((user, used)) = self.lost_use(&lost) {
            lost.insert(used);
            self.going.remove(&used);
            let user = self.graph.resources()[user].id.clone();
            self.unbreakable.push(Row {
                resource: self.graph.resources()[used].id.clone(),
                reason: format!("used by {user}, which cannot go"),
                used_by: vec![(&user).into()],
            });
        }
        self.order.retain(|order| !lost.contains(&order.user) && !lost.contains(&order.used));
    }

    /// A use of something that was to go, by something that stays because of a circle: one of
    /// its members, or what goes only with one of them (a grant with its holder).
    fn lost_use(&self, lost: &BTreeSet<usize>) -> Option<(usize, usize)> {
        let stays = |user: usize| {
            let owners = self.graph.owners(user);
            let resource = self.graph.resources()[user];
            lost.contains(&user)
                || (!self.going.contains_key(&user)
                    && resource.lifecycle.uses_things()
                    && owners.iter().any(|owner| lost.contains(owner))
                    && !owners.iter().any(|owner| self.going.contains_key(owner)))
        };
        self.graph
            .edges()
            .iter()
            .find(|edge| {
                edge.tie >= Tie::Soft && self.going.contains_key(&edge.used) && stays(edge.user)
            })
            .map(|edge| (edge.user, edge.used))
    }

    /// Numbers the steps in a possible order: level by level, a resource's own steps together.
    fn steps(&self) -> Vec<Step> {
        let mut before: BTreeMap<Place, BTreeSet<Place>> = BTreeMap::new();
        for (at, going) in &self.going {
            let last = going.prep.len();
            for (index, _) in going.all().enumerate() {
                let waits = before.entry((*at, index)).or_default();
                if index == last {
                    waits.extend((0..last).map(|prep| (*at, prep)));
                }
            }
        }
        for order in &self.order {
            let (Some(user), Some(used)) =
                (self.going.get(&order.user), self.going.get(&order.used))
            else {
                continue;
            };
            let enough = match (&order.cut_by, order.cut) {
                (Some(prep), true) => user.prep.iter().position(|one| one == prep),
                _ => user.all().count().checked_sub(1),
            };
            let Some(enough) = enough else { continue };
            for (index, prep) in used.all().enumerate() {
                if !self.loosens(order.used, &prep, order.user) {
                    before.entry((order.used, index)).or_default().insert((order.user, enough));
                }
            }
        }
        for (holder, user, enough) in self.holders_wait() {
            if let Some(going) = self.going.get(&holder) {
                for (index, _) in going.all().enumerate() {
                    before.entry((holder, index)).or_default().insert((user, enough));
                }
            }
        }
        self.number(&before)
    }

    /// A name goes right before what it names, and an instance profile right before its role: it
    /// waits for all that uses that too. So a run that stops half-way leaves no key without an
    /// alias, and no node loses its role.
    fn holders_wait(&self) -> Vec<(usize, usize, usize)> {
        let mut waits = Vec::new();
        for order in &self.order {
            let kind = |at: usize| self.graph.resources()[at].kind();
            let (holder, held) = (kind(order.user), kind(order.used));
            let names = self.catalog.get(held).is_some_and(|f| f.named_by == Some(holder));
            let hands_on = self.catalog.get(holder).is_some_and(|f| f.hands_on.contains(&held));
            if !names && !hands_on {
                continue;
            }
            let after_holder = self.all_after(order.user);
            for other in self.order.iter().filter(|other| other.used == order.used && !other.cut) {
                let steps = self.going.get(&other.user).map(|going| going.all().count());
                if let Some(last) = steps.and_then(|count| count.checked_sub(1))
                    && other.user != order.user
                    && kind(other.user) != holder
                    && !after_holder.contains(&other.user)
                {
                    waits.push((order.user, other.user, last));
                }
            }
        }
        waits
    }

    /// Everything that goes after a resource, however far.
    fn all_after(&self, at: usize) -> BTreeSet<usize> {
        let mut after = BTreeSet::from([at]);
        let mut queue = vec![at];
        while let Some(user) = queue.pop() {
            for order in self.order.iter().filter(|order| order.user == user) {
                if after.insert(order.used) {
                    queue.push(order.used);
                }
            }
        }
        after
    }

    /// Whether this step of `at` is the one that cuts a cycle with `user` in it.
    fn loosens(&self, at: usize, prep: &Prep, user: usize) -> bool {
        self.loose.iter().any(|(cutter, cut_by, members)| {
            *cutter == at && cut_by == prep && members.contains(&user)
        })
    }

    fn number(&self, before: &BTreeMap<Place, BTreeSet<Place>>) -> Vec<Step> {
        let mut numbers: BTreeMap<Place, StepId> = BTreeMap::new();
        let mut steps: Vec<Step> = Vec::new();
        // The last one of those that go one at a time, by kind and parent.
        let mut turns: BTreeMap<(Kind, &ResourceId), StepId> = BTreeMap::new();
        while numbers.len() < before.len() {
            let ready: Vec<Place> = before
                .iter()
                .filter(|(place, waits)| {
                    !numbers.contains_key(place) && waits.iter().all(|w| numbers.contains_key(w))
                })
                .map(|(place, _)| *place)
                .collect();
            if ready.is_empty() {
                break;
            }
            // Keys, and with them their names, go when nothing else can.
            let last =
                |place: &Place| self.catalog.goes_last(self.graph.resources()[place.0].kind());
            let (mut ready, late): (Vec<Place>, Vec<Place>) =
                ready.into_iter().partition(|place| !last(place));
            if ready.is_empty() {
                ready = late;
            }
            for place in ready {
                let id = StepId::numbered(steps.len() + 1);
                let going = &self.going[&place.0];
                let mut after: Vec<StepId> =
                    before[&place].iter().filter_map(|w| numbers.get(w)).cloned().collect();
                if let Some(turn) = self.turn(going.resource) {
                    let before_it = turns.insert(turn, id.clone());
                    after.extend(before_it.filter(|step| !after.contains(step)));
                }
                after.sort_by_key(StepId::number);
                if let Some(prep) = going.all().nth(place.1) {
                    steps.push(self.step(id.clone(), going, prep, after));
                }
                numbers.insert(place, id);
            }
        }
        steps
    }

    /// Whose turn a resource waits for, if it goes one at a time.
    fn turn<'r>(&self, resource: &'r Resource) -> Option<(Kind, &'r ResourceId)> {
        let facts = self.catalog.get(resource.kind()).filter(|facts| facts.one_at_a_time)?;
        Some((facts.kind, resource.parent.as_ref()?))
    }

    fn step(&self, id: StepId, going: &Going<'_>, prep: Prep, after: Vec<StepId>) -> Step {
        Step {
            step: id,
            action: prep.action,
            resource: going.resource.id.clone(),
            target: prep.target,
            after,
            reason: going.verdict.reason.clone(),
            pin: going.resource.pin.clone(),
            created: going.resource.created,
        }
    }
}

/// One step of one resource: its place in the graph, and which of its steps.
type Place = (usize, usize);

fn ordered(edge: &Edge, going: &BTreeMap<usize, Going<'_>>) -> Option<Order> {
    let user = going.get(&edge.user)?;
    going.get(&edge.used)?;
    // A part that is taken off frees nothing that the rest uses; a stop frees what a job used.
    if user.last.is_none() && edge.why == Why::Owns {
        return None;
    }
    let cut_by = edge.cut_by.clone().filter(|prep| user.prep.contains(prep));
    Some(Order { user: edge.user, used: edge.used, tie: edge.tie, cut_by, cut: false })
}

fn steps_of<'a>(resource: &'a Resource, verdict: &'a Verdict) -> Option<Going<'a>> {
    let (prep, last) = match verdict.decision {
        Decision::Stop => (vec![Prep::new(Action::Stop)], None),
        Decision::Delete => match &verdict.parts {
            Some(parts) => (parts.iter().map(|part| Prep::of(Action::Untag, part)).collect(), None),
            None => {
                let mut prep = resource.removal.prep.clone();
                if verdict.lift {
                    prep.insert(0, Prep::new(Action::LiftProtection));
                }
                let last = match resource.removal.last {
                    Last::Delete => Action::Delete,
                    Last::ScheduleDeletion => Action::ScheduleDeletion,
                    Last::Never(_) => return None,
                };
                (prep, Some(last))
            }
        },
        _ => return None,
    };
    if prep.is_empty() && last.is_none() {
        return None;
    }
    Some(Going { resource, verdict, prep, last })
}
