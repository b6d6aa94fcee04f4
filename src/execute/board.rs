//! The steps of a run, what they wait for, and those that join it on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::queue::{Queue, State};
use super::{Ran, Todo};
use crate::classify::Classification;
use crate::inventory::Inventory;
use crate::journal::StepState;
use crate::plan::{self, Step, StepId};
use crate::resource::{Catalog, Prep, ResourceId};

/// Steps that may join a run: more than this is somebody building while we take apart.
const LATE_STEPS_MAX: usize = 5_000;

/// For how long a step may come back to the queue because something is in its way. IAM shows what
/// changed after seconds, seldom after minutes. The machine's sleep does not count.
const RETURNS_WITHIN: Duration = Duration::from_secs(15 * 60);

/// How often, where no time passes between.
const RETURNS_MAX: u32 = 100;

/// The steps of a run by number, and the queue of the numbers.
pub(super) struct Board {
    pub(super) todo: BTreeMap<usize, Todo>,
    pub(super) queue: Queue,
    late: usize,
    /// How often a step came back, and when it first did.
    pub(super) returns: BTreeMap<usize, (u32, Instant)>,
    catalog: Catalog,
}

impl Board {
    pub(super) fn new(todo: Vec<Todo>, catalog: &Catalog) -> Self {
        let mut board = Self {
            todo: BTreeMap::new(),
            queue: Queue::default(),
            late: 0,
            returns: BTreeMap::new(),
            catalog: catalog.clone(),
        };
        for one in todo {
            board.add(one);
        }
        board.queue.measure();
        board
    }

    fn add(&mut self, todo: Todo) {
        let number = todo.step.step.number();
        let group = self.group(&todo.step);
        // One that goes one at a time waits for the turn of the others, not for their success.
        let is_turn = |before: &usize| {
            let other = self.todo.get(before).map(|todo| &todo.step);
            group.is_some() && other.is_some_and(|step| self.group(step) == group)
        };
        let (turns, after): (BTreeSet<usize>, BTreeSet<usize>) =
            todo.step.after.iter().map(StepId::number).partition(is_turn);
        self.queue.enqueue(number, after, group);
        self.queue.queue_behind(number, turns);
        if self.catalog.goes_last(todo.step.resource.kind) {
            self.queue.put_last(number);
        }
        self.todo.insert(number, todo);
    }

    /// What goes one at a time in its parent has a group.
    fn group(&self, step: &Step) -> Option<String> {
        let id = &step.resource;
        let one_at_a_time = self.catalog.get(id.kind).is_some_and(|facts| facts.one_at_a_time);
        let parent = id.id.rsplit_once('/').map_or(id.id.as_str(), |(parent, _)| parent);
        one_at_a_time.then(|| format!("{} {} {parent}", id.kind, id.region))
    }

    /// Steps that an earlier process brought to an end.
    pub(super) fn take_over(&mut self, ran: &mut Ran) {
        for (number, todo) in &self.todo {
            if let StepState::Done(_) = todo.state {
                self.queue.finish(*number);
                ran.done.push((todo.step.clone(), "done before".to_owned()));
            }
        }
    }

    pub(super) fn is_waiting(&self, number: usize) -> bool {
        self.queue.state(number) == Some(State::Waiting)
    }

    pub(super) fn preps_of(&self, id: &ResourceId) -> Vec<Prep> {
        let steps = self.todo.values().map(|todo| &todo.step);
        steps.filter(|step| step.resource == *id).map(Step::prep).collect()
    }

    /// Notes that a step comes back to the queue; `true` if it did so for too long.
    pub(super) fn returns(&mut self, number: usize, attempts: u32, now: Instant) -> bool {
        let Some(todo) = self.todo.get_mut(&number) else { return true };
        todo.attempts = attempts;
        let (count, first) = self.returns.entry(number).or_insert((0, now));
        *count += 1;
        now.saturating_duration_since(*first) > RETURNS_WITHIN || *count > RETURNS_MAX
    }

    fn next_number(&mut self) -> Option<usize> {
        self.late += 1;
        (self.late <= LATE_STEPS_MAX)
            .then(|| self.todo.keys().next_back().map_or(1, |number| number + 1))
    }

