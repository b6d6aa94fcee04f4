//! What of a run can be taken back, by its journal and by what is there today. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::changed::Changed;
use super::fate::{Fate, fate};
use super::order::{self, Piece};
use crate::aws::{Rebuild, ResourceKind};
use crate::plan::{Row, Step, StepId};
use crate::resource::{Resource, ResourceId};

/// What is there today in the place of a resource.
#[derive(Debug, Clone)]
pub enum Today {
    Gone,
    There(Box<Resource>),
    /// It could not be read, and why.
    Unread(String),
}

/// The way back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    pub steps: Vec<Step>,
    /// Is there already as it was.
    pub there: Vec<Row>,
    /// Is there as something else, or is not this run's to take back.
    pub refused: Vec<Row>,
    /// Cannot come back, and why.
    pub lost: Vec<Row>,
    /// What comes back without something, and without what.
    pub without: Vec<Row>,
}

/// What tells a thing from another of its name: its pin, and when it was made.
type Identity = (Option<String>, Option<Timestamp>);

/// Plans the way back. `kind_of` knows each kind's [`ResourceKind::rebuild`].
pub fn plan<'k>(
    changed: &[Changed],
    today: &BTreeMap<ResourceId, Today>,
    kind_of: impl Fn(&Resource) -> Option<&'k dyn ResourceKind>,
) -> Way {
    let mut way = Way::default();
    let mut pieces = Vec::new();
    let mut mended = BTreeMap::new();
    for one in changed {
        let id = &one.was.id;
        let derived = kind_of(&one.was).map_or(&[] as &[_], |kind| kind.facts().derived);
        let piece = |steps| Piece { was: one.was.clone(), steps, derived };
        let unknown = || "this version does not know its kind".to_owned();
        let rebuild = kind_of(&one.was)
            .ok_or_else(unknown)
            .and_then(|kind| kind.rebuild(&one.was).map(|rebuild| (kind, rebuild)));
        let now = today.get(id).unwrap_or(&Today::Gone);
        let without = rebuild.as_ref().map_or(Vec::new(), |(_, rebuild)| lacks(&one.was, rebuild));
        match fate(one, now, rebuild) {
            Fate::Back(steps) => {
                way.without.extend(without.into_iter().map(|what| row(id, what)));
                pieces.push(piece(steps));
            }
            Fate::Mend(steps) => {
                if let Today::There(now) = now {
                    mended.insert(id.clone(), (now.pin.clone(), now.created));
                }
                pieces.push(piece(steps));
            }
            Fate::There(why) => way.there.push(row(id, why)),
            Fate::Refused(why) => way.refused.push(row(id, why)),
            Fate::Lost(why) => way.lost.push(row(id, why)),
        }
    }
    way.steps = steps(&pieces, &mended);
    way
}

fn row(id: &ResourceId, reason: String) -> Row {
    Row { resource: id.clone(), reason, used_by: Vec::new() }
}

/// What a resource comes back without.
fn lacks(was: &Resource, rebuild: &Rebuild) -> Vec<String> {
    let mut lacks = rebuild.without.clone();
    let unread = was.record["unread"].as_object().into_iter().flatten();
    lacks.extend(unread.map(|(what, why)| {
        let why = why.as_str().unwrap_or("no reason is written down");
        format!("its {what}, which could not be read when it was removed: {why}")
    }));
    lacks
}

/// `mended`: what is there already, by its pin and its age.
fn steps(pieces: &[Piece], mended: &BTreeMap<ResourceId, Identity>) -> Vec<Step> {
    let order = order::order(pieces);
    let names: BTreeMap<order::Place, StepId> = order
        .iter()
        .enumerate()
        .map(|(number, (place, _))| (*place, StepId::numbered(number + 1)))
        .collect();
    let step = |(place, waits): &(order::Place, BTreeSet<order::Place>)| {
        let piece = &pieces[place.0];
        let prep = &piece.steps[place.1];
        let on = mended.get(&piece.was.id);
        Step {
            step: names[place].clone(),
            action: prep.action,
            resource: piece.was.id.clone(),
            target: prep.target.clone(),
            after: waits.iter().filter_map(|before| names.get(before).cloned()).collect(),
            reason: match on {
                Some(_) => "the run changed it".to_owned(),
                None => "the run removed it".to_owned(),
            },
            pin: on.and_then(|(pin, _)| pin.clone()),
            created: on.and_then(|(_, created)| *created),
        }
    };
    order.iter().map(step).collect()
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
