//! What must stay, stays: each rule is a row.
//!
//! A [`Rule`] makes one thing that the manifest takes for the lab's, and a neighbour who uses it
//! or a protection on it. [`hold`] builds the rows of a table in one account and asks three
//! things of each: that the verdict is the expected one and says why; that after a whole teardown
//! of the account not one attribute has changed; and that the row could fail: the same inventory
//! without the rule's evidence would have lost the thing.
//!
//! Things that become different while a run is under way are in [`drift`], steps that nobody planned
//! in [`forged`], what is too much in [`limits`], and which kinds are read at all in [`kinds`].

mod buckets;
mod cautions;
mod deliveries;
mod drift;
mod forged;
mod hold;
mod iam;
mod keys;
mod kinds;
mod limits;
mod locked;
mod proof;
mod protected;
mod roles;
mod seen;
mod services;
pub mod yard;

use dismantle::resource::ResourceId;
use futures::future::LocalBoxFuture;

use yard::{BoxError, Yard};

/// One rule.
pub struct Rule {
    /// A sentence.
    pub name: &'static str,
    /// Where AWS says so.
    pub source: &'static str,
    pub build: fn(Yard) -> Built,
    pub expect: Expect,
    pub evidence: Evidence,
}

pub type Built = LocalBoxFuture<'static, Result<Pair, BoxError>>;

/// What a row's `build` gives.
pub fn built(making: impl Future<Output = Result<Pair, BoxError>> + 'static) -> Built {
    Box::pin(making)
}

/// The verdict, and words of its reason.
#[derive(Debug, Clone, Copy)]
pub enum Expect {
    Blocked(&'static str),
    Kept(&'static str),
    Foreign(&'static str),
    /// It is in no list, so that nobody can decide to remove it.
    NotListed,
    /// It may go by all that a survey shows. The look right before finds what holds it, or AWS
    /// refuses: these words are in the run's reason.
    Refused(&'static str),
    /// It goes, with this caution.
    Goes(&'static str),
}

/// What the program knows the rule's case by. Without it the thing would go.
#[derive(Debug, Clone, Copy)]
pub enum Evidence {
    /// The neighbour's references.
    Uses,
    Protection,
    Tag(&'static str),
    /// The want of a tag by which it was the lab's: its key and its value.
    Untagged(&'static str, &'static str),
    /// `options: { managed: block }` of the manifest.
    Managed,
    /// That it is not listed, or not where it was asked for.
    NotListed,
    /// That its kind is read for its references only; then these words protect it.
    OnlyRead(&'static str),
    /// What AWS itself holds it by: the same thing without that ([`Pair::twin`]) goes.
    OfAws,
    /// None: nothing holds it.
    Nothing,
}

/// What a row made.
pub struct Pair {
    /// The thing that the rule is about.
    pub lab: ResourceId,
    /// Who must not be harmed. The first of them is the one who uses the thing.
    pub neighbours: Vec<ResourceId>,
    /// A thing of the lab's beside it that nothing holds: it goes.
    pub twin: Option<ResourceId>,
}

impl Pair {
    pub fn of(lab: ResourceId, neighbour: ResourceId) -> Self {
        Self { lab, neighbours: vec![neighbour], twin: None }
    }

    pub fn alone(lab: ResourceId) -> Self {
        Self { lab, neighbours: Vec::new(), twin: None }
    }

    /// Somebody else who must not be harmed, or another thing that stays with the first.
    pub fn and(mut self, other: ResourceId) -> Self {
        self.neighbours.push(other);
        self
    }

    pub fn beside(mut self, twin: ResourceId) -> Self {
        self.twin = Some(twin);
        self
    }
}

#[test]
fn what_a_role_is_used_by_keeps_it() {
    hold::hold(roles::RULES);
}

#[test]
fn policies_providers_and_what_is_shared_stay() {
    hold::hold(iam::RULES);
}

#[test]
fn what_a_key_is_named_by_keeps_it() {
    hold::hold(keys::RULES);
}

#[test]
fn buckets_images_and_log_groups_in_use_stay() {
    hold::hold(buckets::RULES);
}

#[test]
fn what_somebody_elses_things_stand_on_stays() {
    hold::hold(services::RULES);
}

#[test]
fn what_logs_are_delivered_into_and_what_a_registry_uses_stays() {
    hold::hold(deliveries::RULES);
}

#[test]
fn what_is_named_by_what_is_only_read_stays() {
    hold::hold(seen::RULES);
}

#[test]
fn what_is_protected_stays() {
    hold::hold(protected::RULES);
}

/// The tables are read by people: no row without a name of its own, or without a source.
#[test]
fn every_row_has_a_name_and_a_source() {
    let held = [
        roles::RULES,
        iam::RULES,
        keys::RULES,
        buckets::RULES,
        services::RULES,
        deliveries::RULES,
        seen::RULES,
        protected::RULES,
    ];
    let held = held.into_iter().flatten().map(|rule| (rule.name, rule.source));
    let changed = drift::changes().map(|change| (change.name, change.source));
    let mut names = std::collections::BTreeSet::new();
    for (name, source) in held.chain(changed) {
        assert!(names.insert(name), "{name} is there twice");
        assert!(source.len() > 20, "{name} has no source");
    }
}
