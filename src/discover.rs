//! Runs the kinds' listers side by side and puts what they saw into an [`Inventory`].
//!
//! A lister that fails leaves a gap with its reason; the others go on. Kinds that can refer to
//! global things (roles, policies, buckets) are read in every region that the account has
//! enabled, the others in the manifest's regions only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;

use crate::aws::{Aws, AwsError, Brief, Class, Listed, Op, ResourceKind, kinds, registry};
use crate::inventory::{Hides, Inventory, Listing, Outcome};
use crate::regions;
use crate::resource::{Catalog, Kind, Reference, Region, Resource, Scope};

/// The regions that an account has enabled; and whether that could only be guessed.
pub async fn enabled_regions(aws: &Aws) -> (Vec<Region>, Option<AwsError>) {
    const OP: Op = Op::read("account", "ListRegions");
    use aws_sdk_account::types::RegionOptStatus::{Enabled, EnabledByDefault};
    let aws = aws.in_region(regions::home_of(aws.partition()));
    let client = aws.account();
    let pages = aws
        .pages(
            OP,
            |token| {
                client
                    .list_regions()
                    .region_opt_status_contains(Enabled)
                    .region_opt_status_contains(EnabledByDefault)
                    .set_next_token(token)
                    .into_paginator()
                    .send()
            },
            |page| page.next_token.clone(),
        )
        .await;
    match pages {
        Ok(pages) => {
            let names = pages.into_iter().flat_map(|page| page.regions.unwrap_or_default());
            let enabled: BTreeSet<Region> = names
                .filter_map(|region| region.region_name)
                .filter_map(|name| Region::parse(&name).ok())
                .collect();
            (enabled.into_iter().collect(), None)
        }
        Err(error) => (regions::of_partition(aws.partition()), Some(error)),
    }
}

/// How the reason ends where the endpoint's name is unknown.
const NO_HOST: &str = " (no such host)";

/// How far a discovery has come.
#[derive(Debug, Clone, Default)]
pub struct Seen(Arc<SeenCounts>);

#[derive(Debug, Default)]
struct SeenCounts {
    done: AtomicUsize,
    total: AtomicUsize,
    resources: AtomicUsize,
}

impl Seen {
    /// Listers done, listers in all, resources seen.
    pub fn counts(&self) -> (usize, usize, usize) {
        let get = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        (get(&self.0.done), get(&self.0.total), get(&self.0.resources))
    }
}

/// Looks at an account, all of it or some kinds of it.
#[derive(Clone)]
pub struct Discovery {
    aws: Aws,
    /// The manifest's regions.
    regions: Vec<Region>,
    /// Every region where something could use a global thing.
    everywhere: Vec<Region>,
    /// Regions of `everywhere` that the account may not have enabled: they were guessed.
    doubtful: BTreeSet<Region>,
}

impl Discovery {
    /// `guessed`: whether AWS did not say which regions are enabled, and the credentials would be
    /// good in all that are. Those of a session may not be: a token of the global STS endpoint is
    /// none in regions that an account has to ask for (IAM user guide, "Manage AWS STS in an AWS
    /// Region").
    pub fn new(aws: Aws, regions: Vec<Region>, enabled: Vec<Region>, guessed: bool) -> Self {
        let everywhere: BTreeSet<Region> = regions.iter().chain(&enabled).copied().collect();
        let sure = |region: &Region| {
            !guessed
                || regions.contains(region)
                || regions::ALWAYS_ENABLED.contains(&region.as_str())
        };
        let doubtful = everywhere.iter().copied().filter(|region| !sure(region)).collect();
        Self { aws, regions, everywhere: everywhere.into_iter().collect(), doubtful }
    }

    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// Everything of every kind.
    pub async fn all(&self, seen: &Seen) -> Inventory {
        self.kinds(|_| true, seen).await
    }

    /// Everything of the wanted kinds, and of the parents that are needed to list them.
    pub async fn kinds(&self, wanted: impl Fn(Kind) -> bool, seen: &Seen) -> Inventory {
        self.kinds_again(wanted, &Inventory::default(), seen).await
    }

    /// The same, where `known` was seen before.
    pub async fn kinds_again(
        &self,
        wanted: impl Fn(Kind) -> bool,
        known: &Inventory,
        seen: &Seen,
    ) -> Inventory {
        let catalog = registry::catalog();
        let families = families(catalog, &wanted);
        let mut tasks = Vec::new();
        for (root, children) in &families {
            for region in self.regions_for(catalog, *root, children) {
                seen.0.total.fetch_add(1 + children.len(), Ordering::Relaxed);
                tasks.push(self.family(*root, children, region, known, seen));
            }
        }
        let all: Vec<_> = join_all(tasks).await.into_iter().flatten().collect();
        // Where another service answers, the network is there. A host that nobody knows is not,
        // unless it answered before or the lab is said to be there.
        let answering: BTreeSet<(&str, Region)> = all
            .iter()
            .filter(|(_, _, listing)| listing.outcome == Outcome::Listed)
            .map(|(kind, region, _)| (kind.service(), *region))
            .collect();
        let lacks_service = |kind: Kind, region: Region| {
            !self.regions.contains(&region)
                && !known.was_listed(kind, region)
                && !answering.contains(&(kind.service(), region))
                && answering.iter().any(|(_, answers)| *answers == region)
        };
        let mut inventory = Inventory::default();
        for (kind, region, mut listing) in all {
            if let Outcome::Unseen { why, .. } = &listing.outcome
                && why.ends_with(NO_HOST)
                && lacks_service(kind, region)
            {
                listing.outcome = Outcome::Unavailable { why: why.clone() };
            }
            inventory.put(kind, region, listing);
        }
        inventory
    }

