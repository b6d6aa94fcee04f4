//! One resource at a time: protections, other owners, blind spots.

use std::collections::BTreeSet;

use super::tools::{stack_of, tool_of_record};
use super::{Decision, Judge, Verdict};
use crate::graph::{Edge, possible_owners};
use crate::manifest::{Cautions, Hit, Managed};
use crate::resource::{Action, Kind, KindFacts, Last, Lifecycle, Protection, Removable, Resource};

impl Judge<'_> {
    pub(super) fn decide(&mut self) {
        for at in 0..self.hits.len() {
            let resource = self.resource(at);
            let Some(hit) = self.hits[at].clone() else {
                if let (Some(doubt), None) = (&self.doubts[at], &self.kept[at]) {
                    self.verdicts[at] = Verdict::new(Decision::Blocked, doubt.clone());
                } else if !self.in_scope(resource) {
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
    /// nodegroups of a cluster that is protected, or that somebody uses, are not its nodegroups to
    /// lose. Returns those that stay by this.
    pub(super) fn hold_with_the_owner(&mut self) -> BTreeSet<usize> {
        let mut held = BTreeSet::new();
        let mut changed = true;
        while changed {
            changed = false;
            for at in 0..self.verdicts.len() {
                let Some(owner) = self.through[at] else { continue };
                let stays = self.verdicts[owner].decision == Decision::Blocked;
                if stays && self.verdicts[at].decision == Decision::Delete {
                    self.verdicts[at] = self.held_by(owner);
                    held.insert(at);
                    changed = true;
                }
            }
        }
        held
    }

    /// The verdict on what belongs to a blocked owner.
    pub(super) fn held_by(&self, owner: usize) -> Verdict {
        let (id, why) = (&self.resource(owner).id, &self.verdicts[owner].reason);
        let mut verdict =
            Verdict::new(Decision::Blocked, format!("belongs to {id}, which is blocked: {why}"));
        verdict.used_by.clone_from(&self.verdicts[owner].used_by);
        verdict
    }

    /// What a person should know besides: who may be using it out of sight, because it opens a
    /// door to somebody who stays; and who has it in his books.
    fn cautions(&self, at: usize) -> Vec<String> {
        let facts = self.case.catalog.get(self.resource(at).kind());
        let lets_in = facts.map_or(&[] as &[Kind], |facts| facts.lets_in);
        let doors = self.graph.uses(at).filter(|edge| {
            let stays = self.hits[edge.used].is_none() || self.kept[edge.used].is_some();
            stays && lets_in.contains(&self.resource(edge.used).kind())
        });
        let says = |edge: &Edge| {
            let door = &self.resource(edge.used).id;
            format!("{door}, its {}, stays: who comes through it may use this", edge.role)
        };
        let tool = tool_of_record(&self.resource(at).tags)
            .map(|tag| format!("its tag {tag} says that a tool has it in its state"));
        doors.map(says).chain(tool).collect()
    }

    /// Something that it lives in and whose tags could not be read: one of them may be the one
    /// that keeps everything in it.
    fn owner_without_tags(&self, at: usize) -> Option<String> {
        let mut next = self.resource(at).parent.as_ref().and_then(|id| self.graph.place(id));
        // No deeper than there are resources: a circle of parents ends too.
        for _ in 0..self.hits.len() {
            let owner = self.resource(next?);
            if let Some(unread) = owner.tags_unread() {
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
        let stack = stack_of(&resource.tags)?;
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
                facts.kind == gap.kind && (here || facts.across_regions.contains(&resource.kind()))
            };
            // Who uses a key may do so by its alias.
            let names_what_is_hidden = self.case.catalog.kinds().any(|facts| {
                facts.named_by == Some(resource.kind()) && gap.hides.uses_of_kind(facts.kind)
            });
            (gap.hides.a_use_of(&resource.id) || names_what_is_hidden)
                && self.case.catalog.users_of(resource.kind()).any(reaches)
        })?;
        Some(format!("cannot see whether a {} uses it: {}", gap.kind, gap.why))
    }

    /// What is not in the plan, or is another thing than was planned for, stays. Says whether
    /// there is such a thing.
    pub(super) fn hold_to_the_plan(&mut self) -> bool {
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
}
