//! What came of a restore: by a second look at what it made.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use super::changed::Changed;
use super::compare::differences;
use super::plan::{Today, Way};
use super::run::Restore;
use crate::journal::{JournalError, OpenRun, RunId};
use crate::plan::{Row, Step};
use crate::report::Ending;
use crate::resource::{Action, ResourceId};
use crate::teardown::written::{Figures, mark_finished};

/// What came of a restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// `None` where nothing was to be done, so that no run began.
    pub run: Option<RunId>,
    /// The run that was taken back.
    pub restores: RunId,
    pub outcome: Ending,
    /// Steps that are done.
    pub done: usize,
    /// What is back, or called back.
    pub restored: Vec<ResourceId>,
    pub failed: Vec<Row>,
    /// Something else is there, or it is not this run's to take back.
    pub blocked: Vec<Row>,
    /// Cannot come back, and why.
    pub left: Vec<Row>,
    /// Was there already.
    pub there: Vec<Row>,
    /// What came back without something, and without what.
    pub without: Vec<Row>,
    pub elapsed_s: u64,
    pub requests: u64,
    pub throttled: u64,
}

/// What became of the steps.
#[derive(Default)]
pub(super) struct Ran {
    pub done: Vec<Step>,
    pub failed: Vec<Row>,
    pub blocked: Vec<Row>,
}

impl Restore<'_> {
    /// A second look at what was made: where it is not as it was, that is said.
    pub(super) async fn prove(&self, done: &[Step]) -> Vec<Row> {
        let made: BTreeSet<&ResourceId> = done
            .iter()
            .filter(|step| step.action == Action::Create)
            .map(|step| &step.resource)
            .collect();
        let made: Vec<Changed> =
            self.changed.iter().filter(|one| made.contains(&one.was.id)).cloned().collect();
        let today = super::look(self.mandate.aws(), &made).await;
        let mut rows = Vec::new();
        for one in &made {
            let differ = match today.get(&one.was.id) {
                Some(Today::There(now)) => differences(&one.was, now),
                _ => continue,
            };
            if !differ.is_empty() {
                let reason = format!("what it had in {}", differ.join(", "));
                rows.push(Row { resource: one.was.id.clone(), reason, used_by: Vec::new() });
            }
        }
        rows
    }

    pub(super) fn outcome(
        &self,
        run: Option<&OpenRun>,
        outcome: Ending,
        started: Timestamp,
        way: Way,
        ran: Ran,
    ) -> Outcome {
        let lost: BTreeSet<&ResourceId> =
            ran.failed.iter().chain(&ran.blocked).map(|row| &row.resource).collect();
        let done: BTreeSet<&ResourceId> = ran.done.iter().map(|step| &step.resource).collect();
        let open = |id: &ResourceId| {
            let steps = way.steps.iter().filter(|step| step.resource == *id);
            steps.clone().count() > ran.done.iter().filter(|step| step.resource == *id).count()
        };
        let restored =
            done.into_iter().filter(|id| !lost.contains(id) && !open(id)).cloned().collect();
        let without = way.without.into_iter().filter(|row| !lost.contains(&row.resource)).collect();
        let elapsed = self.mandate.now().duration_since(started);
        let traffic = self.mandate.aws().session().traffic();
        let mut blocked = way.refused;
        blocked.extend(ran.blocked.iter().cloned());
        blocked.sort();
        Outcome {
            run: run.map(|run| run.id().clone()),
            restores: self.of.header.run.clone(),
            outcome,
            done: ran.done.len(),
            restored,
            failed: ran.failed.clone(),
            blocked,
            left: way.lost,
            there: way.there,
            without,
            elapsed_s: u64::try_from(elapsed.as_secs()).unwrap_or(0),
            requests: traffic.requests,
            throttled: traffic.throttled,
        }
    }

    pub(super) async fn mark_finished(
        &self,
        run: &OpenRun,
        outcome: &Outcome,
    ) -> Result<(), JournalError> {
        let figures = Figures {
            requests: outcome.requests,
            throttled: outcome.throttled,
            elapsed_s: outcome.elapsed_s,
            blocked: outcome.blocked.len(),
            left: outcome.left.len(),
        };
        mark_finished(self.mandate, self.journal, run, outcome.outcome, figures).await
    }
}