    fn regions_for(&self, catalog: &Catalog, root: Kind, children: &[Kind]) -> Vec<Region> {
        if catalog.is_global(root) {
            return vec![Region::GLOBAL];
        }
        let reaches_out = |kind: &Kind| {
            catalog
                .get(*kind)
                .is_some_and(|facts| facts.can_use.iter().any(|used| catalog.is_global(*used)))
        };
        match reaches_out(&root) || children.iter().any(reaches_out) {
            true => self.everywhere.clone(),
            false => self.regions.clone(),
        }
    }

    /// Lists one kind in one region, then the kinds that live in it.
    async fn family(
        &self,
        root: Kind,
        children: &[Kind],
        region: Region,
        known: &Inventory,
        seen: &Seen,
    ) -> Vec<(Kind, Region, Listing)> {
        let aws = match region.is_global() {
            true => self.aws.in_region(regions::home_of(self.aws.partition())),
            false => self.aws.in_region(region),
        };
        let parents = self.list(&aws, root, &[], known, seen).await;
        let of_children = children.iter().map(|child| async {
            let listing = match &parents.outcome {
                Outcome::Unavailable { .. } if parents.resources.is_empty() => {
                    seen.0.done.fetch_add(1, Ordering::Relaxed);
                    Listing { resources: Vec::new(), ..parents.clone() }
                }
                outcome => {
                    let mut listing =
                        self.list(&aws, *child, &parents.resources, known, seen).await;
                    // Children of parents that are not in the list are not in it either.
                    if let Outcome::Unseen { hides: Hides::Everything, .. } = outcome {
                        listing.outcome = outcome.clone();
                    }
                    listing
                }
            };
            (*child, region, listing)
        });
        let mut listings = join_all(of_children).await;
        listings.push((root, region, parents));
        listings
    }

    async fn list(
        &self,
        aws: &Aws,
        kind: Kind,
        parents: &[Resource],
        known: &Inventory,
        seen: &Seen,
    ) -> Listing {
        let at = self.aws.clock().now();
        let global = registry::catalog().is_global(kind);
        let brief = Brief {
            known: known.listed(kind, if global { Region::GLOBAL } else { aws.region() }),
            users_only: !global && !self.regions.contains(&aws.region()),
        };
        let result = match registry::find(kind) {
            Some(lister) => lister.list_briefly(aws, parents, &brief).await,
            None => Ok(Listed::default()),
        };
        let (resources, outcome) = match result {
            Ok(listed) => {
                let outcome = match listed.missing() {
                    None => Outcome::Listed,
                    Some((error, hides)) => Outcome::Unseen { why: error.to_string(), hides },
                };
                (listed.resources, outcome)
            }
            Err(error) if error.class == Class::Unavailable => {
                (Vec::new(), Outcome::Unavailable { why: error.to_string() })
            }
            // A region that is not enabled knows nobody's credentials; the door took these.
            Err(error)
                if error.class == Class::Credentials && self.doubtful.contains(&aws.region()) =>
            {
                let why = format!("the account has not enabled the region ({error})");
                (Vec::new(), Outcome::Unavailable { why })
            }
            Err(error) => {
                let no_host = if error.is_no_host() { NO_HOST } else { "" };
                let (why, hides) = (format!("{error}{no_host}"), Hides::Everything);
                (Vec::new(), Outcome::Unseen { why, hides })
            }
        };
        seen.0.done.fetch_add(1, Ordering::Relaxed);
        seen.0.resources.fetch_add(resources.len(), Ordering::Relaxed);
        let resources = resources.into_iter().map(with_aliases).collect();
        Listing { outcome, resources, at }
    }
}

/// Root kinds with the wanted kinds that live in them.
fn families(catalog: &Catalog, wanted: &impl Fn(Kind) -> bool) -> BTreeMap<Kind, Vec<Kind>> {
    let mut families: BTreeMap<Kind, Vec<Kind>> = BTreeMap::new();
    for facts in catalog.kinds().filter(|facts| wanted(facts.kind)) {
        match facts.parent {
            None => families.entry(facts.kind).or_default(),
            Some(parent) => {
                let children = families.entry(parent).or_default();
                children.push(facts.kind);
                children
            }
        };
    }
    families
}

/// Who names a key by an alias uses the alias too: without it, his configuration breaks.
fn with_aliases(mut resource: Resource) -> Resource {
    let aliases: Vec<Reference> = resource
        .uses
        .iter()
        .filter(|reference| reference.kind == kinds::kms::KEY)
        .filter(|reference| {
            reference.spelling.starts_with("alias/") || reference.spelling.contains(":alias/")
        })
        .map(|reference| Reference { kind: kinds::kms::ALIAS, ..reference.clone() })
        .collect();
    resource.uses.extend(aliases);
    resource
}

/// Reads one resource again, where it lives; `None` if it is gone.
pub async fn read_again(aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
    let Some(kind) = registry::find(known.kind()) else { return Ok(None) };
    let fresh = kind.read(&aws_for(aws, known, kind), known).await?;
    Ok(fresh.map(with_aliases))
}

/// The account as seen from where the resource is asked for.
pub fn aws_for(aws: &Aws, resource: &Resource, kind: &dyn ResourceKind) -> Aws {
    match kind.facts().scope {
        Scope::Regional => aws.in_region(resource.region()),
        Scope::Global => match resource.region().is_global() {
            true => aws.in_region(regions::home_of(aws.partition())),
            false => aws.in_region(resource.region()),
        },
    }
}
