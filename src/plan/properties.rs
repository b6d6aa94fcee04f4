//! What holds of every plan, whatever the account looks like.

mod junk;
mod order;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;
use proptest::prelude::*;

use super::{Plan, Step, StepId};
use crate::aws::kinds::{iam, kms};
use crate::aws::registry::catalog;
use crate::classify::{Classification, Decision, KEEP_TAG};
use crate::graph::Graph;
use crate::inventory::Inventory;
use crate::resource::{
    Action, Last, Lifecycle, Prep, Reference, Region, Removable, Resource, ResourceId, Tie,
};
use world::{HERE, Link, OUTSIDE, World, decide, inventory, worlds};

/// A world with what was decided and planned for it.
struct Run {
    world: World,
    decided: Classification,
    plan: Plan,
    /// For each step, by its place, all that it waits for, by way of others too.
    waits: Vec<BTreeSet<usize>>,
    /// What goes and is in one circle of uses has one number.
    circles: BTreeMap<ResourceId, usize>,
}

impl Run {
    fn of(world: World) -> Self {
        let inventory = world.inventory(0..world.things.len());
        let (decided, plan) = decide(&inventory, &world.accepted);
        let circles = circles(&inventory, &decided);
        let waits = waits(&plan.steps);
        Self { world, decided, plan, waits, circles }
    }

    /// The places of a thing's steps in the plan.
    fn steps_of(&self, thing: usize) -> Vec<usize> {
        let id = &self.world.things[thing].id;
        (0..self.plan.steps.len()).filter(|at| self.plan.steps[*at].resource == *id).collect()
    }

    fn does(&self, thing: usize, action: impl Fn(Action) -> bool) -> bool {
        self.steps_of(thing).into_iter().any(|at| action(self.plan.steps[at].action))
    }

    fn goes(&self, thing: usize) -> bool {
        self.does(thing, Action::is_removal)
    }

    fn in_one_circle(&self, link: &Link) -> bool {
        let circle = |thing: usize| self.circles.get(&self.world.things[thing].id);
        circle(link.user) == circle(link.used)
    }

    /// Whether the thing uses something now: "a job that has ended uses nothing", and a key in
    /// its window is on its way.
    fn uses_things(&self, thing: usize) -> bool {
        let lifecycle = &self.world.things[thing].lifecycle;
        !matches!(lifecycle, Lifecycle::Ended { .. } | Lifecycle::Pending { .. })
    }

    /// Whether the thing still uses something when the plan is done.
    fn stays(&self, thing: usize) -> bool {
        let facts = catalog().get(self.world.things[thing].kind()).unwrap();
        // A job ends when it is stopped; a notebook can be started again.
        let ends = facts.ends_when_stopped && self.does(thing, |action| action == Action::Stop);
        // A grant has no step of its own and ends with what it was made for.
        let owner_goes =
            || self.world.owners.iter().any(|(owner, owned)| *owned == thing && self.goes(*owner));
        let goes_along = facts.removable == Removable::ReadOnly && owner_goes();
        self.uses_things(thing) && !self.goes(thing) && !ends && !goes_along
    }

    fn name(&self, thing: usize) -> &ResourceId {
        &self.world.things[thing].id
    }
}

fn waits(steps: &[Step]) -> Vec<BTreeSet<usize>> {
    let mut waits: Vec<BTreeSet<usize>> = Vec::new();
    for step in steps {
        let mut all = BTreeSet::new();
        for before in step.after.iter().filter_map(|before| before.number().checked_sub(1)) {
            all.insert(before);
            all.extend(waits.get(before).into_iter().flatten());
        }
        waits.push(all);
    }
    waits
}

fn circles(inventory: &Inventory, decided: &Classification) -> BTreeMap<ResourceId, usize> {
    let resources = inventory.resources();
    let graph = Graph::new(&resources, catalog());
    let going = |at: usize| {
        let decision = decided.decision(&graph.resources()[at].id);
        matches!(decision, Decision::Delete | Decision::Stop)
    };
    let mut uses: DiGraph<usize, ()> = DiGraph::new();
    let nodes: Vec<_> = (0..graph.resources().len()).map(|at| uses.add_node(at)).collect();
    for edge in graph.edges().iter().filter(|edge| going(edge.user) && going(edge.used)) {
        uses.add_edge(nodes[edge.user], nodes[edge.used], ());
    }
    let mut circles = BTreeMap::new();
    for (number, circle) in tarjan_scc(&uses).into_iter().enumerate() {
        for node in circle {
            circles.insert(graph.resources()[uses[node]].id.clone(), number);
        }
    }
    circles
}

