//! What is drawn, before it has a format or a place.

use std::collections::{BTreeMap, BTreeSet};

use super::{Look, order};
use crate::plan::{Plan, Row, Step, StepId};
use crate::report::visible;
use crate::report::words::{short, thousands};
use crate::resource::{Action, Kind, Region, ResourceId};

/// More boxes than a person looks at one by one: from here on those that are alike are one.
const NODES_APART_MAX: usize = 200;

/// Characters of one line of a label; boxes of this width still stand side by side.
const LINE_CHARS_MAX: usize = 48;

/// Resources that a folded box names when asked.
const MEMBERS_TOLD_MAX: usize = 12;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture<'a> {
    pub nodes: Vec<Node<'a>>,
    pub arrows: BTreeSet<Arrow>,
}

/// A box: a resource, or several that are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node<'a> {
    pub look: Look,
    /// `None` for a note.
    pub kind: Option<Kind>,
    pub members: Vec<Member<'a>>,
    actions: Vec<(Action, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member<'a> {
    pub name: &'a str,
    region: Option<Region>,
    reason: &'a str,
}

/// From one place among the nodes to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrow {
    pub from: usize,
    pub to: usize,
    pub means: Means,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Means {
    Before,
    Uses,
}

impl<'a> Picture<'a> {
    pub fn of(plan: &'a Plan) -> Self {
        let mut draft = Draft::default();
        draft.steps(&plan.steps);
        draft.rows(Look::Blocked, &plan.blocked);
        draft.rows(Look::Kept, &plan.kept);
        draft.users(&plan.blocked);
        if plan.steps.is_empty() {
            draft.nodes.push(Node::note("Nothing is to be done"));
        }
        let arrows = order::reduced(draft.nodes.len(), draft.arrows);
        let picture = Self { nodes: draft.nodes, arrows };
        match picture.nodes.len() > NODES_APART_MAX {
            true => picture.folded(),
            false => picture,
        }
    }

    /// One node for all that look alike, are of one kind and have the same neighbours.
    fn folded(self) -> Self {
        let mut before = vec![BTreeSet::new(); self.nodes.len()];
        let mut after = before.clone();
        for arrow in &self.arrows {
            before[arrow.to].insert((arrow.from, arrow.means));
            after[arrow.from].insert((arrow.to, arrow.means));
        }
        let mut alike = BTreeMap::new();
        let mut nodes: Vec<Node<'a>> = Vec::new();
        let mut moved = Vec::with_capacity(self.nodes.len());
        for ((node, before), after) in self.nodes.into_iter().zip(before).zip(after) {
            let place = *alike.entry((node.look, node.kind, before, after)).or_insert(nodes.len());
            moved.push(place);
            match nodes.get_mut(place) {
                Some(first) => first.join(node),
                None => nodes.push(node),
            }
        }
        let at_new = |arrow: Arrow| Arrow {
            from: moved[arrow.from],
            to: moved[arrow.to],
            means: arrow.means,
        };
        Self { nodes, arrows: self.arrows.into_iter().map(at_new).collect() }
    }
}

impl<'a> Node<'a> {
    fn new(look: Look, kind: Option<Kind>, member: Member<'a>) -> Self {
        Self { look, kind, members: vec![member], actions: Vec::new() }
    }

    fn note(text: &'a str) -> Self {
        Self::new(Look::Note, None, Member { name: text, region: None, reason: "" })
    }

    fn does(&mut self, action: Action, times: usize) {
        match self.actions.iter_mut().find(|(known, _)| *known == action) {
            Some((_, known)) => *known += times,
            None => self.actions.push((action, times)),
        }
        self.look = self.look.min(Look::of(action));
    }

    fn join(&mut self, other: Self) {
        self.members.extend(other.members);
        for (action, times) in other.actions {
            self.does(action, times);
        }
    }

