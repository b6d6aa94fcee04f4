//! What stays because the manifest or a tag says so.

use super::{Judge, KEEP_TAG, Kept};
use crate::graph::Why;
use crate::resource::Tie;

impl Judge<'_> {
    /// `keep` always wins: over the thing, what is in it, and what it needs.
    pub(super) fn keep(&mut self) {
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
}
