//! What of a run can be taken back, by its journal and by what is there today. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::changed::Changed;
use super::fate::{Fate, fate};
use super::order::{self, Piece, reaches, takes_back};
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
    let mut absent: Vec<(&Resource, &str)> = Vec::new();
    for one in changed {
        let id = &one.was.id;
        let kind = kind_of(&one.was);
        let derived = kind.map_or(&[] as &[_], |kind| kind.facts().derived);
        let now = today.get(id).unwrap_or(&Today::Gone);
        match fate(one, now, kind) {
            Fate::Back(rebuild) => {
                way.without.extend(lacks(&one.was, &rebuild));
                pieces.push(Piece { was: one.was.clone(), steps: rebuild.steps, derived });
            }
            Fate::Mend(rebuild) => {
                if let Today::There(now) = now {
                    mended.insert(id.clone(), (now.pin.clone(), now.created));
                }
                way.without.extend(rebuild.without.into_iter().map(|what| row(id, what)));
                pieces.push(Piece { was: one.was.clone(), steps: rebuild.steps, derived });
            }
            Fate::There(why) => way.there.push(row(id, why)),
            Fate::Refused(why) => {
                absent.push((&one.was, "which is left as it is by now"));
                way.refused.push(row(id, why));
            }
            Fate::Lost(why) => {
                if matches!(now, Today::Gone) {
                    absent.push((&one.was, "which cannot come back"));
                }
                way.lost.push(row(id, why));
            }
        }
    }
    for piece in &mut pieces {
        way.without.extend(let_go(piece, &absent));
    }
    way.steps = steps(&pieces, &mended);
    way
}

/// Leaves a policy that is not back off its role, and a role out of its instance profile: by now
/// that may be somebody else's of the same name, and he did not mean it to be used so.
fn let_go(piece: &mut Piece, absent: &[(&Resource, &str)]) -> Vec<Row> {
    let mut said = Vec::new();
    let Piece { was, steps, .. } = piece;
    for reference in &was.uses {
        let is_it = |(used, _): &&(&Resource, &str)| reaches(was, reference, used);
        let (Some(cut), Some((used, why))) = (&reference.cut_by, absent.iter().find(is_it)) else {
            continue;
        };
        let before = steps.len();
        steps.retain(|step| !takes_back(step, cut));
        if steps.len() < before {
            said.push(row(&was.id, format!("its tie to {}, {why}", used.id)));
        }
    }
    said
}

fn row(id: &ResourceId, reason: String) -> Row {
    Row { resource: id.clone(), reason, used_by: Vec::new() }
}

/// What a resource that is made again comes back without.
pub fn lacks(was: &Resource, rebuild: &Rebuild) -> Vec<Row> {
    let mut lacks = rebuild.without.clone();
    let unread = was.record["unread"].as_object().into_iter().flatten();
    lacks.extend(unread.map(|(what, why)| {
        let why = why.as_str().unwrap_or("no reason is written down");
        format!("its {what}, which could not be read when it was removed: {why}")
    }));
    lacks.into_iter().map(|what| row(&was.id, what)).collect()
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