    /// Further preparatory steps of the same resource; `step` waits for them.
    pub(super) fn late_preps(&mut self, number: usize, step: &Step, preps: Vec<Prep>) -> Vec<Step> {
        let mut steps = Vec::new();
        for prep in preps {
            let open = |todo: &&Todo| {
                todo.step.resource == step.resource
                    && todo.step.prep() == prep
                    && matches!(
                        self.queue.state(todo.step.step.number()),
                        Some(State::Waiting | State::Running)
                    )
            };
            if self.todo.values().any(|todo| open(&todo)) {
                continue;
            }
            let Some(next) = self.next_number() else { break };
            let late = Step {
                step: StepId::numbered(next),
                action: prep.action,
                target: prep.target.clone(),
                after: Vec::new(),
                reason: format!("new since the plan; {}", step.reason),
                ..step.clone()
            };
            self.add(Todo::from(late.clone()));
            steps.push(late);
        }
        if !steps.is_empty() {
            self.returns.remove(&number);
        }
        let after: BTreeSet<usize> = steps.iter().map(|step| step.step.number()).collect();
        self.queue.enqueue(number, after, None);
        steps
    }

    /// Steps for what is new and may go, each in its place among the others: before what it uses
    /// and after what uses it. The step `number` comes back and waits for those that it has to.
    pub(super) fn late_users(
        &mut self,
        number: usize,
        inventory: &Inventory,
        decided: &Classification,
    ) -> Vec<Step> {
        let planned: BTreeMap<(ResourceId, Prep), usize> = self
            .todo
            .iter()
            .map(|(number, todo)| ((todo.step.resource.clone(), todo.step.prep()), *number))
            .collect();
        let known: BTreeSet<ResourceId> = planned.keys().map(|(id, _)| id.clone()).collect();
        let fresh = plan::plan(inventory, decided, &self.catalog);
        let mut names: BTreeMap<StepId, usize> = BTreeMap::new();
        let mut given_up: BTreeSet<StepId> = BTreeSet::new();
        let mut steps: Vec<Step> = Vec::new();
        let mut mine = BTreeSet::new();
        for mut late in fresh.steps {
            let after: Vec<usize> =
                late.after.iter().filter_map(|before| names.get(before)).copied().collect();
            if let Some(one) = planned.get(&(late.resource.clone(), late.prep())).copied() {
                names.insert(late.step.clone(), one);
                let is_late = |before: &usize| steps.iter().any(|step| is(step, *before));
                let new: BTreeSet<usize> = after
                    .into_iter()
                    .filter(is_late)
                    .filter(|before| !self.queue.waits_for(*before, one))
                    .collect();
                if one == number {
                    mine = new;
                } else if !new.is_empty() && self.is_waiting(one) {
                    self.queue.enqueue(one, new, None);
                }
                continue;
            }
            // One more step of a thing that has its steps: it asks for that itself. What waits
            // for something that failed is not begun.
            let lost = |before: &usize| self.queue.state(*before) == Some(State::Lost);
            if known.contains(&late.resource)
                || after.iter().any(lost)
                || late.after.iter().any(|before| given_up.contains(before))
            {
                given_up.insert(late.step.clone());
                continue;
            }
            let Some(next) = self.next_number() else { break };
            names.insert(late.step.clone(), next);
            late.step = StepId::numbered(next);
            late.after = after.into_iter().map(StepId::numbered).collect();
            late.reason = format!("new since the plan; {}", late.reason);
            self.add(Todo::from(late.clone()));
            steps.push(late);
        }
        if !steps.is_empty() {
            self.returns.remove(&number);
        }
        self.queue.enqueue(number, mine, None);
        steps
    }

    /// Lets open steps wait for one another as a plan of today has it too: who joined a run that
    /// was cut off is waited for again.
    pub(super) fn wait_as_in(&mut self, today: &[Step]) {
        let mut names: BTreeMap<&StepId, usize> = BTreeMap::new();
        for step in today {
            let same = |todo: &&Todo| {
                todo.step.resource == step.resource && todo.step.prep() == step.prep()
            };
            let Some(one) = self.todo.values().find(same).map(|todo| todo.step.step.number())
            else {
                continue;
            };
            names.insert(&step.step, one);
            let after = step.after.iter().filter_map(|before| names.get(before)).copied();
            let after: BTreeSet<usize> = after
                .filter(|before| self.is_waiting(*before) && !self.queue.waits_for(*before, one))
                .collect();
            if self.is_waiting(one) {
                self.queue.enqueue(one, after, None);
            }
        }
        self.queue.measure();
    }

    /// Resources that the run removes.
    pub(super) fn removals(&self) -> usize {
        let steps = self.todo.values().map(|todo| &todo.step);
        let gone = steps.filter(|step| step.action.is_removal()).map(|step| &step.resource);
        gone.collect::<BTreeSet<_>>().len()
    }
}

fn is(step: &Step, number: usize) -> bool {
    step.step.number() == number
}
