//! What was seen of an account, and what was not.
//!
//! An [`Inventory`] is plain data: for each kind and region one [`Listing`], with its outcome and
//! the time it was read. A lister that failed leaves a gap that is said; it never looks clean.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::resource::{Kind, Region, Resource, ResourceId};

/// How a lister came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything there is.
    Listed,
    /// A custom endpoint does not know the operation, or AWS lacks the service in that region:
    /// nothing of it can be there.
    Unavailable { why: String },
    /// Denied, broken, throttled out or garbled: there may be more than is in the list.
    Unseen { why: String, hides: Hides },
}

/// What an unseen kind keeps from sight.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Hides {
    /// Whole resources, and everything that they use.
    #[default]
    Everything,
    /// All resources are in the list. What cannot be seen is whether they use things of these
    /// kinds, or these things.
    Uses { kinds: BTreeSet<Kind>, things: BTreeSet<ResourceId> },
}

impl Hides {
    pub fn uses_of(kinds: impl IntoIterator<Item = Kind>) -> Self {
        Hides::Uses { kinds: kinds.into_iter().collect(), things: BTreeSet::new() }
    }

    pub fn uses_of_one(thing: ResourceId) -> Self {
        Hides::Uses { kinds: BTreeSet::new(), things: BTreeSet::from([thing]) }
    }

    pub fn everything(&self) -> bool {
        matches!(self, Hides::Everything)
    }

    /// Whether a use of the resource may be out of sight.
    pub fn a_use_of(&self, id: &ResourceId) -> bool {
        match self {
            Hides::Everything => true,
            Hides::Uses { kinds, things } => kinds.contains(&id.kind) || things.contains(id),
        }
    }

    /// Whether a use of things of a kind may be out of sight.
    pub fn uses_of_kind(&self, kind: Kind) -> bool {
        match self {
            Hides::Everything => true,
            Hides::Uses { kinds, .. } => kinds.contains(&kind),
        }
    }

    /// What two reasons hide together.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Hides::Uses { mut kinds, mut things }, Hides::Uses { kinds: k, things: t }) => {
                kinds.extend(k);
                things.extend(t);
                Hides::Uses { kinds, things }
            }
            _ => Hides::Everything,
        }
    }
}

/// One kind in one region, as it was read at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    pub outcome: Outcome,
    pub resources: Vec<Resource>,
    pub at: Timestamp,
}

/// A kind that could not be listed somewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    pub kind: Kind,
    pub region: Region,
    pub why: String,
    #[serde(skip)]
    pub hides: Hides,
    /// Whether the person accepts not to have seen it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accepted: bool,
}

/// An account as it was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// By kind and the region that was asked ([`Region::GLOBAL`] for global kinds).
    listings: BTreeMap<(Kind, Region), Listing>,
}

impl Inventory {
    /// Puts in what was read last of a kind in a region.
    pub fn put(&mut self, kind: Kind, region: Region, listing: Listing) {
        self.listings.insert((kind, region), listing);
    }

    /// Takes over every listing of `newer`. What was known of a kind that cannot be seen any more
    /// stays known: not seen is not gone.
    pub fn update(&mut self, newer: Inventory) {
        for (place, mut listing) in newer.listings {
            if let (Outcome::Unseen { hides: Hides::Everything, .. }, Some(known)) =
                (&listing.outcome, self.listings.remove(&place))
            {
                let seen: BTreeSet<ResourceId> =
                    listing.resources.iter().map(|resource| resource.id.clone()).collect();
                let rest = known.resources.into_iter().filter(|one| !seen.contains(&one.id));
                listing.resources.extend(rest);
            }
            self.listings.insert(place, listing);
        }
    }

    /// Why a resource may be there although it is not in the inventory.
    pub fn blind_to(&self, id: &ResourceId) -> Option<Gap> {
        let here = |gap: &Gap| gap.region == id.region || gap.region.is_global();
        let hidden = |gap: &Gap| gap.kind == id.kind && gap.hides.everything();
        self.unseen().into_iter().find(|gap| hidden(gap) && here(gap))
    }

    /// Every resource, by id. The same resource in two listings counts once.
    pub fn resources(&self) -> BTreeMap<&ResourceId, &Resource> {
        self.listings
            .values()
            .flat_map(|listing| &listing.resources)
            .map(|resource| (&resource.id, resource))
            .collect()
    }

    pub fn get(&self, id: &ResourceId) -> Option<&Resource> {
        self.of_kind(id.kind).find(|resource| resource.id == *id)
    }

    /// What was listed of a kind where it was asked for in `region`.
    pub fn listed(&self, kind: Kind, region: Region) -> &[Resource] {
        self.listings.get(&(kind, region)).map_or(&[], |listing| &listing.resources)
    }

    /// Whether a kind was listed in a region, or anything of it is known there.
    pub fn was_listed(&self, kind: Kind, region: Region) -> bool {
        let listing = self.listings.get(&(kind, region));
        listing.is_some_and(|one| one.outcome == Outcome::Listed || !one.resources.is_empty())
    }

    /// Every resource of a kind.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Resource> {
        self.listings
            .iter()
            .filter(move |((listed, _), _)| *listed == kind)
            .flat_map(|(_, listing)| &listing.resources)
    }

    /// Takes a resource out, once it is known to be gone.
    pub fn forget(&mut self, id: &ResourceId) {
        for ((kind, _), listing) in &mut self.listings {
            if *kind == id.kind {
                listing.resources.retain(|resource| resource.id != *id);
            }
        }
    }

    /// Replaces one resource by a newer reading of it.
    pub fn renew(&mut self, newer: &Resource) {
        for ((kind, _), listing) in &mut self.listings {
            if *kind != newer.id.kind {
                continue;
            }
            for resource in &mut listing.resources {
                if resource.id == newer.id {
                    *resource = newer.clone();
                }
            }
        }
    }

    pub fn unavailable(&self) -> Vec<Gap> {
        self.gaps(|outcome| match outcome {
            Outcome::Unavailable { why } => Some((why, &Hides::Everything)),
            _ => None,
        })
    }

    pub fn unseen(&self) -> Vec<Gap> {
        self.gaps(|outcome| match outcome {
            Outcome::Unseen { why, hides } => Some((why, hides)),
            _ => None,
        })
    }

    fn gaps(&self, of: impl Fn(&Outcome) -> Option<(&String, &Hides)>) -> Vec<Gap> {
        self.listings
            .iter()
            .filter_map(|((kind, region), listing)| {
                let (why, hides) = of(&listing.outcome)?;
                let (why, hides) = (why.clone(), hides.clone());
                Some(Gap { kind: *kind, region: *region, why, hides, accepted: false })
            })
            .collect()
    }

    /// When the oldest listing of these kinds was read; `None` if one of them never was.
    pub fn oldest_of(&self, kinds: impl IntoIterator<Item = Kind>) -> Option<Timestamp> {
        let mut oldest: Option<Timestamp> = None;
        for kind in kinds {
            let of_kind = self
                .listings
                .iter()
                .filter(|((listed, _), _)| *listed == kind)
                .map(|(_, listing)| listing.at)
                .min()?;
            oldest = Some(oldest.map_or(of_kind, |at| at.min(of_kind)));
        }
        oldest
    }

    /// The regions in which a kind was asked for.
    pub fn regions_of(&self, kind: Kind) -> Vec<Region> {
        self.listings.keys().filter(|(listed, _)| *listed == kind).map(|(_, r)| *r).collect()
    }
}
