//! What is there and what is to become of it.

use std::collections::BTreeMap;

use comfy_table::Cell;

use super::{Fit, Look, Whole, Wraps, blind_spots, cell, colour, lines, listed, said_gaps, table};
use crate::classify::{Decision, Verdict};
use crate::report::words::{age, called, thousands};
use crate::report::{InventoryView, safe};
use crate::resource::Resource;

/// `inventory` for people: what goes first, then what stays and why, then a sentence.
pub fn inventory(view: &InventoryView<'_>, look: Look) -> String {
    let mut shown = view.shown();
    shown.sort_by_key(|(_, verdict)| verdict.decision);
    let fields = view.label_fields();
    let several_regions = view.manifest.regions.len() > 1
        || shown.iter().any(|(resource, _)| {
            !resource.region().is_global() && !view.manifest.regions.contains(&resource.region())
        });
    let mut columns: Vec<(&str, Fit)> = vec![("DECISION", Whole), ("KIND", Whole), ("NAME", Wraps)];
    if several_regions {
        columns.push(("REGION", Whole));
    }
    columns.push(("AGE", Whole));
    let headings: Vec<String> = fields.iter().map(|field| field.to_ascii_uppercase()).collect();
    columns.extend(headings.iter().map(|heading| (heading.as_str(), Whole)));
    columns.push(("REASON", Wraps));

    let rows = shown
        .iter()
        .map(|(resource, verdict)| {
            let decision = Cell::new(verdict.decision.as_str()).fg(colour(verdict.decision));
            let mut row = vec![decision, Cell::new(resource.kind()), cell(&called(resource))];
            if several_regions {
                row.push(Cell::new(resource.region()));
            }
            row.push(Cell::new(age(resource.created, view.now)));
            let labels = view.labels(resource);
            row.extend(fields.iter().map(|f| cell(labels.get(*f).map_or("", String::as_str))));
            row.push(lines(&reasons(resource, verdict)));
            row
        })
        .collect();

    let mut text = String::new();
    if !shown.is_empty() {
        text.push_str(&table(look, &columns, rows));
        text.push('\n');
    }
    let unseen = crate::classify::gaps(view.inventory, view.classification);
    let unavailable = view.inventory.unavailable();
    let decisions = shown.iter().map(|(_, verdict)| verdict.decision);
    let sentence = match summary(decisions) {
        sentence if sentence.is_empty() => {
            format!("Nothing here is matched by the manifest {}", safe(&view.manifest.name))
        }
        sentence => sentence,
    };
    text.push_str(&format!("{sentence}{}.\n", blind_spots(&unseen)));
    text.push_str(&said_gaps(&unseen, &unavailable));
    text
}

fn reasons(resource: &Resource, verdict: &Verdict) -> Vec<String> {
    let mut lines = vec![verdict.reason.clone()];
    let goes = matches!(verdict.decision, Decision::Delete | Decision::Stop);
    if goes {
        let cautions = resource.cautions.iter().chain(&verdict.cautions);
        lines.extend(cautions.map(|caution| format!("caution: {caution}")));
    }
    lines
}

/// `41 go, 2 are kept and 1 is blocked`; empty for nothing.
fn summary(decisions: impl Iterator<Item = Decision>) -> String {
    let mut counts: BTreeMap<Decision, u64> = BTreeMap::new();
    for decision in decisions {
        *counts.entry(decision).or_default() += 1;
    }
    let parts: Vec<String> = counts
        .into_iter()
        .map(|(decision, count)| {
            let (one, many) = match decision {
                Decision::Delete => ("goes", "go"),
                Decision::Stop => ("is stopped", "are stopped"),
                Decision::Pending => ("is pending", "are pending"),
                Decision::Keep => ("is kept", "are kept"),
                Decision::Blocked => ("is blocked", "are blocked"),
                Decision::Foreign => ("is somebody else's", "are somebody else's"),
            };
            format!("{} {}", thousands(count), if count == 1 { one } else { many })
        })
        .collect();
    listed(&parts)
}
