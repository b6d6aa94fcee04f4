//! What a selector is, and whether it matches a resource.

use std::collections::{BTreeMap, BTreeSet};

use globset::GlobMatcher;
use jiff::{SignedDuration, Timestamp};
use regex::Regex;

use crate::resource::{Kind, Resource, ResourceId, Unread};

/// Deeper than anything in AWS lives in anything; ends a circle of parents.
const PARENTS_MAX: usize = 16;

/// The characters after which a name goes on with another word.
const BOUNDARIES: [char; 5] = ['-', '_', '/', '.', ':'];

/// Which kinds a selector is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KindPattern {
    Any,
    One(Kind),
    /// `sagemaker:*`, and the kinds that it stood for when the manifest was read.
    Glob {
        text: String,
        kinds: BTreeSet<Kind>,
    },
}

impl KindPattern {
    pub fn covers(&self, kind: Kind) -> bool {
        match self {
            KindPattern::Any => true,
            KindPattern::One(one) => *one == kind,
            KindPattern::Glob { kinds, .. } => kinds.contains(&kind),
        }
    }
}

/// What a selector asks of a name.
#[derive(Debug, Clone)]
pub enum By {
    Any,
    Name(String),
    Prefix(String),
    Glob(GlobMatcher),
    Regex(Regex),
}

impl By {
    fn takes(&self, name: &str) -> bool {
        match self {
            By::Any => true,
            By::Name(wanted) => wanted == name,
            By::Prefix(prefix) => starts_at_boundary(name, prefix),
            By::Glob(glob) => glob.is_match(name),
            By::Regex(regex) => regex.is_match(name),
        }
    }

    /// For people: `prefix retail`.
    fn says(&self) -> Option<String> {
        Some(match self {
            By::Any => return None,
            By::Name(name) => format!("name {name}"),
            By::Prefix(prefix) => format!("prefix {prefix}"),
            By::Glob(glob) => format!("glob {}", glob.glob()),
            By::Regex(regex) => format!("regex {regex}"),
        })
    }
}

/// Whether `name` begins with `prefix` and a word of it ends there.
fn starts_at_boundary(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| {
        rest.is_empty() || rest.starts_with(BOUNDARIES) || prefix.ends_with(BOUNDARIES)
    })
}

/// One key of `where`, with the values of which any will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Where {
    pub key: String,
    pub values: BTreeSet<String>,
    /// Kinds of which this key picks parts.
    pub parts_of: BTreeSet<Kind>,
}

/// The parent that a resource must live in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct In {
    pub kind: Kind,
    pub name: String,
}

/// Stop it rather than remove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop;

/// Which list of the manifest a selector stands in; what is not known counts for keeping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    Match,
    Keep,
}

/// One entry of `match` or `keep`. Everything that it says must be true of a resource.
#[derive(Debug, Clone)]
pub struct Selector {
    pub list: List,
    pub kind: KindPattern,
    pub by: By,
    pub tags: BTreeMap<String, String>,
    pub older_than: Option<Age>,
    pub newer_than: Option<Age>,
    pub where_: Vec<Where>,
    pub in_: Option<In>,
    pub action: Option<Stop>,
    /// The line of the manifest that it begins on.
    pub line: u64,
}

/// An age as it was written, and how long that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Age {
    pub text: String,
    pub length: SignedDuration,
}

/// Why and how a selector matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// For people: `prefix mlops-retail-prediction-dev`, `tag Project=MLOps-Retail-Prediction`.
    pub rule: String,
    /// The parts of the resource that are meant (an image's tags), if the selector picks parts.
    pub parts: Option<BTreeSet<String>>,
    /// Stop it rather than remove it.
    pub stop: bool,
    /// Whether the manifest names exactly this thing: its kind, and its whole name.
    pub exact: bool,
}

