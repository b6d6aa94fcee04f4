//! The way back of a run, and what came of it.

use comfy_table::Cell;

use super::plan::{rows, step};
use super::{Look, Whole, Wraps, cell, listed, table};
use crate::classify::Decision;
use crate::plan::Row;
use crate::report::Ending;
use crate::report::words::{count, seconds, short, thousands};
use crate::resource::ResourceId;
use crate::restore::{Outcome, Way};

/// `restore --dry-run` for people, and what is shown before anybody is asked.
pub fn way(way: &Way, look: Look) -> String {
    let mut text = String::new();
    if !way.steps.is_empty() {
        let columns = [
            ("STEP", Whole),
            ("ACTION", Whole),
            ("WHAT", Wraps),
            ("AFTER", Wraps),
            ("REASON", Wraps),
        ];
        text.push_str(&table(look, &columns, way.steps.iter().map(step).collect()));
        text.push('\n');
    }
    text.push_str(&rest(&way.there, &way.refused, &way.lost, &way.without, look));
    let resources: std::collections::BTreeSet<&ResourceId> =
        way.steps.iter().map(|step| &step.resource).collect();
    text.push_str(&match way.steps.len() {
        0 => "Nothing is to be brought back".to_owned(),
        steps => format!(
            "{} would bring {} back",
            count(steps, "step", "steps"),
            count(resources.len(), "resource", "resources"),
        ),
    });
    text.push_str(&numbers(&[
        (way.there.len(), "there already"),
        (way.refused.len(), "left as they are"),
        (way.lost.len(), "cannot come back"),
    ]));
    text
}

/// `restore` for people.
pub fn restore(outcome: &Outcome, look: Look) -> String {
    let mut text = restored(&outcome.restored, look);
    text.push_str(&rows("Failed", Decision::Delete, &outcome.failed, look));
    text.push_str(&rest(&outcome.there, &outcome.blocked, &outcome.left, &outcome.without, look));
    text.push_str(match outcome.outcome {
        Ending::Nothing => "There was nothing to bring back",
        Ending::Clean => "Done: all that can come back is back",
        Ending::Interrupted => "Interrupted at a clean point",
        Ending::Incomplete => "Finished, but not all that can come back is back",
    });
    text.push_str(&numbers(&[
        (outcome.restored.len(), "restored"),
        (outcome.failed.len(), "failed"),
        (outcome.there.len(), "there already"),
        (outcome.blocked.len(), "left as they are"),
        (outcome.left.len(), "cannot come back"),
    ]));
    let Some(run) = &outcome.run else { return text };
    text.push_str(&format!(
        "{} done in {}, with {}",
        count(outcome.done, "step", "steps"),
        seconds(outcome.elapsed_s),
        count(usize::try_from(outcome.requests).unwrap_or(usize::MAX), "request", "requests"),
    ));
    if outcome.throttled > 0 {
        text.push_str(&format!(" ({} throttled)", thousands(outcome.throttled)));
    }
    text.push_str(".\n");
    text.push_str(&match outcome.outcome {
        Ending::Interrupted => format!("To go on with it: dismantle resume {run}\n"),
        Ending::Incomplete => format!(
            "To try once more, when what stands in the way is out of it: dismantle restore {}\n",
            outcome.restores
        ),
        _ => format!("The run in full: dismantle runs show {run}\n"),
    });
    text
}

fn restored(ids: &[ResourceId], look: Look) -> String {
    if ids.is_empty() {
        return String::new();
    }
    let columns = [("RESTORED", Whole), ("NAME", Wraps), ("REGION", Whole)];
    let cells = ids.iter().map(|id| {
        vec![
            Cell::new(id.kind).fg(super::colour(Decision::Keep)),
            cell(short(&id.id)),
            Cell::new(id.region),
        ]
    });
    format!("{}\n", table(look, &columns, cells.collect()))
}

fn rest(there: &[Row], refused: &[Row], lost: &[Row], without: &[Row], look: Look) -> String {
    let mut text = rows("There already", Decision::Keep, there, look);
    text.push_str(&rows("Left as it is", Decision::Blocked, refused, look));
    text.push_str(&rows("Cannot come back", Decision::Delete, lost, look));
    text.push_str(&rows("Comes back without", Decision::Stop, without, look));
    text
}

/// `: 12 restored and 3 cannot come back.`
fn numbers(numbers: &[(usize, &str)]) -> String {
    let parts: Vec<String> = numbers
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{} {word}", thousands(*number as u64)))
        .collect();
    match parts.is_empty() {
        true => ".\n".to_owned(),
        false => format!(": {}.\n", listed(&parts)),
    }
}
