//! What of a run can be taken back, by its journal and by what is there today. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::compare::differences;
use super::order::{self, Piece, takes_back};
use crate::aws::{Rebuild, ResourceKind};
use crate::journal::{Completion, RunState, StepState};
use crate::plan::{Row, Step, StepId};
use crate::resource::{Action, Lifecycle, Prep, Resource, ResourceId};

/// Two clocks, AWS's and ours, agree no better than this on when a key goes.
const SAME_MOMENT: SignedDuration = SignedDuration::from_mins(15);

/// A resource that a run has changed, or may have.
#[derive(Debug, Clone)]
pub struct Changed {
    /// As it was before the first call.
    pub was: Resource,
    /// Preparatory steps whose call left.
    pub undone: Vec<Prep>,
    /// Whether its removal was asked for.
    pub removal: Option<Removed>,
    /// When an earlier restore of the same run made it again.
    pub made: Option<Timestamp>,
}

/// How far the removal of a resource came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    /// Whether AWS said so; else only AWS knows.
    pub surely: bool,
    /// For a key: when the run scheduled it to go, and when it asked.
    pub until: Option<Timestamp>,
    pub asked: Timestamp,
}

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

/// The resources that a run has changed, with how far it came.
pub fn changed(state: &RunState) -> Vec<Changed> {
    let mut found = Vec::new();
    for (id, was) in &state.records {
        let mut one = Changed { was: was.clone(), undone: Vec::new(), removal: None, made: None };
        let steps = state.steps.iter().filter(|s| s.step.resource == *id && s.attempts > 0);
        for record in steps {
            if !record.step.action.is_removal() {
                one.undone.push(record.step.prep());
                continue;
            }
            let until = match record.state {
                StepState::Done(Completion::Pending { until }) => until,
                _ => None,
            };
            let surely = matches!(record.state, StepState::Done(_));
            one.removal = Some(Removed { surely, until, asked: record.at });
        }
        if one.removal.is_some() || !one.undone.is_empty() {
            found.push(one);
        }
    }
    found
}

/// What tells a thing from another of its name: its pin, and when it was made.
type Identity = (Option<String>, Option<Timestamp>);

/// Notes what an earlier restore of the same run has made again.
pub fn note_earlier(changed: &mut [Changed], restore: &RunState) {
    for record in &restore.steps {
        let made = record.step.action == Action::Create && record.attempts > 0;
        if !made || !matches!(record.state, StepState::Done(_)) {
            continue;
        }
        for one in changed.iter_mut().filter(|one| one.was.id == record.step.resource) {
            one.made = Some(record.at);
        }
    }
}

/// What becomes of one resource.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    /// These steps.
    Back(Vec<Prep>),
    /// These steps, on the thing that is there.
    Mend(Vec<Prep>),
    There(String),
    Refused(String),
    Lost(String),
}

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

fn fate(
    one: &Changed,
    today: &Today,
    rebuild: Result<(&dyn ResourceKind, Rebuild), String>,
) -> Fate {
    let now = match today {
        Today::Unread(why) => {
            return Fate::Refused(format!("what is there today could not be read: {why}"));
        }
        Today::Gone => return gone(one, rebuild),
        Today::There(now) => now,
    };
    if let Lifecycle::Leaving { status } = &now.lifecycle {
        return Fate::Refused(format!(
            "AWS is still removing it ({status}): restore it after that"
        ));
    }
    if let Lifecycle::Pending { until } = now.lifecycle {
        return pending(one, until, rebuild);
    }
    let is_the_same = now.differs_from(one.was.pin.as_deref(), one.was.created).is_none();
    let removed = one.removal.is_some_and(|removal| removal.surely);
    let is_back = removed && one.was.removal.last == crate::resource::Last::Delete;
    if is_the_same && !is_back {
        return undo(one, now, rebuild);
    }
    let differ = differences(&one.was, now);
    if let (false, Some(made), Ok((kind, rebuild))) = (differ.is_empty(), one.made, &rebuild)
        && now.created.is_none_or(|there| there.duration_since(made).abs() <= SAME_MOMENT)
    {
        let mut steps = rebuild.steps.clone();
        steps.retain(|step| !kind.shows(&one.was, now, step));
        if !steps.is_empty() {
            return Fate::Mend(steps);
        }
    }
    match differ.is_empty() {
        true => Fate::There("it is there again, as it was".to_owned()),
        false => Fate::Refused(format!(
            "something of its name is there by now, with another {}; it is left as it is",
            differ.join(", ")
        )),
    }
}

