//! Fresh eyes: what a step is about to touch is read again, right before.
//!
//! Before the first step on a resource the resource itself is read again, and so is everything
//! that may use it if that was read longer than five minutes ago. Then it is classified anew.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::aws::AwsError;
use crate::classify::{Case, Classification, Decision, Verdict, classify};
use crate::discover::{Discovery, Seen, read_again};
use crate::inventory::Inventory;
use crate::manifest::Manifest;
use crate::plan::Step;
use crate::resource::{Catalog, Kind, Lifecycle, Resource, ResourceId};

/// Who may use a resource was read no longer ago than this.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// What fresh eyes see.
#[derive(Debug)]
pub enum Look {
    /// It may go: as it is now, with its verdict.
    Clear(Box<Resource>, Verdict),
    Gone,
    /// Already on its way for good.
    Pending(Option<Timestamp>),
    /// It must not be touched, and why.
    Refused {
        why: String,
        used_by: Vec<ResourceId>,
    },
    /// It could not be read.
    Blind(AwsError),
}

/// The account as it is known now.
pub struct Eyes<'a> {
    pub discovery: &'a Discovery,
    pub manifest: &'a Manifest,
    pub catalog: &'a Catalog,
    pub accepted_unseen: &'a BTreeSet<Kind>,
    world: Mutex<World>,
}

struct World {
    inventory: Inventory,
    /// Resources as this run last read them, and when.
    looked: BTreeMap<ResourceId, (Timestamp, Resource)>,
    /// The classification of `inventory`, until that changes.
    decided: Option<Classification>,
}

impl<'a> Eyes<'a> {
    pub fn new(
        discovery: &'a Discovery,
        manifest: &'a Manifest,
        catalog: &'a Catalog,
        accepted_unseen: &'a BTreeSet<Kind>,
        inventory: Inventory,
    ) -> Self {
        let world = World { inventory, looked: BTreeMap::new(), decided: None };
        Self { discovery, manifest, catalog, accepted_unseen, world: Mutex::new(world) }
    }

    fn now(&self) -> Timestamp {
        self.discovery.aws().clock().now()
    }

    /// Looks at what a step is about to touch.
    pub async fn look(&self, step: &Step) -> Look {
        let mut world = self.world.lock().await;
        let now = self.now();
        self.freshen_users(&mut world, step.resource.kind, now).await;
        let recently = world
            .looked
            .get(&step.resource)
            .filter(|(at, _)| now.duration_since(*at) < FRESH)
            .map(|(_, resource)| resource.clone());
        let fresh = match recently {
            Some(resource) => resource,
            None => match self.read(&mut world, &step.resource).await {
                Ok(Some(fresh)) => fresh,
                Ok(None) => return Look::Gone,
                Err(error) => return Look::Blind(error),
            },
        };
        if let Some(why) = changed(step, &fresh) {
            return Look::Refused { why, used_by: Vec::new() };
        }
        if let Lifecycle::Pending { until } = fresh.lifecycle {
            return Look::Pending(until);
        }
        let verdict = self.verdict(&mut world, &step.resource);
        match verdict.decision {
            Decision::Delete | Decision::Stop => Look::Clear(Box::new(fresh), verdict),
            _ => Look::Refused { why: verdict.reason, used_by: verdict.used_by },
        }
    }

    /// Reads one resource now, whatever was read before.
    pub async fn reread(&self, id: &ResourceId) -> Result<Option<Resource>, AwsError> {
        let mut world = self.world.lock().await;
        self.read(&mut world, id).await
    }

    /// Reads again everything that may use or live in a resource, and decides anew on all.
    pub async fn look_around(&self, id: &ResourceId) -> (Inventory, Classification) {
        let mut world = self.world.lock().await;
        self.relist(&mut world, id.kind).await;
        let decided = self.decide(&mut world).clone();
        (world.inventory.clone(), decided)
    }

    /// The resource is known to be gone.
    pub async fn forget(&self, id: &ResourceId) {
        let mut world = self.world.lock().await;
        world.inventory.forget(id);
        world.looked.remove(id);
        world.decided = None;
    }

    async fn read(&self, world: &mut World, id: &ResourceId) -> Result<Option<Resource>, AwsError> {
        let known = match world.looked.get(id) {
            Some((_, resource)) => resource.clone(),
            None => match world.inventory.get(id) {
                Some(resource) => resource.clone(),
                None => return Ok(None),
            },
        };
        let fresh = read_again(self.discovery.aws(), &known).await?;
        world.decided = None;
        match &fresh {
            Some(fresh) => {
                world.inventory.renew(fresh);
                world.looked.insert(id.clone(), (self.now(), fresh.clone()));
            }
            None => {
                world.inventory.forget(id);
                world.looked.remove(id);
            }
        }
        Ok(fresh)
    }

    async fn freshen_users(&self, world: &mut World, kind: Kind, now: Timestamp) {
        let users: Vec<Kind> = self.catalog.users_of(kind).map(|facts| facts.kind).collect();
        if users.is_empty() {
            return;
        }
        let fresh_enough = world
            .inventory
            .oldest_of(users)
            .is_some_and(|oldest| now.duration_since(oldest) < FRESH);
        if !fresh_enough {
            self.relist(world, kind).await;
        }
    }

    async fn relist(&self, world: &mut World, kind: Kind) {
        let users: BTreeSet<Kind> = self.catalog.users_of(kind).map(|facts| facts.kind).collect();
        let newer = self.discovery.kinds(|kind| users.contains(&kind), &Seen::default()).await;
        world.inventory.update(newer);
        world.decided = None;
    }

    fn decide<'w>(&self, world: &'w mut World) -> &'w Classification {
        let World { inventory, decided, .. } = world;
        decided.get_or_insert_with(|| {
            classify(&Case {
                inventory,
                manifest: self.manifest,
                catalog: self.catalog,
                accepted_unseen: self.accepted_unseen,
                now: self.discovery.aws().clock().now(),
            })
        })
    }

    fn verdict(&self, world: &mut World, id: &ResourceId) -> Verdict {
        self.decide(world).verdicts.get(id).cloned().unwrap_or_else(|| Verdict {
            decision: Decision::Foreign,
            reason: "it is not in the inventory any more".to_owned(),
            used_by: Vec::new(),
            parts: None,
            lift: false,
        })
    }
}

/// Whether what is there now is another thing than was planned for.
fn changed(step: &Step, fresh: &Resource) -> Option<String> {
    let word = match (&step.pin, &fresh.pin) {
        (Some(planned), Some(now)) if planned != now => format!("{now}, not {planned}"),
        (Some(_), Some(_)) => return None,
        _ => match (step.created, fresh.created) {
            (Some(planned), Some(now)) if planned.as_second() != now.as_second() => {
                format!("made on {now}, not on {planned}")
            }
            _ => return None,
        },
    };
    Some(format!("it is a different thing by now ({word}); it was removed and made again"))
}
