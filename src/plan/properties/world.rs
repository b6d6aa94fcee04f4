//! Random accounts of real kinds, with the truth about them beside: who uses whom, who belongs to
//! whom, and what the manifest means.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::aws::kinds::{cloudtrail, ecr, eks, iam, kms, logs, s3, sagemaker};
use crate::aws::registry::catalog;
use crate::classify::{Case, Classification, Gone, KEEP_TAG, classify};
use crate::inventory::{Hides, Inventory, Listing, Outcome};
use crate::manifest::Manifest;
use crate::plan::{Plan, plan};
use crate::resource::{
    Action, Kind, Last, Lifecycle, Prep, Protection, Reference, Region, Resource, Tie, Unread,
};

pub const HERE: Region = Region::new("us-east-1");
const THERE: Region = Region::new("ap-southeast-1");
/// A region that the manifest does not have.
pub const OUTSIDE: Region = Region::new("eu-west-1");
const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

const MANIFEST: &str = r#"
version: 1
name: lab
accounts: ["842676018087"]
regions: [us-east-1, ap-southeast-1]
match:
  - { prefix: lab-dev }
  - { tags: { Lab: "yes" } }
  - { kind: sagemaker:training-job, prefix: lab-stop, action: stop }
  - { kind: sagemaker:notebook-instance, prefix: lab-stop, action: stop }
  - { kind: ecr:image, where: { tag: [dev] } }
options:
  lift_protection: [eks:cluster, logs:log-group]
"#;

pub const KINDS: &[Kind] = &[
    cloudtrail::TRAIL,
    ecr::IMAGE,
    ecr::REPOSITORY,
    eks::ADDON,
    eks::CLUSTER,
    eks::NODEGROUP,
    iam::INSTANCE_PROFILE,
    iam::POLICY,
    iam::ROLE,
    iam::USER,
    kms::GRANT,
    kms::KEY,
    logs::LOG_GROUP,
    s3::BUCKET,
    sagemaker::MODEL,
    sagemaker::NOTEBOOK_INSTANCE,
    sagemaker::TRAINING_JOB,
    sagemaker::TRANSFORM_JOB,
];

static LAB: LazyLock<Manifest> =
    LazyLock::new(|| Manifest::parse(MANIFEST, "lab.yaml", catalog()).unwrap());

pub fn decide(inventory: &Inventory, accepted: &BTreeSet<Kind>) -> (Classification, Plan) {
    let decided = classify(&Case {
        inventory,
        manifest: &LAB,
        catalog: catalog(),
        accepted_unseen: accepted,
        planned: None,
        gone: &Gone::default(),
        now: NOW,
    });
    let plan = plan(inventory, &decided, catalog());
    (decided, plan)
}

/// `user` uses `used`, or lives in it. Both are places in [`World::things`].
#[derive(Debug, Clone)]
pub struct Link {
    pub user: usize,
    pub used: usize,
    pub tie: Tie,
    pub cut: Option<Prep>,
}

#[derive(Debug, Clone)]
pub struct World {
    pub things: Vec<Resource>,
    pub links: Vec<Link>,
    /// Owner and owned.
    pub owners: Vec<(usize, usize)>,
    /// Whether a line of the manifest takes it, if nothing else is said of it.
    pub matched: Vec<bool>,
    pub gaps: Vec<(Kind, Region)>,
    pub accepted: BTreeSet<Kind>,
}

impl World {
    /// The account as it is seen when it is listed in this order.
    pub fn inventory(&self, order: impl IntoIterator<Item = usize>) -> Inventory {
        inventory(order.into_iter().map(|at| self.things[at].clone()), &self.gaps)
    }
}