proptest! {
    #[test]
    fn steps_are_numbered_and_wait_for_earlier_ones_only(world in worlds()) {
        let plan = Run::of(world).plan;
        for (at, step) in plan.steps.iter().enumerate() {
            prop_assert_eq!(&step.step, &StepId::numbered(at + 1));
            for before in &step.after {
                let earlier = (1..=at).contains(&before.number());
                prop_assert!(earlier, "{} waits for {before}", step.step);
            }
        }
    }

    #[test]
    fn a_thing_goes_after_all_its_preparations(world in worlds()) {
        let run = Run::of(world);
        for thing in (0..run.world.things.len()).filter(|thing| run.goes(*thing)) {
            let steps = run.steps_of(thing);
            let (last, preps) = steps.split_last().unwrap();
            prop_assert!(run.plan.steps[*last].action.is_removal(), "{}", run.name(thing));
            let ready = preps.iter().all(|prep| run.waits[*last].contains(prep));
            prop_assert!(ready, "{}", run.name(thing));
        }
    }

    #[test]
    fn nothing_is_done_to_a_thing_before_its_users_are_done(world in worlds()) {
        let run = Run::of(world);
        for link in run.world.links.iter().filter(|link| !run.in_one_circle(link)) {
            let Some(last) = run.steps_of(link.user).pop() else { continue };
            for step in run.steps_of(link.used) {
                prop_assert!(
                    run.waits[step].contains(&last),
                    "{} {} does not wait for its user {}",
                    run.plan.steps[step].action, run.name(link.used), run.name(link.user)
                );
            }
        }
    }

    #[test]
    fn even_in_a_circle_what_aws_refuses_is_not_asked(world in worlds()) {
        let run = Run::of(world);
        for link in run.world.links.iter().filter(|link| link.tie == Tie::Hard) {
            let users = run.steps_of(link.user);
            let (Some(over), Some(last)) = (users.last(), run.steps_of(link.used).pop()) else {
                continue;
            };
            let cut = users.iter().find(|at| Some(run.plan.steps[**at].prep()) == link.cut);
            let freed = run.waits[last].contains(over)
                || cut.is_some_and(|cut| run.waits[last].contains(cut));
            prop_assert!(
                freed,
                "{} goes while {} holds it", run.name(link.used), run.name(link.user)
            );
        }
    }

    #[test]
    fn nothing_goes_that_something_staying_uses(world in worlds()) {
        let run = Run::of(world);
        for link in run.world.links.iter().filter(|link| link.tie >= Tie::Soft) {
            let broken = run.goes(link.used) && run.stays(link.user);
            prop_assert!(!broken, "{} goes, {} stays", run.name(link.used), run.name(link.user));
        }
    }

    #[test]
    fn what_has_a_keep_tag_is_left_alone_with_all_that_it_needs(world in worlds()) {
        let run = Run::of(world);
        let mut kept: Vec<usize> = (0..run.world.things.len())
            .filter(|at| run.world.things[*at].tags.contains_key(KEEP_TAG))
            .collect();
        let mut next = 0;
        while let Some(user) = kept.get(next).copied() {
            next += 1;
            prop_assert!(run.steps_of(user).is_empty(), "{}", run.name(user));
            for link in run.world.links.iter().filter(|link| link.user == user) {
                if link.tie >= Tie::Soft && run.uses_things(user) && !kept.contains(&link.used) {
                    kept.push(link.used);
                }
            }
        }
    }

    #[test]
    fn a_neighbour_is_never_touched(world in worlds()) {
        let run = Run::of(world);
        let mut ours = run.world.matched.clone();
        for _ in 0..ours.len() {
            for (owner, owned) in &run.world.owners {
                ours[*owned] |= ours[*owner];
            }
        }
        for (thing, ours) in ours.into_iter().enumerate() {
            let decided = run.decided.decision(run.name(thing));
            let outside = run.world.things[thing].region() == OUTSIDE;
            if outside || !ours || decided == Decision::Foreign {
                prop_assert!(run.steps_of(thing).is_empty(), "{}", run.name(thing));
            }
        }
    }

    #[test]
    fn all_that_is_to_go_has_its_steps_or_says_why_not(world in worlds()) {
        let run = Run::of(world);
        for (at, thing) in run.world.things.iter().enumerate() {
            let verdict = &run.decided.verdicts[&thing.id];
            let mut expected = match (verdict.decision, &verdict.parts) {
                (Decision::Stop, _) => vec![Prep::new(Action::Stop)],
                (Decision::Delete, None) => whole_removal(thing, verdict.lift),
                (Decision::Delete, Some(parts)) => {
                    parts.iter().map(|tag| Prep::of(Action::Untag, tag)).collect()
                }
                _ => Vec::new(),
            };
            let mut planned: Vec<Prep> =
                run.steps_of(at).into_iter().map(|step| run.plan.steps[step].prep()).collect();
            expected.sort();
            planned.sort();
            match run.plan.blocked.iter().find(|row| row.resource == thing.id) {
                Some(row) => prop_assert!(planned.is_empty() && !row.reason.is_empty(), "{row:?}"),
                None => prop_assert_eq!(planned, expected, "{}", thing.id),
            }
        }
    }

    #[test]
    fn the_same_account_gives_the_same_plan_in_whatever_order_it_was_listed(
        world in worlds(),
        shuffle in proptest::collection::vec(any::<u32>(), 40),
    ) {
        let count = world.things.len();
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|at| shuffle[*at]);
        let first = decide(&world.inventory(0..count), &world.accepted);
        let again = decide(&world.inventory(0..count), &world.accepted);
        let other = decide(&world.inventory(order), &world.accepted);
        prop_assert_eq!(&first, &again);
        prop_assert_eq!(&first, &other);
    }

    #[test]
    fn no_text_makes_it_panic(things in junk::junk()) {
        let account = inventory(things, &[]);
        let (decided, plan) = decide(&account, &BTreeSet::new());
        prop_assert_eq!(decided.verdicts.len(), account.resources().len());
        let planned = plan.steps.iter().all(|step| decided.verdicts.contains_key(&step.resource));
        prop_assert!(planned);
    }
}

