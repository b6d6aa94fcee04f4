//! What something that stays uses, stays.

use std::collections::BTreeSet;

use super::{Decision, Judge, Verdict};
use crate::graph::{Edge, Why};
use crate::resource::{Removable, Tie};

impl Judge<'_> {
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
    pub(super) fn block_what_is_used(&mut self) {
        let mut blocked = BTreeSet::new();
        let mut held = BTreeSet::new();
        loop {
            let used: Vec<usize> = (0..self.verdicts.len())
                .filter(|at| self.verdicts[*at].decision == Decision::Delete)
                .filter(|at| self.users_that_stay(*at).next().is_some())
                .collect();
            let named = self.stay_with_what_they_name();
            let with_owner = self.hold_with_the_owner();
            if used.is_empty() && !named && with_owner.is_empty() {
                break;
            }
            held.extend(with_owner);
            for at in used.into_iter().filter(|at| !held.contains(at)) {
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
        for at in held {
            if let Some(owner) = self.through[at] {
                self.verdicts[at] = self.held_by(owner);
            }
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
}