impl Selector {
    /// Whether the selector matches `resource`; `parents` finds what it lives in.
    ///
    /// What is not known (a creation time, tags or a state that could not be read) never makes a
    /// `match` take something, and always makes a `keep` keep it.
    pub fn matches<'a>(
        &self,
        resource: &Resource,
        parents: &dyn Fn(&ResourceId) -> Option<&'a Resource>,
        now: Timestamp,
    ) -> Option<Hit> {
        let (hit, unread) = self.judge(resource, parents, now)?;
        (unread.is_none() || self.list == List::Keep).then_some(hit)
    }

    /// What would have to be read to know whether the selector matches; `None` if it is known.
    pub fn cannot_tell<'r, 'a>(
        &self,
        resource: &'r Resource,
        parents: &dyn Fn(&ResourceId) -> Option<&'a Resource>,
        now: Timestamp,
    ) -> Option<&'r Unread> {
        self.judge(resource, parents, now)?.1
    }

    /// A match as far as is known, with what is not.
    fn judge<'r, 'a>(
        &self,
        resource: &'r Resource,
        parents: &dyn Fn(&ResourceId) -> Option<&'a Resource>,
        now: Timestamp,
    ) -> Option<(Hit, Option<&'r Unread>)> {
        let hit = self.kind.covers(resource.kind())
            && self.takes_names_of(resource)
            && self.takes_age_of(resource, now)
            && self.in_.as_ref().is_none_or(|parent| parent.holds(resource, parents));
        if !hit {
            return None;
        }
        let tags = self.takes_tags_of(resource)?;
        let (parts, state) = self.takes_facts_of(resource)?;
        Some((self.hit(parts), tags.or(state)))
    }

    /// Whether a resource of that kind and name, which is no longer there, would have matched by
    /// its name alone. Selectors that ask for more than a name do not count.
    pub fn matches_name_of(&self, kind: Kind, name: &str) -> Option<Hit> {
        let by_name_alone = !matches!(self.by, By::Any)
            && self.tags.is_empty()
            && self.older_than.is_none()
            && self.newer_than.is_none()
            && self.where_.is_empty()
            && self.in_.is_none();
        (by_name_alone && self.kind.covers(kind) && self.by.takes(name)).then(|| self.hit(None))
    }

    /// The selector for people, as it stands in a reason.
    pub fn rule(&self) -> String {
        let mut says: Vec<String> = self.by.says().into_iter().collect();
        for (key, value) in &self.tags {
            says.push(format!("tag {key}={value}"));
        }
        for one in &self.where_ {
            let values: Vec<&str> = one.values.iter().map(String::as_str).collect();
            says.push(format!("{} {}", one.key, values.join(" or ")));
        }
        if let Some(parent) = &self.in_ {
            says.push(format!("in {} {}", parent.kind, parent.name));
        }
        if let Some(age) = &self.older_than {
            says.push(format!("older than {}", age.text));
        }
        if let Some(age) = &self.newer_than {
            says.push(format!("newer than {}", age.text));
        }
        if says.is_empty() {
            match &self.kind {
                KindPattern::Any => {}
                KindPattern::One(kind) => says.push(format!("kind {kind}")),
                KindPattern::Glob { text, .. } => says.push(format!("kind {text}")),
            }
        }
        says.join(", ")
    }

    fn hit(&self, parts: Option<BTreeSet<String>>) -> Hit {
        Hit {
            rule: self.rule(),
            parts,
            stop: self.action.is_some(),
            exact: matches!((&self.kind, &self.by), (KindPattern::One(_), By::Name(_))),
        }
    }

    /// Every name that people know it by must be taken: a key goes only if all its aliases say
    /// so, since another's alias is another's use. One is enough to keep it.
    fn takes_names_of(&self, resource: &Resource) -> bool {
        if let By::Name(wanted) = &self.by {
            let is_id = *wanted == resource.id.id || resource.arn.as_ref() == Some(wanted);
            // What lives in something has the id `parent/child`; people call it `child`.
            let is_child = resource.parent.as_ref().is_some_and(|parent| {
                let child = resource.id.id.strip_prefix(parent.id.as_str());
                child.and_then(|child| child.strip_prefix('/')) == Some(wanted)
            });
            if is_id || is_child {
                return true;
            }
        }
        let mut names = resource.names().into_iter();
        match self.list {
            List::Match => names.all(|name| self.takes_name(resource.kind(), name)),
            List::Keep => names.any(|name| self.takes_name(resource.kind(), name)),
        }
    }

    fn takes_name(&self, kind: Kind, name: &str) -> bool {
        // AWS writes a key's alias `alias/x`, a person copies that; the name is `x`.
        if let By::Name(wanted) = &self.by
            && kind.as_str() == "kms:key"
            && wanted.strip_prefix("alias/") == Some(name)
        {
            return true;
        }
        self.by.takes(name)
    }

    /// `None` when the tags are not as asked, else what of them is not known.
    fn takes_tags_of<'r>(&self, resource: &'r Resource) -> Option<Option<&'r Unread>> {
        if self.tags.is_empty() {
            return Some(None);
        }
        if let Some(unread) = resource.tags_unread() {
            return Some(Some(unread));
        }
        let all = self.tags.iter().all(|(key, wanted)| {
            resource.tags.get(key).is_some_and(|value| wanted == "*" || wanted == value)
        });
        all.then_some(None)
    }

    fn takes_age_of(&self, resource: &Resource, now: Timestamp) -> bool {
        if self.older_than.is_none() && self.newer_than.is_none() {
            return true;
        }
        let Some(by) = resource.created.or(resource.there_by) else {
            return self.list == List::Keep;
        };
        // Where only a time is known by which it was there, it is at least so old.
        let age = now.duration_since(by);
        let exact = resource.created.is_some();
        let keeps = self.list == List::Keep;
        let older = |limit: &Age| age >= limit.length || (keeps && !exact);
        self.older_than.as_ref().is_none_or(older)
            && self.newer_than.as_ref().is_none_or(|limit| (exact || keeps) && age < limit.length)
    }

    /// `None` when a fact is not as asked, else the parts that were picked and what is not known.
    fn takes_facts_of<'r>(&self, resource: &'r Resource) -> Option<Picked<'r>> {
        let mut parts: Option<BTreeSet<String>> = None;
        let mut unread = None;
        for one in &self.where_ {
            let Some(facts) = resource.facts.get(&one.key) else {
                // A fact that is not there may only be out of sight.
                unread = Some(resource.fact_unread(&one.key)?);
                continue;
            };
            let found: BTreeSet<String> =
                facts.iter().filter(|fact| one.values.contains(*fact)).cloned().collect();
            if found.is_empty() {
                return None;
            }
            if one.parts_of.contains(&resource.kind()) {
                parts.get_or_insert_default().extend(found);
            }
        }
        Some((parts, unread))
    }
}

/// The parts that a selector picks, and what of the state is not known.
type Picked<'r> = (Option<BTreeSet<String>>, Option<&'r Unread>);

impl In {
    fn holds<'a>(
        &self,
        resource: &Resource,
        parents: &dyn Fn(&ResourceId) -> Option<&'a Resource>,
    ) -> bool {
        let mut next = resource.parent.clone();
        for _ in 0..PARENTS_MAX {
            let Some(id) = next else { return false };
            let parent = parents(&id);
            if id.kind == self.kind {
                let by_name = parent.is_some_and(|parent| {
                    parent.name == self.name || parent.arn.as_ref() == Some(&self.name)
                });
                if id.id == self.name || by_name {
                    return true;
                }
            }
            next = parent.and_then(|parent| parent.parent.clone());
        }
        false
    }
}

#[cfg(test)]
#[path = "selector_tests.rs"]
mod tests;
