//! What is built, and how much of it.

use std::collections::BTreeSet;

use dismantle::resource::{Kind, Region, ResourceId};
use dismantle::sandbox::ACCOUNT_ID;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::names::{Name, Names};
use super::{NO_LIMIT, Side, Size, Thing, World};
use crate::hand::Hand;

/// Where the manifest may look, and where it never does.
const HOME: &str = "us-east-1";
const SECOND: &str = "eu-west-1";
const ELSEWHERE: &str = "ap-southeast-1";

/// Builds a world and keeps the list of it.
pub struct Maker<'a> {
    pub hand: &'a Hand,
    pub chance: SmallRng,
    pub names: Names,
    pub world: World,
    /// Whose turn it is, where every kind is to have one in some world.
    turn: u64,
}

/// A thing to be noted.
pub struct New {
    pub kind: Kind,
    pub region: &'static str,
    pub id: String,
    pub arn: String,
    pub side: Side,
    pub uses: Vec<usize>,
}

/// The regions that the manifest of a seed names, and those that its account has enabled.
pub fn places(seed: u64) -> (Vec<&'static str>, Vec<&'static str>) {
    let mut chance = SmallRng::seed_from_u64(seed ^ 0x0041_B1CE);
    let mut regions = vec![HOME];
    if chance.random_bool(0.3) {
        regions.push(SECOND);
    }
    let mut enabled = regions.clone();
    if chance.random_bool(0.3) {
        enabled.push(ELSEWHERE);
    }
    (regions, enabled)
}

/// Builds the world of a seed in an empty account.
pub async fn build(
    hand: &Hand,
    seed: u64,
    size: Size,
    regions: Vec<&'static str>,
    enabled: Vec<&'static str>,
) -> Result<World, String> {
    let mut chance = SmallRng::seed_from_u64(seed ^ 0x0031_D0F5);
    let names = Names::new(&mut chance);
    let most = match size {
        Size::Small => 50.0,
        Size::Large => 290.0,
    };
    let power = if size == Size::Small { 3 } else { 1 };
    let wanted = 10 + (chance.random::<f64>().powi(power) * most) as usize;
    let world = World {
        things: Vec::new(),
        manifest: String::new(),
        stem: names.stem.clone(),
        regions,
        enabled,
        max_deletions: NO_LIMIT,
        circles: BTreeSet::new(),
    };
    let mut maker = Maker { hand, chance, names, world, turn: seed };
    while maker.world.things.len() < wanted {
        maker.piece().await?;
    }
    maker.manifest();
    Ok(maker.world)
}

