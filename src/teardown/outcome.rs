//! What came of a run: by a second look at the account, and not by the steps' own word.

use std::collections::BTreeSet;

use super::Teardown;
use super::written::{Figures, mark_finished};
use crate::clock::Moment;
use crate::execute::Ran;
use crate::journal::{JournalError, OpenRun};
use crate::mandate::{Mandate, Survey};
use crate::plan::{Row, Step};
use crate::report::{Ending, Outcome, Verified};
use crate::resource::ResourceId;

impl Teardown<'_> {
    /// What to say where there is nothing to do; `refused` as in [`Teardown::begin`].
    pub fn nothing(&self, survey: &Survey, refused: Vec<Row>) -> Outcome {
        let mut verified = verified(self.mandate, survey);
        verified.blocked = merged(verified.blocked, refused);
        let blind = verified.is_blind();
        let clean = verified.blocked.is_empty() && verified.left.is_empty() && !blind;
        Outcome {
            run: None,
            outcome: if clean { Ending::Nothing } else { Ending::Incomplete },
            done: 0,
            failed: Vec::new(),
            blocked: verified.blocked,
            left: verified.left,
            kept: verified.kept,
            pending: verified.pending,
            unseen: verified.unseen,
            elapsed_s: 0,
            requests: self.mandate.aws().session().traffic().requests,
            throttled: self.mandate.aws().session().traffic().throttled,
        }
    }

    pub(super) fn interrupted(
        &self,
        run: &OpenRun,
        ran: Ran,
        steps: &[Step],
        started: Moment,
    ) -> Outcome {
        let gone: BTreeSet<&ResourceId> =
            ran.gone.iter().chain(ran.pending.iter().map(|(id, _)| id)).collect();
        let done: BTreeSet<_> = ran.done.iter().map(|(step, _)| &step.step).collect();
        let left: BTreeSet<Row> = steps
            .iter()
            .filter(|step| !done.contains(&step.step) && !gone.contains(&step.resource))
            .map(|step| Row {
                resource: step.resource.clone(),
                reason: step.reason.clone(),
                used_by: Vec::new(),
            })
            .collect();
        self.outcome(
            run,
            Ending::Interrupted,
            started,
            ran,
            Verified { left: left.into_iter().collect(), ..Verified::default() },
        )
    }

    pub(super) fn finished(
        &self,
        run: &OpenRun,
        ran: Ran,
        mut verified: Verified,
        started: Moment,
    ) -> Outcome {
        let refused: BTreeSet<&ResourceId> = ran.blocked.iter().map(|row| &row.resource).collect();
        verified.left.retain(|row| !refused.contains(&row.resource));
        let clean = ran.failed.is_empty()
            && ran.blocked.is_empty()
            && ran.skipped.is_empty()
            && verified.left.is_empty()
            && verified.blocked.is_empty()
            && !verified.is_blind();
        let ending = if clean { Ending::Clean } else { Ending::Incomplete };
        self.outcome(run, ending, started, ran, verified)
    }

    fn outcome(
        &self,
        run: &OpenRun,
        ending: Ending,
        started: Moment,
        ran: Ran,
        verified: Verified,
    ) -> Outcome {
        let traffic = self.mandate.aws().session().traffic();
        Outcome {
            run: Some(run.id().clone()),
            outcome: ending,
            done: ran.done.len(),
            failed: ran.failed,
            blocked: merged(verified.blocked, ran.blocked),
            left: verified.left,
            kept: verified.kept,
            pending: verified.pending,
            unseen: verified.unseen,
            elapsed_s: started.elapsed_s(self.moment()),
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

/// What a look at the account says about what is left.
pub fn verified(mandate: &Mandate, survey: &Survey) -> Verified {
    let mut verified = Verified::new(&survey.inventory, &survey.decided);
    verified.unseen = mandate.gaps(survey);
    let known: BTreeSet<ResourceId> =
        verified.blocked.iter().map(|row| row.resource.clone()).collect();
    // Circles are found only when the order is sought.
    let circles: Vec<Row> =
        survey.plan.blocked.iter().filter(|row| !known.contains(&row.resource)).cloned().collect();
    verified.left.retain(|row| !circles.iter().any(|other| other.resource == row.resource));
    verified.blocked.extend(circles);
    verified
}

fn merged(mut rows: Vec<Row>, more: Vec<Row>) -> Vec<Row> {
    let known: BTreeSet<ResourceId> = rows.iter().map(|row| row.resource.clone()).collect();
    rows.extend(more.into_iter().filter(|row| !known.contains(&row.resource)));
    rows.sort();
    rows.dedup();
    rows
}