pub fn inventory(things: impl IntoIterator<Item = Resource>, gaps: &[(Kind, Region)]) -> Inventory {
    let asked = |kind, region| if catalog().is_global(kind) { Region::GLOBAL } else { region };
    let mut listed: BTreeMap<(Kind, Region), Vec<Resource>> = BTreeMap::new();
    for thing in things {
        listed.entry((thing.kind(), asked(thing.kind(), thing.region()))).or_default().push(thing);
    }
    let unseen: BTreeSet<_> = gaps.iter().map(|(kind, at)| (*kind, asked(*kind, *at))).collect();
    for gap in &unseen {
        listed.entry(*gap).or_default();
    }
    let mut inventory = Inventory::default();
    for (place, resources) in listed {
        let outcome = match unseen.contains(&place) {
            true => Outcome::Unseen { why: "access denied".to_owned(), hides: Hides::Everything },
            false => Outcome::Listed,
        };
        inventory.put(place.0, place.1, Listing { outcome, resources, at: NOW });
    }
    inventory
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Nothing,
    Keep,
    Lab,
    Stack,
    Protected,
    Liftable,
    Unread,
}

/// What one thing is made of, before it is known who else there is.
#[derive(Debug, Clone)]
struct Seed {
    kind: Kind,
    region: Region,
    name: &'static str,
    lifecycle: Lifecycle,
    mark: Mark,
    /// Which of the things that it could live in, or be named after.
    home: Index,
    /// A log group's name is derived; an image has the tag `dev`.
    special: bool,
}

#[derive(Debug, Clone)]
struct LinkSeed {
    user: Index,
    used: Index,
    tie: Tie,
    /// 0: ARN, 1: id, 2: name.
    spelling: usize,
    cut: bool,
}

fn seeds() -> impl Strategy<Value = Seed> {
    let region = prop_oneof![6 => Just(HERE), 2 => Just(THERE), 1 => Just(OUTSIDE)];
    let name = prop_oneof![
        8 => Just("lab-dev-"),
        2 => Just("lab-dev_"),
        1 => Just("lab-stop-"),
        1 => Just("lab-devops-"),
        1 => Just("lab-dev2-"),
        1 => Just("lab-de-"),
        1 => Just("other-"),
    ];
    let status = || "some".to_owned();
    let lifecycle = prop_oneof![
        10 => Just(Lifecycle::Live),
        1 => Just(Lifecycle::Changing { status: status() }),
        1 => Just(Lifecycle::Leaving { status: status() }),
        1 => Just(Lifecycle::DeleteFailed { why: status() }),
        1 => Just(Lifecycle::Pending { until: None }),
        2 => Just(Lifecycle::Ended { status: status() }),
    ];
    let mark = prop_oneof![
        20 => Just(Mark::Nothing),
        1 => Just(Mark::Keep),
        1 => Just(Mark::Lab),
        1 => Just(Mark::Stack),
        1 => Just(Mark::Protected),
        3 => Just(Mark::Liftable),
        1 => Just(Mark::Unread),
    ];
    (select(KINDS), region, name, lifecycle, mark, any::<Index>(), any::<bool>()).prop_map(
        |(kind, region, name, lifecycle, mark, home, special)| Seed {
            kind,
            region,
            name,
            lifecycle,
            mark,
            home,
            special,
        },
    )
}

pub fn ties() -> impl Strategy<Value = Tie> {
    prop_oneof![1 => Just(Tie::Order), 2 => Just(Tie::Soft), 2 => Just(Tie::Hard)]
}

fn link_seeds() -> impl Strategy<Value = LinkSeed> {
    (any::<Index>(), any::<Index>(), ties(), 0..3_usize, any::<bool>())
        .prop_map(|(user, used, tie, spelling, cut)| LinkSeed { user, used, tie, spelling, cut })
}

