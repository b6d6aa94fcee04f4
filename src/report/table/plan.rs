//! The steps in order, and what stays.

use std::collections::BTreeSet;

use comfy_table::{Cell, Color};

use super::{Look, Whole, Wraps, cell, colour, lines, listed, table};
use crate::classify::Decision;
use crate::plan::{Named, Plan, Row, Step, StepId};
use crate::report::words::{count, short, thousands};
use crate::resource::{Action, ResourceId};

/// Steps that are named in the column of what a step waits for.
const AFTER_NAMED_MAX: usize = 4;

/// `plan` for people: each step with what it waits for; below, what stays and why.
pub fn plan(plan: &Plan, look: Look) -> String {
    let mut text = String::new();
    if !plan.steps.is_empty() {
        let columns = [
            ("STEP", Whole),
            ("ACTION", Whole),
            ("WHAT", Wraps),
            ("AFTER", Wraps),
            ("REASON", Wraps),
        ];
        let rows = plan.steps.iter().map(step).collect();
        text.push_str(&table(look, &columns, rows));
        text.push('\n');
    }
    text.push_str(&rows("Kept", Decision::Keep, &plan.kept, look));
    text.push_str(&rows("Blocked", Decision::Blocked, &plan.blocked, look));
    text.push_str(&rows("On its way already", Decision::Pending, &plan.pending, look));
    text.push_str(&summary(plan));
    text
}

pub(super) fn step(step: &Step) -> Vec<Cell> {
    let mut what = vec![named(&step.resource)];
    if let Some(target) = &step.target {
        what.push(format!("{}: {}", of_what(step.action), short(target)));
    }
    vec![
        cell(&step.step.0),
        Cell::new(step.action).fg(action_colour(step.action)),
        lines(&what),
        cell(&after(&step.after)),
        cell(&step.reason),
    ]
}

/// What a step's target is to its resource.
fn of_what(action: Action) -> &'static str {
    match action {
        Action::DetachPolicy | Action::AttachPolicy => "policy",
        Action::DeleteInlinePolicy | Action::PutInlinePolicy => "inline policy",
        Action::RemoveFromInstanceProfile => "instance profile",
        Action::AddToInstanceProfile => "role",
        Action::DeletePolicyVersion | Action::CreatePolicyVersion => "version",
        Action::Configure => "part",
        Action::Untag => "tag",
        _ => "of",
    }
}

fn action_colour(action: Action) -> Color {
    match action {
        Action::Delete | Action::ScheduleDeletion | Action::Empty => Color::Red,
        Action::Stop | Action::LiftProtection => Color::Yellow,
        _ => Color::Blue,
    }
}

fn after(steps: &[StepId]) -> String {
    let named: Vec<&str> = steps.iter().take(AFTER_NAMED_MAX).map(|step| step.0.as_str()).collect();
    match steps.len().saturating_sub(AFTER_NAMED_MAX) {
        0 => named.join(" "),
        more => format!("{} +{more}", named.join(" ")),
    }
}

/// Kind and id of a resource.
pub(super) fn named(id: &ResourceId) -> String {
    format!("{} {}", id.kind, short(&id.id))
}

/// Rows with a heading; nothing for no rows.
pub(super) fn rows(heading: &str, decision: Decision, rows: &[Row], look: Look) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let columns = [
        (heading.to_uppercase(), Whole),
        ("NAME".to_owned(), Wraps),
        ("REGION".to_owned(), Whole),
        ("REASON".to_owned(), Wraps),
    ];
    let columns: Vec<_> = columns.iter().map(|(name, fit)| (name.as_str(), *fit)).collect();
    let cells = rows
        .iter()
        .map(|row| {
            vec![
                Cell::new(row.resource.kind).fg(colour(decision)),
                cell(short(&row.resource.id)),
                Cell::new(row.resource.region),
                lines(&reasons(row)),
            ]
        })
        .collect();
    format!("{}\n", table(look, &columns, cells))
}

/// The reason, and whoever it does not name.
fn reasons(row: &Row) -> Vec<String> {
    let mut lines = vec![row.reason.clone()];
    let not_said = |user: &&Named| !row.reason.contains(user.id.as_str());
    let others: Vec<String> = row
        .used_by
        .iter()
        .filter(not_said)
        .map(|user| format!("{} {}", user.kind, short(&user.id)))
        .collect();
    if !others.is_empty() {
        lines.push(format!("used by {}", listed(&others)));
    }
    lines
}

fn summary(plan: &Plan) -> String {
    let resources: BTreeSet<&ResourceId> = plan.steps.iter().map(|step| &step.resource).collect();
    let removed = plan.steps.iter().filter(|step| step.action.is_removal()).count();
    let mut text = match plan.steps.len() {
        0 => "Nothing is to be done".to_owned(),
        steps => format!(
            "{} on {}, of which {} away",
            count(steps, "step", "steps"),
            count(resources.len(), "resource", "resources"),
            match removed {
                1 => "1 goes".to_owned(),
                many => format!("{} go", thousands(many as u64)),
            }
        ),
    };
    let stays = [
        (plan.kept.len(), "kept"),
        (plan.blocked.len(), "blocked"),
        (plan.pending.len(), "pending"),
    ];
    let stays: Vec<String> = stays
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| {
            format!("{number} {} {word}", if *number == 1 { "is" } else { "are" })
        })
        .collect();
    if !stays.is_empty() {
        text.push_str(&format!("; {}", listed(&stays)));
    }
    text.push_str(".\n");
    text
}
