//! The inventory for a spreadsheet.

use super::InventoryView;
use super::text::shortened;
use crate::scrub;

/// A spreadsheet's cell holds 32,767 characters (Microsoft, "Excel specifications and limits");
/// what acts is written out and gets longer.
const CELL_CHARS_MAX: usize = 3_000;

/// `inventory --output csv`: a header, then a line for each resource (RFC 4180).
pub fn inventory(view: &InventoryView<'_>) -> String {
    let labels = view.label_fields();
    let mut text = String::new();
    let fixed = ["decision", "kind", "name", "id", "region", "created"];
    let last = ["reason", "used_by", "cautions", "tags", "arn", "monthly_cost_usd"];
    line(&mut text, fixed.iter().chain(&labels).chain(&last).copied());
    for (resource, verdict) in view.shown() {
        let created = resource.created.map(|at| at.to_string()).unwrap_or_default();
        let users: Vec<String> = verdict.used_by.iter().map(ToString::to_string).collect();
        let tags = resource.tags.iter().map(|(k, v)| format!("{k}={}", scrub::text(v)));
        let tags: Vec<String> = tags.collect();
        let of_name = view.labels(resource);
        let cautions: Vec<&str> =
            resource.cautions.iter().chain(&verdict.cautions).map(String::as_str).collect();
        let (users, cautions, tags) = (users.join("; "), cautions.join("; "), tags.join("; "));
        let mut cells = vec![
            verdict.decision.as_str(),
            resource.kind().as_str(),
            &resource.name,
            &resource.id.id,
            resource.region().as_str(),
            &created,
        ];
        cells.extend(labels.iter().map(|field| of_name.get(*field).map_or("", String::as_str)));
        let arn = resource.arn.as_deref().unwrap_or_default();
        cells.extend([verdict.reason.as_str(), &users, &cautions, &tags, arn, ""]);
        line(&mut text, cells.into_iter());
    }
    text
}

fn line<'c>(text: &mut String, cells: impl Iterator<Item = &'c str>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(',');
        }
        let cell = shortened(cell, CELL_CHARS_MAX);
        text.push('"');
        if is_formula(&cell) {
            text.push('\'');
        }
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    }
    text.push_str("\r\n");
}

/// Whether a spreadsheet would take the cell for a formula (OWASP, "CSV Injection"); the wide
/// forms of the signs count in East Asian editions.
fn is_formula(cell: &str) -> bool {
    cell.trim_start()
        .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '|', '%'])
}
