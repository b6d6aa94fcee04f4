//! What came of a run, and what is left.

use comfy_table::Cell;

use super::plan::rows;
use super::{Look, Whole, Wraps, blind_spots, cell, colour, lines, listed, said_gaps, table};
use crate::classify::Decision;
use crate::report::words::{count, moment, seconds, short, thousands};
use crate::report::{Ending, Outcome, Pending, Verified};
use crate::tagging::Tagging;

/// `verify` for people.
pub fn verify(verified: &Verified, look: Look) -> String {
    let mut text = rows("Left", Decision::Delete, &verified.left, look);
    text.push_str(&pending(&verified.pending, look));
    text.push_str(&rows("Kept", Decision::Keep, &verified.kept, look));
    text.push_str(&rows("Blocked", Decision::Blocked, &verified.blocked, look));
    let left = match verified.left.len() {
        0 if !verified.is_blind() => "Nothing is left that should be gone".to_owned(),
        0 => "Nothing is left among what could be seen".to_owned(),
        1 => "1 resource is left".to_owned(),
        many => format!("{} resources are left", thousands(many as u64)),
    };
    let numbers = (verified.pending.len(), verified.kept.len(), verified.blocked.len());
    text.push_str(&format!("{left}{}{}.\n", stays(numbers), blind_spots(&verified.unseen)));
    text.push_str(&said_gaps(&verified.unseen, &verified.unavailable));
    text
}

/// `; 1 is pending and 2 are blocked`.
fn stays((pending, kept, blocked): (usize, usize, usize)) -> String {
    let parts: Vec<String> = [(pending, "pending"), (kept, "kept"), (blocked, "blocked")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {} {word}", if number == 1 { "is" } else { "are" }))
        .collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!("; {}", listed(&parts)),
    }
}

fn pending(rows: &[Pending], look: Look) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let columns = [("PENDING", Whole), ("NAME", Wraps), ("REGION", Whole), ("GONE ON", Whole)];
    let cells = rows
        .iter()
        .map(|row| {
            vec![
                Cell::new(row.resource.kind).fg(colour(Decision::Pending)),
                cell(short(&row.resource.id)),
                Cell::new(row.resource.region),
                Cell::new(row.until.map_or_else(|| "not known".to_owned(), moment)),
            ]
        })
        .collect();
    format!("{}\n", table(look, &columns, cells))
}

/// `destroy`, `apply` and `resume` for people.
pub fn outcome(outcome: &Outcome, look: Look) -> String {
    let mut text = rows("Failed", Decision::Delete, &outcome.failed, look);
    text.push_str(&rows("Left", Decision::Delete, &outcome.left, look));
    text.push_str(&rows("Blocked", Decision::Blocked, &outcome.blocked, look));
    text.push_str(&rows("Kept", Decision::Keep, &outcome.kept, look));
    text.push_str(&pending(&outcome.pending, look));
    text.push_str(&sentence(outcome));
    text.push_str(&said_gaps(&outcome.unseen, &[]));
    text
}

fn sentence(outcome: &Outcome) -> String {
    let numbers = (outcome.pending.len(), outcome.kept.len(), outcome.blocked.len());
    let stays = stays(numbers);
    let blind = blind_spots(&outcome.unseen);
    let said = match outcome.outcome {
        Ending::Nothing => return format!("There was nothing to do{stays}{blind}.\n"),
        Ending::Clean => "Done: nothing is left that should be gone".to_owned(),
        Ending::Interrupted => "Interrupted at a clean point".to_owned(),
        Ending::Incomplete => {
            let parts = [(outcome.failed.len(), "failed"), (outcome.left.len(), "left")];
            let parts: Vec<String> = parts
                .into_iter()
                .filter(|(number, _)| *number > 0)
                .map(|(number, word)| format!("{number} {word}"))
                .collect();
            match parts.is_empty() {
                true => "Finished, but not all could go".to_owned(),
                false => format!("Finished, but not all is gone: {}", listed(&parts)),
            }
        }
    };
    let mut text = format!(
        "{said}{stays}{blind}.\n{} done in {}, with {}",
        count(outcome.done, "step", "steps"),
        seconds(outcome.elapsed_s),
        count(usize::try_from(outcome.requests).unwrap_or(usize::MAX), "request", "requests"),
    );
    if outcome.throttled > 0 {
        text.push_str(&format!(" ({} throttled)", thousands(outcome.throttled)));
    }
    text.push_str(".\n");
    if let Some(run) = &outcome.run {
        text.push_str(&match outcome.outcome {
            Ending::Interrupted => format!("To go on with it: dismantle resume {run}\n"),
            _ => format!("The run in full: dismantle runs show {run}\n"),
        });
    }
    text
}

/// `tag` for people: what is written, what is there already with another value, what cannot be.
pub fn tagging(tagging: &Tagging, dry_run: bool, look: Look) -> String {
    let mut text = String::new();
    if !tagging.written.is_empty() {
        let columns = [("KIND", Whole), ("NAME", Wraps), ("REGION", Whole), ("TAGS", Wraps)];
        let rows = tagging.written.iter().map(|write| {
            let tags: Vec<String> = write.tags.iter().map(|(k, v)| format!("{k}={v}")).collect();
            vec![
                Cell::new(write.resource.kind),
                cell(short(&write.resource.id)),
                Cell::new(write.resource.region),
                lines(&tags),
            ]
        });
        text.push_str(&format!("{}\n", table(look, &columns, rows.collect())));
    }
    if !tagging.conflicts.is_empty() {
        let columns = [
            ("LEFT AS IT IS", Whole),
            ("NAME", Wraps),
            ("TAG", Whole),
            ("IS", Wraps),
            ("WANTED", Wraps),
        ];
        let rows = tagging.conflicts.iter().map(|conflict| {
            vec![
                Cell::new(conflict.resource.kind),
                cell(short(&conflict.resource.id)),
                cell(&conflict.key),
                cell(&conflict.is),
                cell(&conflict.wanted),
            ]
        });
        text.push_str(&format!("{}\n", table(look, &columns, rows.collect())));
    }
    text.push_str(&rows("Failed", Decision::Delete, &tagging.failed, look));
    text.push_str(&rows("Not tagged", Decision::Keep, &tagging.skipped, look));
    let said = match (tagging.written.len(), dry_run) {
        (0, _) => "No tag is missing".to_owned(),
        (many, true) => {
            format!("Tags would be written on {}", count(many, "resource", "resources"))
        }
        (many, false) => format!("Tags are written on {}", count(many, "resource", "resources")),
    };
    let rest = [
        (tagging.tagged, "tagged already"),
        (tagging.conflicts.len(), "left with another value"),
        (tagging.skipped.len(), "not to be tagged"),
        (tagging.failed.len(), "failed"),
    ];
    let rest: Vec<String> = rest
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{} {word}", thousands(number as u64)))
        .collect();
    let rest = if rest.is_empty() { String::new() } else { format!("; {}", listed(&rest)) };
    text.push_str(&format!("{said}{rest}.\n"));
    text
}