fn whole_removal(thing: &Resource, lift: bool) -> Vec<Prep> {
    let last = match thing.removal.last {
        Last::ScheduleDeletion => Action::ScheduleDeletion,
        _ => Action::Delete,
    };
    let lift = lift.then(|| Prep::new(Action::LiftProtection));
    lift.into_iter().chain(thing.removal.prep.clone()).chain([Prep::new(last)]).collect()
}

fn role(name: &str, uses: impl IntoIterator<Item = Reference>) -> Resource {
    let mut role = Resource::new(iam::ROLE, Region::GLOBAL, name, name);
    role.uses.extend(uses);
    role
}

fn hard(name: &str) -> Reference {
    Reference::hard(iam::ROLE, name, "boundary")
}

/// What is done, in order, and what is said to be blocked.
fn planned(things: Vec<Resource>) -> (Vec<String>, Vec<String>) {
    let (_, plan) = decide(&inventory(things, &[]), &BTreeSet::new());
    let done = plan.steps.iter().map(|step| format!("{} {}", step.action, step.resource.id));
    let blocked = plan.blocked.iter().map(|row| row.resource.id.clone());
    (done.collect(), blocked.collect())
}

#[test]
fn a_circle_is_cut_by_its_detach_step() {
    let detach = Prep::of(Action::DetachPolicy, "b");
    let mut a = role("lab-dev-a", [hard("lab-dev-b").cut_by(detach.clone())]);
    a.removal.prep.push(detach);
    let b = role("lab-dev-b", [hard("lab-dev-a")]);
    let (done, blocked) = planned(vec![a, b]);
    assert_eq!(done, ["detach-policy lab-dev-a", "delete lab-dev-b", "delete lab-dev-a"]);
    assert_eq!(blocked, [""; 0]);
}

#[test]
fn a_circle_is_opened_where_it_is_softest() {
    let soft = Reference::soft(iam::ROLE, "lab-dev-a", "trust");
    let (done, blocked) =
        planned(vec![role("lab-dev-a", [hard("lab-dev-b")]), role("lab-dev-b", [soft])]);
    assert_eq!(done, ["delete lab-dev-a", "delete lab-dev-b"]);
    assert_eq!(blocked, [""; 0]);
}

/// `a` and `b` hold each other, and `c` is in a softer circle with them.
#[test]
fn what_an_unbreakable_circle_uses_stays_with_it() {
    let soft = Reference::soft(iam::ROLE, "lab-dev-c", "trust");
    let a = role("lab-dev-a", [hard("lab-dev-b"), soft]);
    let b = role("lab-dev-b", [hard("lab-dev-a")]);
    let c = role("lab-dev-c", [hard("lab-dev-a")]);
    let (done, blocked) = planned(vec![a, b, c]);
    assert_eq!(done, [""; 0]);
    assert_eq!(blocked, ["lab-dev-a", "lab-dev-b", "lab-dev-c"]);
}

/// The grant's holder cannot go, so neither can the key that the grant holds.
#[test]
fn a_grant_stays_with_its_holder_in_an_unbreakable_circle() {
    let a = role("lab-dev-a", [hard("lab-dev-b")]);
    let b = role("lab-dev-b", [hard("lab-dev-a")]);
    let key = Resource::new(kms::KEY, HERE, "lab-dev-key", "lab-dev-key");
    let mut grant = Resource::new(kms::GRANT, HERE, "lab-dev-key/g", "g");
    grant.uses.push(Reference::soft(kms::KEY, "lab-dev-key", "key"));
    let holder = Reference::order(iam::ROLE, "lab-dev-a", "grantee principal");
    grant.belongs_to.push(holder.in_region(Region::GLOBAL));
    let (done, blocked) = planned(vec![a, b, key, grant]);
    assert_eq!(done, [""; 0]);
    assert_eq!(blocked, ["lab-dev-a", "lab-dev-b", "lab-dev-key"]);
}
