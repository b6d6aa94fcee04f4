//! Results as JSON, in the shapes that the documentation promises.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::text::quiet_json;
use super::{InventoryView, Outcome, Verified};
use crate::beyond::Beyond;
use crate::classify::Verdict;
use crate::graph::{Graph, Why};
use crate::journal::{RunId, RunState, RunStatus, RunSummary, StepState};
use crate::plan::Named;
use crate::resource::{Kind, Resource, Tags};
use crate::restore::Way;
use crate::scrub;
use crate::tagging::Tagging;

/// A document as it is printed: indented, with a line's end, harmless on a terminal.
pub fn text(document: &Value) -> String {
    let mut text = quiet_json(format!("{document:#}"));
    text.push('\n');
    text
}

/// `inventory --output json`.
pub fn inventory(view: &InventoryView<'_>) -> Value {
    let resources = view.inventory.resources();
    let graph = Graph::new(&resources, view.catalog);
    let rows: Vec<Value> =
        view.shown().into_iter().map(|(r, verdict)| row(view, &graph, r, verdict)).collect();
    json!({
        "account": view.account,
        "regions": view.manifest.regions,
        "manifest": view.manifest.name,
        "resources": rows,
        "unavailable": view.inventory.unavailable(),
        "unseen": crate::classify::gaps(view.inventory, view.classification),
    })
}

fn row(
    view: &InventoryView<'_>,
    graph: &Graph<'_>,
    resource: &Resource,
    verdict: &Verdict,
) -> Value {
    let uses: Vec<Value> = uses(graph, resource)
        .into_iter()
        .map(|(kind, id)| json!({"kind": kind, "id": id}))
        .collect();
    // People put keys into tags, and reports are passed on.
    let tags: Tags =
        resource.tags.iter().map(|(key, value)| (key.clone(), scrub::text(value))).collect();
    let mut row = json!({
        "kind": resource.kind(),
        "id": resource.id.id,
        "name": resource.name,
        "arn": resource.arn,
        "region": resource.region(),
        "created": resource.created,
        "tags": tags,
        "labels": view.labels(resource),
        "uses": uses,
        "decision": verdict.decision,
        "reason": verdict.reason,
        "monthly_cost_usd": null,
    });
    if !verdict.used_by.is_empty() {
        let users: Vec<Named> = verdict.used_by.iter().map(Into::into).collect();
        row["used_by"] = json!(users);
    }
    let cautions: Vec<&String> = resource.cautions.iter().chain(&verdict.cautions).collect();
    if !cautions.is_empty() {
        row["cautions"] = json!(cautions);
    }
    row
}

/// What a resource uses or lives in: by real id where that was seen, else as it was spelled.
pub(super) fn uses<'a>(graph: &Graph<'a>, resource: &'a Resource) -> BTreeSet<(Kind, &'a str)> {
    let mut uses = BTreeSet::new();
    let Some(at) = graph.place(&resource.id) else { return uses };
    for edge in graph.uses(at).filter(|edge| matches!(edge.why, Why::Uses | Why::LivesIn)) {
        let used = graph.resources()[edge.used];
        uses.insert((used.kind(), used.id.id.as_str()));
    }
    for reference in &resource.uses {
        let seen = reference.means(resource)
            || graph.uses(at).any(|edge| reference.means(graph.resources()[edge.used]));
        if !seen {
            uses.insert((reference.kind, reference.spelling.as_str()));
        }
    }
    if let Some(parent) = &resource.parent {
        uses.insert((parent.kind, parent.id.as_str()));
    }
    uses
}

/// `verify --output json`.
pub fn verify(verified: &Verified, beyond: &Beyond) -> Value {
    let mut document = json!(verified);
    document["beyond"] = json!(beyond.remains);
    document["beyond_unknown"] = json!(beyond.unknown);
    document
}

/// `destroy`, `apply` and `resume` with `--output json`.
pub fn outcome(outcome: &Outcome) -> Value {
    json!({
        "run": outcome.run,
        "outcome": outcome.outcome,
        "done": outcome.done,
        "failed": outcome.failed,
        "blocked": outcome.blocked,
        "left": outcome.left,
        "kept": outcome.kept,
        "pending": outcome.pending,
        "unseen": outcome.unseen,
        "elapsed_s": outcome.elapsed_s,
        "requests": outcome.requests,
        "throttled": outcome.throttled,
    })
}

/// `restore --output json`.
pub fn restore(outcome: &crate::restore::Outcome) -> Value {
    json!(outcome)
}

/// `restore --dry-run --output json`.
pub fn way(of: &RunId, way: &Way) -> Value {
    json!({
        "restores": of,
        "steps": way.steps,
        "there": way.there,
        "blocked": way.refused,
        "left": way.lost,
        "without": way.without,
    })
}

/// `tag --output json`.
pub fn tagging(tagging: &Tagging) -> Value {
    json!(tagging)
}

/// `runs list --output json`, newest first.
pub fn runs(runs: &[RunSummary]) -> Value {
    Value::Array(runs.iter().rev().map(summary).collect())
}

fn summary(run: &RunSummary) -> Value {
    let mut document = json!({
        "run": run.run,
        "account": run.account,
        "manifest": run.manifest_name,
        "command": run.command,
        "started": run.started,
        "last": run.last,
        "status": status(&run.status),
        "unfinished": run.is_unfinished(),
        "counts": run.counts,
    });
    if let RunStatus::Unreadable(why) = &run.status {
        document["why"] = json!(why);
    }
    document
}

/// A run's state in a word.
pub(super) fn status(status: &RunStatus) -> &'static str {
    match status {
        RunStatus::Finished(outcome) => super::Ending::from(*outcome).as_str(),
        RunStatus::Interrupted => "interrupted",
        RunStatus::Running => "running",
        RunStatus::CutOff => "cut-off",
        RunStatus::Unreadable(_) => "unreadable",
    }
}

/// `runs show RUN --output json`.
pub fn run(run: &RunState) -> Value {
    let mut document = summary(&run.summary());
    let steps: Vec<Value> = run
        .steps
        .iter()
        .map(|record| {
            let (state, why) = step_state(&record.state);
            let mut step = json!(record.step);
            step["state"] = json!(state);
            step["attempts"] = json!(record.attempts);
            step["at"] = json!(record.at);
            if let Some(why) = why {
                step["why"] = json!(why);
            }
            step
        })
        .collect();
    document["regions"] = json!(run.header.regions);
    document["steps"] = json!(steps);
    document
}

/// A step's state in a word, and what there is to say about it.
pub(super) fn step_state(state: &StepState) -> (&'static str, Option<String>) {
    use crate::journal::Completion;
    match state {
        StepState::Open => ("open", None),
        StepState::Uncertain { .. } => {
            ("uncertain", Some("the call left and no answer is written down".to_owned()))
        }
        StepState::Done(Completion::Done) => ("done", None),
        StepState::Done(Completion::AlreadyGone) => ("done", Some("was so already".to_owned())),
        StepState::Done(Completion::Pending { until }) => {
            let until = until.map(|until| format!("gone on {until}"));
            ("pending", until.or_else(|| Some("scheduled".to_owned())))
        }
        StepState::Failed { why, .. } => ("failed", Some(why.clone())),
        StepState::Refused { why } => ("refused", Some(why.clone())),
    }
}
