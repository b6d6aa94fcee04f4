//! What becomes of one resource, by what a run did to it and by what is there today. Pure.

use jiff::{SignedDuration, Timestamp};

use super::changed::{Changed, Removed};
use super::compare::differences;
use super::plan::Today;
use crate::aws::{Rebuild, ResourceKind};
use crate::resource::{Action, Last, Lifecycle, Prep, Resource};

/// Two clocks, AWS's and ours, agree no better than this on when a key goes.
const SAME_MOMENT: SignedDuration = SignedDuration::from_mins(15);

/// What becomes of one resource.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// These steps.
    Back(Rebuild),
    /// These steps, on the thing that is there.
    Mend(Rebuild),
    There(String),
    Refused(String),
    Lost(String),
}

pub(super) fn fate(one: &Changed, today: &Today, kind: Option<&dyn ResourceKind>) -> Fate {
    let Some(kind) = kind else {
        return Fate::Lost("this version does not know its kind".to_owned());
    };
    let now = match today {
        Today::Unread(why) => {
            return Fate::Refused(format!("what is there today could not be read: {why}"));
        }
        Today::Gone => return gone(one, kind),
        Today::There(now) => now,
    };
    if let Lifecycle::Leaving { status } = &now.lifecycle {
        return Fate::Refused(format!(
            "AWS is still removing it ({status}): restore it after that"
        ));
    }
    if let Lifecycle::Pending { until } = now.lifecycle {
        return pending(one, until, kind);
    }
    let is_the_same = now.differs_from(one.was.pin.as_deref(), one.was.created).is_none();
    let removed = one.removal.is_some_and(|removal| removal.surely);
    if is_the_same && !(removed && one.was.removal.last == Last::Delete) {
        return undo(one, now, kind);
    }
    if let Some(fate) = made_before(one, now, kind) {
        return fate;
    }
    let differ = differences(&one.was, now);
    match differ.is_empty() {
        true => Fate::There("it is there again, as it was".to_owned()),
        false => Fate::Refused(another(&differ)),
    }
}

/// Says that what is there is not what was there.
pub fn another(differ: &[String]) -> String {
    format!(
        "something of its name is there by now, with another {}; it is left as it is. To have the \
         old one back, take that away first, then restore once more",
        differ.join(", ")
    )
}

fn gone(one: &Changed, kind: &dyn ResourceKind) -> Fate {
    if one.removal.is_none() {
        return Fate::Lost("it is gone by now, and this run did not remove it".to_owned());
    }
    match kind.rebuild(&one.was) {
        Err(why) => Fate::Lost(why),
        Ok(rebuild) if rebuild.steps.first().map(|s| s.action) == Some(Action::Create) => {
            Fate::Back(rebuild)
        }
        Ok(_) => Fate::Lost("its window is over: AWS has deleted it for good".to_owned()),
    }
}

/// What an earlier restore has made: the steps that it did not come to are still to be done. `None`
/// if it made none, or if what is there is another thing.
fn made_before(one: &Changed, now: &Resource, kind: &dyn ResourceKind) -> Option<Fate> {
    let made = one.earlier.made.as_ref()?;
    if let (None, Lifecycle::Changing { status }, true) =
        (&made.seen, &now.lifecycle, made.is_of_then(now))
    {
        return Some(Fate::Refused(format!(
            "it is being made ({status}), perhaps by a restore that was cut off: restore once more \
             when it is there"
        )));
    }
    let mut rebuild = kind.rebuild(&one.was).ok()?;
    if !made.is(&one.was, now, &rebuild.steps) {
        return None;
    }
    let open = |step: &Prep| !one.earlier.done.contains(step) && !kind.shows(&one.was, now, step);
    rebuild.steps.retain(open);
    Some(match rebuild.steps.is_empty() {
        true => Fate::There("an earlier restore of the run has made it again".to_owned()),
        false => Fate::Mend(rebuild),
    })
}

/// A key in its window, which only its own run's schedule is taken back of.
fn pending(one: &Changed, until: Option<Timestamp>, kind: &dyn ResourceKind) -> Fate {
    let Some(removal) = one.removal else {
        return Fate::Refused("somebody else has scheduled its deletion".to_owned());
    };
    match kind.rebuild(&one.was) {
        Err(why) => Fate::Lost(why),
        Ok(rebuild) if is_own_schedule(&removal, until) => Fate::Mend(rebuild),
        Ok(_) => Fate::Refused(
            "it is scheduled for another day than this run scheduled it for: somebody else did \
             that, and it stays"
                .to_owned(),
        ),
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
fn undo(one: &Changed, now: &Resource, kind: &dyn ResourceKind) -> Fate {
    let mut back = Rebuild::default();
    for prep in &one.undone {
        match kind.undo(&one.was, prep) {
            Ok(step) if back.steps.contains(&step) => {}
            Ok(step) => back.steps.push(step),
            Err(why) if back.without.contains(&why) => {}
            Err(why) => back.without.push(why),
        }
    }
    let disabled = state(&one.was) == Some("Enabled") && state(now) == Some("Disabled");
    if disabled && one.earlier.called_back {
        back.steps.push(Prep::new(Action::Enable));
    }
    back.steps.retain(|step| !one.earlier.done.contains(step) && !kind.shows(&one.was, now, step));
    match (back.steps.is_empty(), back.without.is_empty()) {
        (false, _) => Fate::Mend(back),
        (true, false) => {
            Fate::Lost(format!("it is there, without {}", back.without.join(", and ")))
        }
        (true, true) if disabled => {
            Fate::There("somebody has called it back already; it is disabled".to_owned())
        }
        (true, true) => Fate::There("it is there".to_owned()),
    }
}

/// A key's state.
fn state(key: &Resource) -> Option<&str> {
    key.record["KeyState"].as_str()
}
