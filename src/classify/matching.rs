//! What the manifest takes, by its selectors and by what belongs to what they take.

use super::Judge;
use crate::graph::possible_owners;
use crate::manifest::Hit;
use crate::resource::{Lifecycle, Removable, Resource, Unread};

impl Judge<'_> {
    /// What the manifest's own selectors take.
    pub(super) fn match_roots(&mut self) {
        for at in 0..self.hits.len() {
            let resource = self.resource(at);
            if self.in_scope(resource) && self.removable(resource.kind()) != Removable::ReadOnly {
                self.hits[at] = self
                    .direct_hit(resource)
                    .or_else(|| self.orphan_hit(at))
                    .or_else(|| self.hit_by_the_gone(resource));
                if self.hits[at].is_none() {
                    self.doubts[at] = self.doubt(resource);
                }
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

    /// Why the manifest may match what it does not seem to.
    fn doubt(&self, resource: &Resource) -> Option<String> {
        let parents = self.parents();
        let mut selectors = self.case.manifest.matches.iter();
        let unread =
            selectors.find_map(|one| one.cannot_tell(resource, &parents, self.case.now))?;
        let Unread { what, why } = unread;
        Some(format!("cannot see whether it is matched, because of its {what}: {why}"))
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
            // By its tags or its state, which only whoever removed it has seen.
            let was = |one: &&Resource| {
                one.kind() == kind && one.name == name && one.region() == resource.region()
            };
            let mut known = self.gone().filter(was);
            if let Some(rule) = known.find_map(|one| self.whole(one)) {
                let rule = format!("named after {kind} {name}, which is gone ({rule})");
                return Some(Hit { rule, parts: None, stop: false, exact: false });
            }
        }
        None
    }

    /// What a run of this manifest has removed and is not there again.
    fn gone(&self) -> impl Iterator<Item = &Resource> + Clone {
        self.case.gone.known.iter().filter(|one| self.graph.place(&one.id).is_none())
    }

    /// The rule that takes all of it.
    fn whole(&self, one: &Resource) -> Option<String> {
        let hit = self.direct_hit(one)?;
        (!hit.stop && hit.parts.is_none()).then_some(hit.rule)
    }

    /// What was known by something that a run of this manifest has removed.
    fn hit_by_the_gone(&self, resource: &Resource) -> Option<Hit> {
        let gone = self.case.gone;
        let pending = matches!(resource.lifecycle, Lifecycle::Pending { .. });
        if gone.removed.contains(&resource.id) && !pending {
            return None;
        }
        let gone = self.gone();
        let owner = gone
            .clone()
            .filter(|one| one.owns.iter().any(|owned| owned.means(resource)))
            .find_map(|one| Some((one, self.whole(one)?)));
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
        let rule = format!("was called {name}, which is gone ({})", self.whole(&then)?);
        Some(Hit { rule, parts: None, stop: false, exact: false })
    }

    /// Belonging flows from a matched owner to what is in it and what it made.
    pub(super) fn flow_down(&mut self) {
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
