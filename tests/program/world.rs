//! What is in an account, by the program's own inventory, before and after.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value;

use crate::harness::{Desk, LAB, rows, shared_lab, text};

/// Kind, region, id.
pub type Id = (String, String, String);

pub type World = BTreeMap<Id, Value>;

pub fn id(row: &Value) -> Id {
    let word = |field: &str| text(&row[field]).to_owned();
    (word("kind"), word("region"), word("id"))
}

/// Everything in the account, by the lab's manifest.
pub fn look(desk: &Desk) -> World {
    let inventory = desk.json(&["-m", LAB, "inventory", "--all"]).ends_with(0).document();
    rows(&inventory, "resources").iter().map(|row| (id(row), row.clone())).collect()
}

/// The lab as it was built. Another account in memory has the same ids in it.
pub fn untouched() -> &'static World {
    static WORLD: LazyLock<World> = LazyLock::new(|| look(&Desk::at(shared_lab())));
    &WORLD
}

pub fn decided<'w>(world: &'w World, decision: &str) -> impl Iterator<Item = (&'w Id, &'w Value)> {
    world.iter().filter(move |(_, row)| row["decision"] == decision)
}

/// A row without what differs between two accounts that were built alike.
fn likeness(row: &Value) -> Value {
    let mut row = row.clone();
    let fields = row.as_object_mut().expect("a row is an object");
    fields.remove("created");
    // Of a key that nobody used: since when that is known, which is since it was made.
    for caution in fields.get_mut("cautions").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some((words, _)) = text(caution).split_once(" recorded since ") {
            *caution = Value::from(words);
        }
    }
    row
}

/// The lab is gone, its keys are in their window, what cannot be deleted is stopped; and every
/// other row is what it was.
#[track_caller]
pub fn assert_only_the_lab_went(after: &World) {
    let before = untouched();
    for (id, row) in before {
        let now = after.get(id);
        match (text(&row["decision"]), id.0.as_str()) {
            ("delete", "kms:key") => {
                assert_eq!(now.map(|now| text(&now["decision"])), Some("pending"), "{id:?}");
            }
            ("delete", _) => assert_eq!(now, None, "{id:?} is gone"),
            ("stop", _) => {
                assert_ne!(now.map(|now| text(&now["decision"])), Some("stop"), "{id:?}");
            }
            _ => assert_eq!(now.map(likeness), Some(likeness(row)), "{id:?} is as it was"),
        }
    }
    let new: BTreeSet<&Id> = after.keys().filter(|id| !before.contains_key(*id)).collect();
    assert!(new.is_empty(), "new: {new:?}");
}