    /// The label: what it is, its name, and what is done to it where that is more than a delete.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match (self.kind, self.members.as_slice()) {
            (Some(kind), [one]) => {
                lines.push(kind.to_string());
                lines.push(short(one.name).to_owned());
            }
            (Some(kind), many) => {
                lines.push(format!("{} × {kind}", thousands(many.len() as u64)));
            }
            (None, texts) => lines.extend(texts.iter().map(|text| text.name.to_owned())),
        }
        lines.extend(self.state());
        lines.iter().map(|line| shown(line)).collect()
    }

    fn state(&self) -> Option<String> {
        match self.look {
            Look::Kept => Some("kept".to_owned()),
            Look::Blocked => Some("blocked".to_owned()),
            Look::User => Some("stays".to_owned()),
            Look::Note => None,
            _ if self.actions.iter().all(|(action, _)| *action == Action::Delete) => None,
            _ => Some(self.doing()),
        }
    }

    /// `detach-policy ×4, delete`.
    fn doing(&self) -> String {
        let done: Vec<String> = self
            .actions
            .iter()
            .map(|(action, times)| match times {
                1 => action.to_string(),
                _ => format!("{action} ×{times}"),
            })
            .collect();
        done.join(", ")
    }

    /// What the label is too small for, line by line: full ids, what is done, and why.
    pub fn told(&self) -> Vec<String> {
        let mut told = Vec::new();
        for member in self.members.iter().take(MEMBERS_TOLD_MAX) {
            let kind = self.kind.map(|kind| format!("{kind} ")).unwrap_or_default();
            let region = member.region.map(|region| format!(" ({region})")).unwrap_or_default();
            told.push(format!("{kind}{}{region}", member.name));
            if !member.reason.is_empty() {
                told.push(member.reason.to_owned());
            }
        }
        let more = self.members.len().saturating_sub(MEMBERS_TOLD_MAX);
        if more > 0 {
            told.push(format!("and {} more", thousands(more as u64)));
        }
        if !self.actions.is_empty() {
            told.push(self.doing());
        }
        told.iter().map(|line| visible(line).into_owned()).collect()
    }
}

/// One line of a label. What is too long loses its middle: names differ at their ends.
fn shown(text: &str) -> String {
    let text = visible(text);
    let chars = text.chars().count();
    if chars <= LINE_CHARS_MAX {
        return text.into_owned();
    }
    let tail = LINE_CHARS_MAX / 3;
    let head = LINE_CHARS_MAX - tail - 1;
    text.chars().take(head).chain(['…']).chain(text.chars().skip(chars - tail)).collect()
}

impl<'a> Member<'a> {
    fn of(id: &'a ResourceId, reason: &'a str) -> Self {
        Self { name: &id.id, region: Some(id.region), reason }
    }
}

/// A picture in the making.
#[derive(Default)]
struct Draft<'a> {
    nodes: Vec<Node<'a>>,
    arrows: BTreeSet<Arrow>,
    places: BTreeMap<(Kind, &'a str), Vec<Known>>,
}

/// Where a resource of some name is among the nodes.
struct Known {
    region: Option<Region>,
    place: usize,
}

impl<'a> Draft<'a> {
    /// The place of a resource, which gets one where it has none yet. A user in a row may lack
    /// its region, and is then whatever has its name.
    fn place(&mut self, look: Look, kind: Kind, member: Member<'a>) -> usize {
        let known = self.places.entry((kind, member.name)).or_default();
        let region = member.region;
        let same = |one: &&Known| one.region == region || one.region.is_none() || region.is_none();
        if let Some(one) = known.iter().find(same) {
            return one.place;
        }
        let place = self.nodes.len();
        known.push(Known { region, place });
        self.nodes.push(Node::new(look, Some(kind), member));
        place
    }

    fn steps(&mut self, steps: &'a [Step]) {
        let mut of_step: BTreeMap<&StepId, usize> = BTreeMap::new();
        let mut places = Vec::with_capacity(steps.len());
        for step in steps {
            let member = Member::of(&step.resource, &step.reason);
            let place = self.place(Look::Partly, step.resource.kind, member);
            self.nodes[place].does(step.action, 1);
            of_step.entry(&step.step).or_insert(place);
            places.push(place);
        }
        for (step, to) in steps.iter().zip(places) {
            for from in step.after.iter().filter_map(|before| of_step.get(before)) {
                self.arrow(*from, to, Means::Before);
            }
        }
    }

    fn rows(&mut self, look: Look, rows: &'a [Row]) {
        for row in rows {
            self.place(look, row.resource.kind, Member::of(&row.resource, &row.reason));
        }
    }

    fn users(&mut self, blocked: &'a [Row]) {
        for row in blocked {
            let member = Member::of(&row.resource, &row.reason);
            let to = self.place(Look::Blocked, row.resource.kind, member);
            for user in &row.used_by {
                let member = Member { name: &user.id, region: user.region, reason: "" };
                let from = self.place(Look::User, user.kind, member);
                self.arrow(from, to, Means::Uses);
            }
        }
    }

    fn arrow(&mut self, from: usize, to: usize, means: Means) {
        if from != to {
            self.arrows.insert(Arrow { from, to, means });
        }
    }
}
