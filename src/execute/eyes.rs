//! Fresh eyes: what a step is about to touch is read again, right before.
//!
//! Before the first step on a resource the resource itself is read again, and so is everything
//! that may use it if that was read longer than five minutes ago. Then it is classified anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::aws::AwsError;
use crate::classify::{Case, Classification, Decision, Gone, Planned, Verdict, classify};
use crate::clock::{Moment, own_is_within, wall_is_within};
use crate::discover::{Discovery, Seen, read_again};
use crate::inventory::Inventory;
use crate::mandate::Mandate;
use crate::manifest::Manifest;
use crate::plan::{self, Plan, Step};
use crate::resource::{Catalog, Kind, Lifecycle, Resource, ResourceId};

/// Who may use a resource was read no longer ago than this.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// An owner is read again for the first of its children, and not for each.
const OWNERS_FRESH: SignedDuration = SignedDuration::from_secs(30);

/// Deeper than anything in AWS lives in anything.
const OWNERS_MAX: usize = 8;

/// What fresh eyes see.
#[derive(Debug)]
pub enum Look {
    /// It may go: as it is now, with its verdict.
    Clear(Box<Resource>, Verdict),
    Gone,
    /// Already on its way for good.
    Pending(Option<Timestamp>),
    /// It must not be touched, and why. As it is now, unless it is another thing.
    Refused {
        why: String,
        used_by: Vec<ResourceId>,
        fresh: Option<Box<Resource>>,
    },
    /// It could not be read.
    Blind(AwsError),
}

/// The account as it is known now.
///
/// Reads of different resources go side by side: what is known is locked only for a moment.
pub struct Eyes<'a> {
    pub discovery: &'a Discovery,
    pub manifest: &'a Manifest,
    pub catalog: &'a Catalog,
    pub accepted_unseen: &'a BTreeSet<Kind>,
    pub planned: Option<&'a BTreeMap<ResourceId, Planned>>,
    /// What was to stay when the person said yes.
    to_stay: BTreeSet<ResourceId>,
    world: Mutex<World>,
    /// When they opened.
    opened: Instant,
    /// One relisting at a time: who waits for it finds fresh news.
    relisting: tokio::sync::Mutex<()>,
}

struct World {
    inventory: Inventory,
    /// Resources as this run last read them, and when.
    looked: BTreeMap<ResourceId, (Moment, Resource)>,
    /// When kinds were last listed again.
    relisted: BTreeMap<Kind, Instant>,
    /// What this run and earlier ones have removed.
    gone: Gone,
    /// The classification of `inventory`, until that changes.
    decided: Option<Classification>,
}

impl World {
    fn known(&self, id: &ResourceId) -> Option<Resource> {
        match self.looked.get(id) {
            Some((_, resource)) => Some(resource.clone()),
            None => self.inventory.get(id).cloned(),
        }
    }

    fn forget(&mut self, id: &ResourceId, catalog: &Catalog) {
        if let Some(known) = self.known(id) {
            self.gone.note(&known, catalog);
        }
        self.inventory.forget(id);
        self.looked.remove(id);
        self.decided = None;
    }
}

impl<'a> Eyes<'a> {
    /// Eyes that know `inventory`, which was just taken by `mandate`.
    pub fn new(mandate: &'a Mandate, inventory: Inventory) -> Self {
        let gone = mandate.gone.clone();
        let (looked, relisted) = (BTreeMap::new(), BTreeMap::new());
        let world = World { inventory, looked, relisted, gone, decided: None };
        let mut eyes = Self {
            discovery: &mandate.discovery,
            manifest: &mandate.manifest,
            catalog: mandate.catalog(),
            accepted_unseen: &mandate.accepted_unseen,
            planned: mandate.planned.as_ref(),
            to_stay: BTreeSet::new(),
            world: Mutex::new(world),
            opened: Instant::now(),
            relisting: tokio::sync::Mutex::default(),
        };
        let goes = |decision| matches!(decision, Decision::Delete | Decision::Stop);
        let decided = eyes.decide(&mut eyes.world()).verdicts.clone();
        // What goes by today's yes is there again, whatever an earlier run has removed.
        let back = decided.iter().filter(|(_, verdict)| goes(verdict.decision)).map(|(id, _)| id);
        eyes.world().gone.removed.retain(|id| !back.clone().any(|back| back == id));
        eyes.to_stay = decided
            .into_iter()
            .filter(|(_, verdict)| !goes(verdict.decision))
            .map(|(id, _)| id)
            .collect();
        eyes
    }

    /// Whether the resource was there, and was to stay, when the person said yes.
    pub fn was_to_stay(&self, id: &ResourceId) -> bool {
        self.to_stay.contains(id)
    }

    /// What is gone by now, of this run and earlier ones.
    pub fn gone(&self) -> Gone {
        self.world().gone.clone()
    }

    fn now(&self) -> Timestamp {
        self.discovery.aws().clock().now()
    }

