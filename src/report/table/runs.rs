//! What the journal knows.

use comfy_table::{Cell, Color};

use super::plan::named;
use super::{Look, Whole, Wraps, cell, lines, table};
use crate::journal::{RunState, RunStatus, RunSummary, StepState};
use crate::report::json::{status, step_state};
use crate::report::words::{count, moment, short};

/// `runs list` for people, newest first.
pub fn runs(runs: &[RunSummary], look: Look) -> String {
    if runs.is_empty() {
        return "The journal knows of no run.\n".to_owned();
    }
    let columns = [
        ("RUN", Whole),
        ("COMMAND", Whole),
        ("MANIFEST", Wraps),
        ("ACCOUNT", Whole),
        ("STARTED", Whole),
        ("STATE", Wraps),
        ("STEPS", Whole),
    ];
    let rows = runs.iter().rev().map(summary).collect();
    let mut text = table(look, &columns, rows);
    let unfinished = runs.iter().filter(|run| is_halted(run)).count();
    text.push_str(&format!("\n{}", count(runs.len(), "run", "runs")));
    if unfinished > 0 {
        text.push_str(&format!(", {unfinished} of them not at its end (dismantle resume RUN)"));
    }
    text.push_str(".\n");
    text
}

/// Whether a run has not come to its end, and nobody is at work on it.
fn is_halted(run: &RunSummary) -> bool {
    run.is_unfinished() && run.status != RunStatus::Running
}

fn summary(run: &RunSummary) -> Vec<Cell> {
    let mut state = vec![status(&run.status).to_owned()];
    if let RunStatus::Unreadable(why) = &run.status {
        state.push(why.clone());
    }
    vec![
        cell(run.run.as_str()),
        cell(&run.command),
        cell(&run.manifest_name),
        cell(&run.account),
        Cell::new(moment(run.started)),
        lines(&state).fg(run_colour(&run.status)),
        Cell::new(format!("{}/{}", run.counts.done, run.counts.steps)),
    ]
}

fn run_colour(status: &RunStatus) -> Color {
    match status {
        RunStatus::Finished(crate::journal::RunOutcome::Clean) => Color::Green,
        RunStatus::Finished(_) | RunStatus::Interrupted | RunStatus::Running => Color::Yellow,
        RunStatus::CutOff | RunStatus::Unreadable(_) => Color::Red,
    }
}

/// `runs show RUN` for people.
pub fn run(run: &RunState, look: Look) -> String {
    let summary = run.summary();
    let columns =
        [("STEP", Whole), ("ACTION", Whole), ("WHAT", Wraps), ("STATE", Whole), ("WHY", Wraps)];
    let rows = run
        .steps
        .iter()
        .map(|record| {
            let (state, why) = step_state(&record.state);
            let mut what = vec![named(&record.step.resource)];
            what.extend(record.step.target.as_deref().map(|target| short(target).to_owned()));
            vec![
                cell(&record.step.step.0),
                Cell::new(record.step.action),
                lines(&what),
                Cell::new(state).fg(step_colour(&record.state)),
                cell(&why.unwrap_or_default()),
            ]
        })
        .collect();
    let mut text = String::new();
    if !run.steps.is_empty() {
        text.push_str(&table(look, &columns, rows));
        text.push('\n');
    }
    let header = &run.header;
    text.push_str(&format!(
        "{} of manifest {} in account {}, begun {}, last heard of {}: {}, {} of {} done.\n",
        super::safe(&header.command),
        super::safe(&header.manifest_name),
        super::safe(&header.account),
        moment(header.started),
        moment(run.last),
        status(&summary.status),
        summary.counts.done,
        count(run.steps.len(), "step", "steps"),
    ));
    if is_halted(&summary) {
        text.push_str(&format!("Go on with it: dismantle resume {}\n", header.run));
    }
    text
}

fn step_colour(state: &StepState) -> Color {
    match state {
        StepState::Open => Color::DarkGrey,
        StepState::Uncertain { .. } => Color::Yellow,
        StepState::Done(_) => Color::Green,
        StepState::Failed { .. } | StepState::Refused { .. } => Color::Red,
    }
}