/// Half of them are calm: all is the lab's, live and unprotected, so that much is planned.
pub fn worlds() -> impl Strategy<Value = World> {
    let gap = (select(KINDS), prop_oneof![Just(HERE), Just(THERE)]);
    let gaps = prop_oneof![3 => Just(Vec::<(Kind, Region)>::new()), 1 => vec(gap, 1..3)];
    (
        any::<bool>(),
        vec(seeds(), 5..=40),
        vec(link_seeds(), 0..=40),
        vec((any::<Index>(), any::<Index>(), any::<bool>()), 0..=6),
        gaps,
        proptest::option::of(select(KINDS)),
    )
        .prop_map(|(calm, mut seeds, links, owned, gaps, accepted)| {
            if calm {
                for seed in &mut seeds {
                    seed.region = HERE;
                    seed.name = "lab-dev-";
                    seed.lifecycle = Lifecycle::Live;
                    seed.mark = Mark::Nothing;
                }
            }
            let mut world = build(seeds, &links, &owned);
            world.gaps = if calm { Vec::new() } else { gaps };
            world.accepted = accepted.into_iter().collect();
            world
        })
}

fn build(mut seeds: Vec<Seed>, links: &[LinkSeed], owned: &[(Index, Index, bool)]) -> World {
    // What others live in is made first.
    seeds.sort_by_key(|seed| home_kind(seed).is_some());
    let mut world = World {
        things: Vec::new(),
        links: Vec::new(),
        owners: Vec::new(),
        matched: Vec::new(),
        gaps: Vec::new(),
        accepted: BTreeSet::new(),
    };
    for (at, seed) in seeds.iter().enumerate() {
        let home = home(seed, &world.things);
        let thing = thing(at, seed, home.map(|home| &world.things[home]));
        if let Some(home) = home {
            world.owners.push((home, at));
            if thing.parent.is_some() {
                world.links.push(Link { user: at, used: home, tie: Tie::Hard, cut: None });
            }
        }
        world.matched.push(is_matched(seed, home));
        world.things.push(thing);
    }
    let count = world.things.len();
    for seed in links {
        link(&mut world, seed.user.index(count), seed.used.index(count), seed);
    }
    for (owner, owned, told_by_owner) in owned {
        let (owner, owned) = (owner.index(count), owned.index(count));
        let told =
            |of: &Resource| Reference::order(of.kind(), of.arn.clone().unwrap_or_default(), "made");
        if owner == owned {
            continue;
        }
        if *told_by_owner {
            let reference = told(&world.things[owned]);
            world.things[owner].owns.push(reference);
        } else {
            let reference = told(&world.things[owner]);
            world.things[owned].belongs_to.push(reference);
        }
        world.owners.push((owner, owned));
    }
    world
}

fn home_kind(seed: &Seed) -> Option<Kind> {
    match seed.kind {
        kind if kind == ecr::IMAGE => Some(ecr::REPOSITORY),
        kind if kind == eks::NODEGROUP || kind == eks::ADDON => Some(eks::CLUSTER),
        kind if kind == logs::LOG_GROUP && seed.special => Some(eks::CLUSTER),
        _ => None,
    }
}

fn home(seed: &Seed, made: &[Resource]) -> Option<usize> {
    let kind = home_kind(seed)?;
    let homes: Vec<usize> = (0..made.len()).filter(|at| made[*at].kind() == kind).collect();
    (!homes.is_empty()).then(|| homes[seed.home.index(homes.len())])
}

fn is_matched(seed: &Seed, home: Option<usize>) -> bool {
    let derived = seed.kind == logs::LOG_GROUP && seed.special;
    // A derived name is its owner's; without an owner it says whose it was.
    let by_name = seed.name.starts_with("lab-dev-") || seed.name.starts_with("lab-dev_");
    let stops = [sagemaker::TRAINING_JOB, sagemaker::NOTEBOOK_INSTANCE].contains(&seed.kind);
    (by_name && !(derived && home.is_some()))
        || seed.mark == Mark::Lab
        || (stops && seed.name == "lab-stop-")
        || (seed.kind == ecr::IMAGE && seed.special)
}

