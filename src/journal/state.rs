//! What a run's log amounts to.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::entry::{Counts, Entry, Line, Mark, Outcome, RunHeader, RunId, RunOutcome};
use crate::plan::{Step, StepId};
use crate::resource::{Resource, ResourceId};

/// Where a step stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepState {
    /// No call has left.
    Open,
    /// A call left and nothing says what came of it: AWS has to be asked before anything else.
    Uncertain {
        attempt: u32,
    },
    Done(Completion),
    Failed {
        class: String,
        why: String,
    },
    Refused {
        why: String,
    },
}

/// How a step came to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    Done,
    AlreadyGone,
    Pending { until: Option<Timestamp> },
}

/// A step of a run with what the log says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRecord {
    pub step: Step,
    pub state: StepState,
    /// The highest attempt that left; 0 when none did.
    pub attempts: u32,
    /// When the log last spoke of it.
    pub at: Timestamp,
}

/// A run, read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunState {
    pub header: RunHeader,
    /// In the order in which they were written.
    pub steps: Vec<StepRecord>,
    /// Resources as they were before the first call that changed them.
    pub records: BTreeMap<ResourceId, Resource>,
    pub marks: Vec<(Timestamp, Mark)>,
    /// The time of the last entry.
    pub last: Timestamp,
    /// A process was at work on it when it was read.
    pub at_work: bool,
    index: BTreeMap<StepId, usize>,
}

/// Why a log makes no sense. A log that this program wrote whole never does that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

impl RunState {
    /// The state of a run that has only begun.
    pub fn begun(header: RunHeader) -> Self {
        let last = header.started;
        Self {
            header,
            steps: Vec::new(),
            records: BTreeMap::new(),
            marks: Vec::new(),
            last,
            at_work: false,
            index: BTreeMap::new(),
        }
    }

    /// Folds a whole log.
    pub fn fold(
        header: RunHeader,
        lines: impl IntoIterator<Item = Line>,
    ) -> Result<Self, Unreadable> {
        let mut state = Self::begun(header);
        for line in lines {
            state.take(line)?;
        }
        Ok(state)
    }

    /// Takes one more line.
    pub fn take(&mut self, line: Line) -> Result<(), Unreadable> {
        let at = line.at;
        match line.entry {
            Entry::Step(step) => {
                let place = self.steps.len();
                if self.index.insert(step.step.clone(), place).is_some() {
                    return Err(Unreadable(format!("step {} is there twice", step.step)));
                }
                self.steps.push(StepRecord { step, state: StepState::Open, attempts: 0, at });
            }
            Entry::Record(resource) => {
                self.records.entry(resource.id.clone()).or_insert(*resource);
            }
            Entry::Intent { step, attempt } => {
                let record = self.record_mut(&step)?;
                if attempt == 0 {
                    return Err(Unreadable(format!("an intent of step {step} has no attempt")));
                }
                record.attempts = record.attempts.max(attempt);
                record.state = StepState::Uncertain { attempt };
                record.at = at;
            }
            Entry::Outcome { step, attempt, outcome } => {
                let record = self.record_mut(&step)?;
                if attempt > record.attempts {
                    let what = format!("step {step} has an outcome whose intent is missing");
                    return Err(Unreadable(what));
                }
                record.state = match outcome {
                    Outcome::Done => StepState::Done(Completion::Done),
                    Outcome::AlreadyGone => StepState::Done(Completion::AlreadyGone),
                    Outcome::Pending { until } => StepState::Done(Completion::Pending { until }),
                    Outcome::Failed { class, why } => StepState::Failed { class, why },
                    Outcome::Refused { why } => StepState::Refused { why },
                    Outcome::Uncertain { .. } => StepState::Uncertain { attempt },
                };
                record.at = at;
            }
            Entry::Mark(mark) => self.marks.push((at, mark)),
        }
        self.last = at;
        Ok(())
    }

    fn record_mut(&mut self, step: &StepId) -> Result<&mut StepRecord, Unreadable> {
        self.index
            .get(step)
            .and_then(|place| self.steps.get_mut(*place))
            .ok_or_else(|| Unreadable(format!("step {step} is spoken of but not there")))
    }

    pub fn step(&self, step: &StepId) -> Option<&StepRecord> {
        self.index.get(step).and_then(|place| self.steps.get(*place))
    }

    pub fn status(&self) -> RunStatus {
        match self.marks.last() {
            Some((_, Mark::Finished { outcome, .. })) => RunStatus::Finished(*outcome),
            Some((_, Mark::Interrupted { .. })) => RunStatus::Interrupted,
            _ if self.at_work => RunStatus::Running,
            Some((_, Mark::Resumed { .. })) | None => RunStatus::CutOff,
        }
    }

    pub fn counts(&self) -> Counts {
        let mut counts = Counts { steps: self.steps.len() as u64, ..Counts::default() };
        for record in &self.steps {
            let count = match record.state {
                StepState::Open => &mut counts.open,
                StepState::Uncertain { .. } => &mut counts.uncertain,
                StepState::Done(_) => &mut counts.done,
                StepState::Failed { .. } => &mut counts.failed,
                StepState::Refused { .. } => &mut counts.refused,
            };
            *count += 1;
        }
        counts
    }

    pub fn summary(&self) -> RunSummary {
        RunSummary {
            run: self.header.run.clone(),
            account: self.header.account.clone(),
            manifest_name: self.header.manifest_name.clone(),
            command: self.header.command.clone(),
            started: self.header.started,
            last: self.last,
            status: self.status(),
            counts: self.counts(),
        }
    }
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunStatus {
    Finished(RunOutcome),
    /// Stopped at a clean point.
    Interrupted,
    /// A process is at work on it.
    Running,
    /// Nothing says how it ended: it was killed, unless it is at work.
    CutOff,
    /// The journal has the run, and cannot be trusted about it.
    Unreadable(String),
}

/// A run in a list of runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSummary {
    pub run: RunId,
    pub account: String,
    pub manifest_name: String,
    pub command: String,
    pub started: Timestamp,
    pub last: Timestamp,
    pub status: RunStatus,
    pub counts: Counts,
}

impl RunSummary {
    /// Whether nothing says that the run came to its end. A run that cannot be read counts:
    /// passing it over in silence would hide that calls may be in flight.
    pub fn is_unfinished(&self) -> bool {
        !matches!(self.status, RunStatus::Finished(_))
    }
}