fn gone(one: &Changed, rebuild: Result<(&dyn ResourceKind, Rebuild), String>) -> Fate {
    if one.removal.is_none() {
        return Fate::Lost("it is gone by now, and this run did not remove it".to_owned());
    }
    match rebuild {
        Err(why) => Fate::Lost(why),
        Ok((_, rebuild)) if rebuild.steps.first().map(|s| s.action) == Some(Action::Create) => {
            Fate::Back(rebuild.steps)
        }
        Ok(_) => Fate::Lost("its window is over: AWS has deleted it for good".to_owned()),
    }
}

/// A key in its window, which only its own run's schedule is taken back of.
fn pending(
    one: &Changed,
    until: Option<Timestamp>,
    rebuild: Result<(&dyn ResourceKind, Rebuild), String>,
) -> Fate {
    match (one.removal, rebuild) {
        (None, _) => Fate::Refused("somebody else has scheduled its deletion".to_owned()),
        (_, Err(why)) => Fate::Lost(why),
        (Some(removal), Ok((_, rebuild))) => match is_own_schedule(&removal, until) {
            true => Fate::Mend(rebuild.steps),
            false => Fate::Refused(
                "it is scheduled for another day than this run scheduled it for: somebody else \
                 did that, and it stays"
                    .to_owned(),
            ),
        },
    }
}

/// Whether a key's window is the one that the run asked for. Where the answer was lost, the window
/// must be one of whole days from when it was asked (KMS: 7 to 30).
pub fn is_own_schedule(removal: &Removed, until: Option<Timestamp>) -> bool {
    let Some(until) = until else { return removal.until.is_none() && removal.surely };
    match removal.until {
        Some(then) => then.duration_since(until).abs() <= SAME_MOMENT,
        None => {
            let waits = until.duration_since(removal.asked);
            let days = (waits.as_secs() + SAME_MOMENT.as_secs()).div_euclid(86_400);
            let rest = (waits - SignedDuration::from_hours(days * 24)).abs();
            (7..=30).contains(&days) && rest <= SAME_MOMENT
        }
    }
}

/// What a run did to a thing that is still there.
fn undo(
    one: &Changed,
    now: &Resource,
    rebuild: Result<(&dyn ResourceKind, Rebuild), String>,
) -> Fate {
    let (kind, rebuild) = match rebuild {
        Ok(rebuild) => rebuild,
        Err(_) if one.undone.is_empty() => return Fate::There("it is there".to_owned()),
        Err(why) => return Fate::Lost(why),
    };
    let mut steps = rebuild.steps;
    let protects = |step: &Prep| {
        let part = step.target.as_deref().unwrap_or_default();
        step.action == Action::Configure && part.to_lowercase().contains("deletionprotection")
    };
    let lifted = one.undone.iter().any(|prep| prep.action == Action::LiftProtection);
    steps.retain(|step| {
        let undone = one.undone.iter().any(|prep| takes_back(step, prep));
        (undone || (lifted && protects(step))) && !kind.shows(&one.was, now, step)
    });
    if !steps.is_empty() {
        return Fate::Mend(steps);
    }
    let emptied = one.undone.iter().any(|prep| prep.action == Action::Empty);
    let untagged = one.undone.iter().any(|prep| prep.action == Action::Untag);
    match (emptied, untagged) {
        (true, _) => Fate::There("it is there; what was in it is gone".to_owned()),
        (_, true) => Fate::Lost("tags that were taken off it: put them on by hand".to_owned()),
        _ => Fate::There(
            match state(&one.was) == Some("Enabled") && state(now) == Some("Disabled") {
                true => "somebody has called it back already; it is disabled".to_owned(),
                false => "it is there".to_owned(),
            },
        ),
    }
}

/// A key's state.
fn state(key: &Resource) -> Option<&str> {
    key.record["KeyState"].as_str()
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
