//! Worlds from a seed: a lab and its neighbours, and what must become of each thing in it.
//!
//! [`World::fates`] is a model of its own of the rules that `classify` has: who is held, who is
//! used by what stays, and who belongs to whom. It reads no inventory; it knows what was built.

mod containers;
mod handed;
mod jobs;
mod make;
mod names;
mod others;
mod plain;
mod serving;

use std::collections::BTreeSet;

use dismantle::resource::ResourceId;

pub use make::{build, places};
pub use names::SCRIPTS;

/// The manifest's limit where it is to hold nothing back: its default.
pub const NO_LIMIT: usize = 500;

/// Whose a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Lab,
    Theirs,
}

/// What must become of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Goes,
    Stays,
    /// The rules leave it open, or it hangs on something that they leave open.
    Either,
}

/// One thing that was built.
#[derive(Debug, Clone)]
pub struct Thing {
    pub id: ResourceId,
    pub arn: String,
    pub side: Side,
    /// What it uses or lives in: places in [`World::things`].
    pub uses: BTreeSet<usize>,
    /// What it belongs to, where the manifest takes it for that alone.
    pub owner: Option<usize>,
    /// A key and its alias go together.
    pub twin: Option<usize>,
    /// Protected, kept by a tag or kept by a rule of the manifest's.
    pub held: bool,
    /// The manifest takes it for its tag alone.
    pub by_tag: bool,
    /// AWS keeps it for ever: it goes by being stopped.
    pub history: bool,
}

/// What was built, and the manifest for it.
#[derive(Debug, Clone)]
pub struct World {
    pub things: Vec<Thing>,
    pub manifest: String,
    /// The lab's name, with which its things' names begin.
    pub stem: String,
    /// The regions that the manifest names.
    pub regions: Vec<&'static str>,
    /// The regions that the account has enabled.
    pub enabled: Vec<&'static str>,
    pub max_deletions: usize,
    /// Edges of circles: one of them is broken, whichever.
    pub circles: BTreeSet<(usize, usize)>,
}

/// How large a world is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 10 to 60 things, mostly few.
    Small,
    /// Up to 300.
    Large,
}

impl World {
    /// What must become of each thing, if nobody else does anything.
    pub fn fates(&self) -> Vec<Fate> {
        let mut stays: Vec<bool> =
            self.things.iter().map(|one| one.side == Side::Theirs || one.held).collect();
        for (at, thing) in self.things.iter().enumerate() {
            // A keep and a protection hold what belongs to it too.
            stays[at] |= self.owners(thing).any(|owner| self.things[owner].held);
        }
        self.spread(&mut stays);
        let mut open: Vec<bool> =
            self.things.iter().map(|thing| self.owners(thing).any(|owner| stays[owner])).collect();
        self.spread(&mut open);
        stays
            .into_iter()
            .zip(open)
            .map(|fate| match fate {
                (true, _) => Fate::Stays,
                (false, true) => Fate::Either,
                (false, false) => Fate::Goes,
            })
            .collect()
    }

    /// All that the thing belongs to, up to the root.
    fn owners<'a>(&'a self, thing: &'a Thing) -> impl Iterator<Item = usize> + 'a {
        std::iter::successors(thing.owner, move |at| self.things[*at].owner)
    }

    /// What is true of a user is true of what it uses, and of twins.
    fn spread(&self, all: &mut [bool]) {
        let mut changed = true;
        while changed {
            changed = false;
            for (at, thing) in self.things.iter().enumerate() {
                let also = thing.uses.iter().chain(&thing.twin).copied();
                for other in also.filter(|_| all[at]).collect::<Vec<_>>() {
                    changed |= !all[other];
                    all[other] = true;
                }
            }
        }
    }

    /// The thing, all that it uses, all that belongs to it and all that this uses: what may come
    /// out otherwise once somebody has touched it.
    pub fn shaken_by(&self, at: usize) -> BTreeSet<usize> {
        let mut all = vec![false; self.things.len()];
        all[at] = true;
        for (child, thing) in self.things.iter().enumerate() {
            all[child] |= self.owners(thing).any(|owner| owner == at);
        }
        self.spread(&mut all);
        all.iter().enumerate().filter(|(_, shaken)| **shaken).map(|(at, _)| at).collect()
    }
}