    fn moment(&self) -> Moment {
        Moment::now(self.discovery.aws().clock().as_ref())
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at what a step is about to touch.
    pub async fn look(&self, step: &Step) -> Look {
        let session = self.discovery.aws().session();
        let lockouts = session.lockouts();
        let locked_out = || session.locked_out_since(lockouts);
        self.freshen_users(step.resource.kind).await;
        self.freshen_owners(&step.resource).await;
        // Else what could not be listed would look like something that hides a user.
        if let Some(error) = locked_out() {
            return Look::Blind(error);
        }
        let blind = {
            let world = self.world();
            let known = world.known(&step.resource).is_some();
            if known { None } else { world.inventory.blind_to(&step.resource) }
        };
        if let Some(gap) = blind {
            let why = format!("cannot see whether it is still there: {}", gap.why);
            return Look::Refused { why, used_by: Vec::new(), fresh: None };
        }
        let now = self.moment();
        let recently = self
            .world()
            .looked
            .get(&step.resource)
            .filter(|(at, _)| at.is_within(FRESH, now))
            .map(|(_, resource)| resource.clone());
        let fresh = match recently {
            Some(resource) => resource,
            None => match self.reread(&step.resource).await {
                Ok(Some(fresh)) => fresh,
                Ok(None) => return Look::Gone,
                Err(error) => return Look::Blind(error),
            },
        };
        // What is read in several calls may come back with a part of it unread.
        if let Some(error) = locked_out() {
            return Look::Blind(error);
        }
        if let Some(why) = fresh.differs_from(step.pin.as_deref(), step.created) {
            return Look::Refused { why, used_by: Vec::new(), fresh: None };
        }
        if let Lifecycle::Pending { until } = fresh.lifecycle {
            return Look::Pending(until);
        }
        let verdict = self.verdict(&step.resource);
        match verdict.decision {
            Decision::Delete | Decision::Stop => Look::Clear(Box::new(fresh), verdict),
            _ => Look::Refused {
                why: verdict.reason,
                used_by: verdict.used_by,
                fresh: Some(Box::new(fresh)),
            },
        }
    }

    /// Reads one resource now, whatever was read before.
    pub async fn reread(&self, id: &ResourceId) -> Result<Option<Resource>, AwsError> {
        let Some(known) = self.world().known(id) else { return Ok(None) };
        let fresh = read_again(self.discovery.aws(), &known).await?;
        let now = self.moment();
        let mut world = self.world();
        match &fresh {
            Some(fresh) => {
                world.inventory.renew(fresh);
                world.looked.insert(id.clone(), (now, fresh.clone()));
                world.decided = None;
            }
            None => world.forget(id, self.catalog),
        }
        Ok(fresh)
    }

    /// Reads again everything that may use or live in a resource, and decides anew on all.
    pub async fn look_around(&self, id: &ResourceId) -> (Inventory, Classification) {
        let _turn = self.relisting.lock().await;
        self.relist(id.kind).await;
        let mut world = self.world();
        let decided = self.decide(&mut world).clone();
        (world.inventory.clone(), decided)
    }

    /// The plan that today's look gives.
    pub fn plan(&self) -> Plan {
        let mut world = self.world();
        let decided = self.decide(&mut world).clone();
        plan::plan(&world.inventory, &decided, self.catalog)
    }

    /// The resource is known to be gone.
    pub fn forget(&self, id: &ResourceId) {
        self.world().forget(id, self.catalog);
    }

    /// What it lives in: a tag that keeps the cluster keeps its nodegroups.
    async fn freshen_owners(&self, id: &ResourceId) {
        let mut next = self.world().known(id).and_then(|known| known.parent);
        for _ in 0..OWNERS_MAX {
            let Some(owner) = next else { return };
            let now = self.moment();
            let fresh = {
                let world = self.world();
                let looked = world.looked.get(&owner);
                looked.is_some_and(|(at, _)| at.is_within(OWNERS_FRESH, now))
            };
            if !fresh {
                // Unread, it stays as it was known; its own step will say why.
                let _ = self.reread(&owner).await;
            }
            next = self.world().known(&owner).and_then(|known| known.parent);
        }
    }

    async fn freshen_users(&self, kind: Kind) {
        if self.users_are_fresh(kind) {
            return;
        }
        let _turn = self.relisting.lock().await;
        if !self.users_are_fresh(kind) {
            self.relist(kind).await;
        }
    }

    fn users_are_fresh(&self, kind: Kind) -> bool {
        let users: Vec<Kind> = self.catalog.users_of(kind).map(|facts| facts.kind).collect();
        if users.is_empty() {
            return true;
        }
        let now = self.moment();
        let world = self.world();
        let heard = |kind: &Kind| world.relisted.get(kind).copied().unwrap_or(self.opened);
        users.iter().all(|kind| own_is_within(heard(kind), FRESH, now.own))
            && world
                .inventory
                .oldest_of(users.iter().copied())
                .is_some_and(|oldest| wall_is_within(oldest, FRESH, now.wall))
    }

    async fn relist(&self, kind: Kind) {
        let users: BTreeSet<Kind> = self.catalog.users_of(kind).map(|facts| facts.kind).collect();
        let known = self.world().inventory.clone();
        let wanted = |kind| users.contains(&kind);
        let begun = Instant::now();
        let newer = self.discovery.kinds_again(wanted, &known, &Seen::default()).await;
        let mut world = self.world();
        world.inventory.update(newer);
        world.relisted.extend(users.iter().map(|kind| (*kind, begun)));
        world.decided = None;
    }

    fn decide<'w>(&self, world: &'w mut World) -> &'w Classification {
        let World { inventory, gone, decided, .. } = world;
        decided.get_or_insert_with(|| {
            classify(&Case {
                inventory,
                manifest: self.manifest,
                catalog: self.catalog,
                accepted_unseen: self.accepted_unseen,
                planned: self.planned,
                gone,
                now: self.now(),
            })
        })
    }

    fn verdict(&self, id: &ResourceId) -> Verdict {
        let mut world = self.world();
        self.decide(&mut world).verdicts.get(id).cloned().unwrap_or_else(|| Verdict {
            decision: Decision::Foreign,
            reason: "it is not in the inventory any more".to_owned(),
            used_by: Vec::new(),
            parts: None,
            lift: false,
            cautions: Vec::new(),
        })
    }
}