fn thing(at: usize, seed: &Seed, home: Option<&Resource>) -> Resource {
    let own = format!("{}{at}", seed.name);
    let derived = seed.kind == logs::LOG_GROUP && seed.special;
    let (id, name) = match home {
        Some(cluster) if derived => {
            let name = format!("/aws/eks/{}/{at}", cluster.name);
            (name.clone(), name)
        }
        None if derived => {
            let name = format!("/aws/eks/{own}/cluster");
            (name.clone(), name)
        }
        Some(home) => (format!("{}/{own}", home.id.id), own),
        None => (own.clone(), own),
    };
    let region = match home {
        Some(home) => home.region(),
        None if seed.kind.service() == "iam" => Region::GLOBAL,
        None => seed.region,
    };
    let arn = format!("arn:aws:{}:{region}:842676018087:{id}", seed.kind.service());
    let mut thing = Resource::new(seed.kind, region, id, name);
    thing.arn = Some(arn);
    thing.lifecycle = seed.lifecycle.clone();
    thing.parent = home.filter(|_| !derived).map(|home| home.id.clone());
    if seed.kind == ecr::IMAGE {
        thing.fact("tag", "prod");
        if seed.special {
            thing.fact("tag", "dev");
        }
    }
    mark(&mut thing, seed.mark);
    remove(&mut thing);
    thing
}

fn mark(thing: &mut Resource, mark: Mark) {
    let tag = match mark {
        Mark::Keep => Some((KEEP_TAG, "")),
        Mark::Lab => Some(("Lab", "yes")),
        Mark::Stack => Some(("aws:cloudformation:stack-name", "web")),
        _ => None,
    };
    thing.tags.extend(tag.map(|(key, value)| (key.to_owned(), value.to_owned())));
    if matches!(mark, Mark::Protected | Mark::Liftable) {
        let why = "deletion protection is on".to_owned();
        thing.protections.push(Protection { why, liftable: mark == Mark::Liftable });
    }
    if mark == Mark::Unread {
        thing.unread.push(Unread { what: "tags".to_owned(), why: "access denied".to_owned() });
    }
}

fn remove(thing: &mut Resource) {
    let kind = thing.kind();
    let jobs = [sagemaker::NOTEBOOK_INSTANCE, sagemaker::TRAINING_JOB, sagemaker::TRANSFORM_JOB];
    let prep = match kind {
        _ if kind == s3::BUCKET => Some(Prep::new(Action::Empty)),
        _ if kind == iam::ROLE => Some(Prep::of(Action::DeleteInlinePolicy, "inline")),
        _ if kind == iam::POLICY => Some(Prep::of(Action::DeletePolicyVersion, "v1")),
        _ if jobs.contains(&kind) && thing.lifecycle == Lifecycle::Live => {
            Some(Prep::new(Action::Stop))
        }
        _ => None,
    };
    thing.removal.prep.extend(prep);
    if kind == kms::KEY {
        thing.removal.last = Last::ScheduleDeletion;
    } else if [sagemaker::TRANSFORM_JOB, kms::GRANT, iam::USER].contains(&kind) {
        thing.removal.last = Last::Never("AWS keeps it".to_owned());
    }
}

fn link(world: &mut World, user: usize, used: usize, seed: &LinkSeed) {
    let known = world.links.iter().any(|link| link.user == user && link.used == used);
    if known || user == used {
        return;
    }
    let target = &world.things[used];
    let spelling = match seed.spelling {
        0 => target.arn.clone().unwrap_or_default(),
        1 => target.id.id.clone(),
        _ => target.name.clone(),
    };
    let mut reference = Reference::new(target.kind(), spelling, seed.tie, "data");
    if target.region() != world.things[user].region() {
        reference = reference.in_region(target.region());
    }
    let cut = seed.cut.then(|| Prep::of(Action::DetachPolicy, target.id.to_string()));
    if let Some(prep) = &cut {
        reference = reference.cut_by(prep.clone());
        world.things[user].removal.prep.push(prep.clone());
    }
    world.things[user].uses.push(reference);
    world.links.push(Link { user, used, tie: seed.tie, cut });
}