impl Maker<'_> {
    /// One of so many, each in its turn.
    pub fn turn(&mut self, of: usize) -> usize {
        self.turn += 1;
        usize::try_from(self.turn).unwrap_or_default() % of
    }

    /// One piece more: a thing, with what it needs.
    async fn piece(&mut self) -> Result<(), String> {
        let side = if self.chance.random_bool(0.65) { Side::Lab } else { Side::Theirs };
        let region = self.somewhere(side);
        match self.chance.random_range(0..29) {
            0 | 1 => self.role(side).await.map(drop),
            2 => self.policy(side).await.map(drop),
            3 => self.profile(side).await,
            4 => self.key(region, side).await.map(drop),
            5 | 6 => self.bucket(region, side).await.map(drop),
            7 | 8 => self.log_group(region, side).await.map(drop),
            9 => self.repository(region, side).await.map(drop),
            10 => self.trail(region, side).await,
            11 => self.model(region, side).await.map(drop),
            12 | 13 => self.endpoint(region, side).await.map(drop),
            14 => self.notebook(region, side).await,
            15 | 23 => self.job(region, side).await,
            16 => self.packages(region, side).await,
            17 => self.pipeline(region, side).await,
            18 => self.domain(region, side).await,
            19 => self.cluster(region, side).await.map(drop),
            20 => self.circle(side).await,
            21 | 22 => {
                let region = self.somewhere(Side::Theirs);
                self.other(region).await
            }
            25 | 26 => {
                let region = self.somewhere(Side::Theirs);
                self.seen(region).await
            }
            27 | 28 => {
                let region = self.somewhere(Side::Theirs);
                self.handed(region).await
            }
            _ => self.principal().await,
        }
    }

    /// A region for a thing: the lab's are in the manifest's.
    fn somewhere(&mut self, side: Side) -> &'static str {
        let regions = match side {
            Side::Lab => &self.world.regions,
            Side::Theirs => &self.world.enabled,
        };
        regions.choose(&mut self.chance).copied().unwrap_or(HOME)
    }

    pub fn name(&mut self, side: Side, word: &str, tags: bool) -> Name {
        self.names.draw(&mut self.chance, side, word, tags)
    }

    pub fn add(&mut self, new: New) -> usize {
        let region = Region::parse(new.region).unwrap_or(Region::GLOBAL);
        self.world.things.push(Thing {
            id: ResourceId::new(new.kind, region, new.id),
            arn: new.arn,
            side: new.side,
            uses: new.uses.into_iter().collect(),
            owner: None,
            twin: None,
            held: false,
            by_tag: false,
            history: false,
        });
        self.world.things.len() - 1
    }

    /// The same, for a thing that has a name of its own.
    pub fn add_named(&mut self, new: New, name: &Name) -> usize {
        let at = self.add(new);
        self.world.things[at].held = name.held;
        self.world.things[at].by_tag = name.by_tag;
        at
    }

    /// The same, for what lives in `owner`.
    pub fn add_in(&mut self, owner: usize, new: New) -> usize {
        let at = self.add(new);
        self.world.things[at].uses.insert(owner);
        self.world.things[at].owner = Some(owner);
        at
    }

    /// Something that is there already, mostly of the same side. Who takes another's shares it.
    pub fn pick(&mut self, kind: Kind, region: &str, side: Side) -> Option<usize> {
        let own = self.chance.random_bool(if side == Side::Lab { 0.92 } else { 0.75 });
        let fits = |thing: &Thing| {
            let here = thing.id.region.is_global() || thing.id.region.as_str() == region;
            thing.id.kind == kind && here && (thing.side == side) == own
        };
        let all: Vec<usize> =
            (0..self.world.things.len()).filter(|at| fits(&self.world.things[*at])).collect();
        if self.chance.random_bool(0.25) {
            return None;
        }
        all.choose(&mut self.chance).copied()
    }

    pub fn arn(&self, at: usize) -> String {
        self.world.things[at].arn.clone()
    }

    pub fn id(&self, at: usize) -> String {
        self.world.things[at].id.id.clone()
    }

    /// `arn:aws:SERVICE:REGION:ACCOUNT:PATH`
    pub fn arn_of(service: &str, region: &str, path: &str) -> String {
        format!("arn:aws:{service}:{region}:{ACCOUNT_ID}:{path}")
    }

    /// Tags as most services' JSON takes them.
    pub fn tag_list(name: &Name) -> Value {
        name.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
    }

    /// A manifest that takes what was built for the lab, in several ways of saying it.
    fn manifest(&mut self) {
        let stem = self.world.stem.clone();
        let text = |text: &str| json!(text).to_string();
        let lab = self.world.things.iter().filter(|one| one.side == Side::Lab).count();
        // Too few now and then; that counts parents' children too, so it is never too many.
        if self.chance.random_bool(0.04) {
            self.world.max_deletions = (lab / 2).max(1);
        }
        let regions = self.world.regions.join(", ");
        let mut lines = vec![
            "version: 1".to_owned(),
            format!("name: {stem}"),
            format!("accounts: [\"{ACCOUNT_ID}\"]"),
            format!("regions: [{regions}]"),
            "match:".to_owned(),
        ];
        let by_name = match self.chance.random_range(0..3) {
            0 => format!("  - {{ regex: {} }}", text(&format!("^{stem}-"))),
            1 => format!("  - {{ glob: {} }}", text(&format!("{stem}-*"))),
            _ => format!("  - prefix: {stem}"),
        };
        lines.push(by_name);
        lines.push(format!("  - {{ tags: {{ Lab: {} }} }}", text(&self.names.tag)));
        lines.push(
            "  - { kind: sagemaker:training-job, glob: \"exp-*\", where: { status: Stopped } }"
                .to_owned(),
        );
        lines.push("keep:".to_owned());
        lines.push(
            "  - { kind: sagemaker:model-package, where: { approval: Approved } }".to_owned(),
        );
        lines.push(format!("limits: {{ max_deletions: {} }}", self.world.max_deletions));
        let days = self.chance.random_range(7..=30);
        lines.push(format!("options: {{ kms: {{ pending_window_days: {days} }} }}"));
        self.world.manifest = lines.join("\n");
    }
}
