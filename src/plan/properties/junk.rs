//! Accounts that AWS would never show.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::world::{HERE, KINDS, OUTSIDE, ties};
use crate::resource::{Action, Kind, Prep, Reference, Region, Resource, ResourceId, Tie};

fn texts() -> impl Strategy<Value = String> {
    let likely = [
        "",
        "a",
        "lab-dev",
        "lab-dev/a",
        "arn:",
        "/aws/eks/",
        "/aws/eks//",
        "/aws/eks/a/",
        "/",
        "\0",
    ];
    prop_oneof![
        4 => select(likely.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "\\PC{0,20}",
    ]
}

/// Any text anywhere, circles of parents, kinds of nowhere.
pub fn junk() -> impl Strategy<Value = Vec<Resource>> {
    let kinds = || prop_oneof![8 => select(KINDS), 1 => Just(Kind::new("x:y"))];
    let regions = || prop_oneof![4 => Just(HERE), 1 => Just(Region::GLOBAL), 1 => Just(OUTSIDE)];
    let references = move || {
        vec((kinds(), texts(), ties()), 0..4).prop_map(|all| {
            let reference = |(kind, text, tie): (Kind, String, Tie)| {
                Reference::new(kind, text.clone(), tie, text.clone())
                    .cut_by(Prep::of(Action::DetachPolicy, text))
            };
            all.into_iter().map(reference).collect::<Vec<_>>()
        })
    };
    let one = (
        (kinds(), regions(), texts(), texts()),
        proptest::option::of((kinds(), regions(), texts())),
        (references(), references(), references()),
        vec(texts(), 0..3),
        proptest::collection::btree_map(texts(), texts(), 0..3),
    )
        .prop_map(|((kind, region, id, name), parent, references, spellings, tags)| {
            let mut thing = Resource::new(kind, region, id, name);
            thing.parent = parent.map(|(kind, region, id)| ResourceId::new(kind, region, id));
            (thing.uses, thing.owns, thing.belongs_to) = references;
            thing.removal.prep =
                thing.uses.iter().filter_map(|reference| reference.cut_by.clone()).collect();
            thing.arn = spellings.first().cloned();
            thing.other_names = spellings.clone();
            thing.facts.insert("tag".to_owned(), spellings.clone());
            thing.spellings = spellings;
            thing.tags = tags;
            thing
        });
    vec(one, 0..12)
}
