//! What becomes of one resource, by what a run did to it and by what is there today. Pure.

use jiff::{SignedDuration, Timestamp};

use super::changed::{Changed, Removed};
use super::compare::differences;
use super::order::takes_back;
use super::plan::Today;
use crate::aws::{Rebuild, ResourceKind};
use crate::resource::{Action, Last, Lifecycle, Prep, Resource};

/// Two clocks, AWS's and ours, agree no better than this on when a key goes.
const SAME_MOMENT: SignedDuration = SignedDuration::from_mins(15);

/// What becomes of one resource.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// These steps.
    Back(Vec<Prep>),
    /// These steps, on the thing that is there.
    Mend(Vec<Prep>),
    There(String),
    Refused(String),
    Lost(String),
}

pub(super) fn fate(
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
    let is_back = removed && one.was.removal.last == Last::Delete;
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
