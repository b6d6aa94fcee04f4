//! A plan that is written down, and what is left of it later.

use std::collections::BTreeSet;

use crate::classify::Decision;
use crate::mandate::{Mandate, Survey};
use crate::plan::{PlanFile, Row, Step};
use crate::resource::{Kind, ResourceId};

/// The plan file of a survey.
pub fn plan_file(mandate: &Mandate, survey: &Survey) -> PlanFile {
    PlanFile {
        version: crate::plan::PLAN_FILE_VERSION,
        account: mandate.account().to_owned(),
        manifest: mandate.manifest.text.clone(),
        manifest_source: Some(mandate.manifest.source.clone()),
        created: survey.now,
        regions: mandate.manifest.regions.clone(),
        accept_unseen: mandate.accepted_unseen.iter().copied().collect::<Vec<Kind>>(),
        steps: survey.plan.steps.clone(),
        kept: survey.plan.kept.clone(),
        blocked: survey.plan.blocked.clone(),
        pending: survey.plan.pending.clone(),
        unseen: mandate.unseen(survey),
        unavailable: survey.inventory.unavailable(),
        monthly_saving_usd: None,
    }
}

/// The steps of today's plan that an approved plan has too, in today's order, and the resources
/// whose planned steps are not among them because they would go in another way by now.
pub fn still_planned(approved: &[Step], survey: &Survey) -> (Vec<Step>, Vec<Row>) {
    let today = &survey.plan.steps;
    let has = |steps: &[Step], wanted: &Step| {
        let same = |step: &Step| step.resource == wanted.resource && step.prep() == wanted.prep();
        steps.iter().any(same)
    };
    let may_go: BTreeSet<&ResourceId> =
        today.iter().filter(|step| has(approved, step)).map(|step| &step.resource).collect();
    let removed_then = |id: &ResourceId| {
        approved.iter().any(|step| step.resource == *id && step.action.is_removal())
    };
    let mut changed = BTreeSet::new();
    let mut steps = Vec::new();
    for step in today {
        // One more policy on a role that the plan removes is part of removing it.
        let late_prep = removed_then(&step.resource) && !step.action.is_removal();
        if has(approved, step) || (late_prep && may_go.contains(&step.resource)) {
            steps.push(step.clone());
        } else {
            changed.insert(Row {
                resource: step.resource.clone(),
                reason: format!(
                    "since the plan was made it would go in another way ({}); make a new plan",
                    step.action
                ),
                used_by: Vec::new(),
            });
        }
    }
    for step in approved {
        let verdict = survey.decided.verdicts.get(&step.resource);
        if let Some(verdict) = verdict.filter(|verdict| verdict.decision == Decision::Foreign) {
            let reason = format!("the manifest matches it no more ({})", verdict.reason);
            changed.insert(Row { resource: step.resource.clone(), reason, used_by: Vec::new() });
        }
    }
    let kept: BTreeSet<_> = steps.iter().map(|step| step.step.clone()).collect();
    for step in &mut steps {
        step.after.retain(|before| kept.contains(before));
    }
    (steps, changed.into_iter().collect())
}
