//! What a run has changed, by its journal and by those of the restores that came after it.

use jiff::{SignedDuration, Timestamp};

use super::compare::differences;
use super::order::member_of;
use crate::journal::{Completion, RunState, StepState};
use crate::resource::{Action, Prep, Resource};

/// Between a call's intent and what AWS says of when its effect came: two clocks, and a call that
/// was long on its way.
const SAME_MOMENT: SignedDuration = SignedDuration::from_mins(10);

/// A resource that a run has changed, or may have.
#[derive(Debug, Clone)]
pub struct Changed {
    /// As it was before the first call.
    pub was: Resource,
    /// Preparatory steps whose call left.
    pub undone: Vec<Prep>,
    /// Whether its removal was asked for.
    pub removal: Option<Removed>,
    /// What earlier restores of the same run have done.
    pub earlier: Earlier,
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

/// What earlier restores of a run have done with a resource.
#[derive(Debug, Clone, Default)]
pub struct Earlier {
    /// It was made again, or may have been.
    pub made: Option<Made>,
    /// Steps that came to their end. What somebody changed after that is left to him.
    pub done: Vec<Prep>,
    /// Its deletion was cancelled, or may have been.
    pub called_back: bool,
}

/// A resource that a restore has made, or may have.
#[derive(Debug, Clone)]
pub struct Made {
    /// When that was written down last.
    pub at: Timestamp,
    /// As it was then, where that was written down.
    pub seen: Option<Resource>,
}

impl Made {
    /// Whether `now` is that thing. Where nothing is known of it but the call that may have made
    /// it, what is there must be of that time, and have nothing that the call does not give:
    /// `later` are the steps that had yet to come.
    pub fn is(&self, was: &Resource, now: &Resource, later: &[Prep]) -> bool {
        if let Some(seen) = &self.seen {
            return now.differs_from(seen.pin.as_deref(), seen.created).is_none();
        }
        self.is_of_then(now) && is_bare(was, now, later)
    }

    /// Whether `now` may have been made by the call, by its age.
    pub fn is_of_then(&self, now: &Resource) -> bool {
        let of_then = |there: Timestamp| there.duration_since(self.at).abs() <= SAME_MOMENT;
        now.created.is_none_or(of_then)
    }
}

/// Whether `now` is `was` as its first call makes it, or as the steps after it do.
pub fn is_bare(was: &Resource, now: &Resource, later: &[Prep]) -> bool {
    let comes_later = |part: &String| {
        let mut members = later.iter().filter_map(member_of);
        members.any(|member| part.split('.').any(|name| name == member))
    };
    differences(was, now).iter().all(comes_later)
}

/// The resources that a run has changed, with how far it came.
pub fn changed(state: &RunState) -> Vec<Changed> {
    let mut found = Vec::new();
    for (id, was) in &state.records {
        let mut one = Changed {
            was: was.clone(),
            undone: Vec::new(),
            removal: None,
            earlier: Earlier::default(),
        };
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

/// Notes what an earlier restore of the same run has done, the oldest one first.
pub fn note_earlier(changed: &mut [Changed], restore: &RunState) {
    for record in &restore.steps {
        let (id, prep) = (&record.step.resource, record.step.prep());
        let Some(one) = changed.iter_mut().find(|one| one.was.id == *id) else { continue };
        let done = matches!(record.state, StepState::Done(_));
        let perhaps = matches!(record.state, StepState::Uncertain { .. });
        let asked = record.attempts > 0 && (done || perhaps);
        let earlier = &mut one.earlier;
        match prep.action {
            // Made anew, so that what was done before is of another thing.
            Action::Create if asked => {
                let seen = restore.records.get(id).cloned();
                *earlier =
                    Earlier { made: Some(Made { at: record.at, seen }), ..Earlier::default() };
            }
            Action::CancelDeletion if asked => earlier.called_back = true,
            _ => {}
        }
        if done {
            earlier.done.push(prep);
        }
    }
}
