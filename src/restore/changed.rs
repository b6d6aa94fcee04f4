//! What a run has changed, by its journal and by those of the restores that came after it.

use jiff::Timestamp;

use crate::journal::{Completion, RunState, StepState};
use crate::resource::{Action, Prep, Resource};

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
