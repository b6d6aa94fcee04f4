//! Tables and sentences for people.

mod beyond;
mod inventory;
mod plan;
mod restore;
mod results;
mod runs;

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, LineStyle, Table, Width};

use super::safe;
use crate::classify::Decision;
use crate::inventory::Gap;

pub use beyond::beyond;
pub use inventory::inventory;
pub use plan::plan;
pub use restore::{restore, way};
pub use results::{outcome, tagging, verify};
pub use runs::{run, runs};

/// How a table is to look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    /// Columns of the terminal; nothing wraps where there is none.
    pub width: Option<usize>,
    pub colours: bool,
}

/// A column narrower than this is harder to read than a line that is too long.
const WRAPPED_CHARS_MIN: u16 = 16;

/// How a column takes its width.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// As wide as its longest cell.
    Whole,
    /// Wraps where the table would become too wide.
    Wraps,
}

use Fit::{Whole, Wraps};

fn table(look: Look, columns: &[(&str, Fit)], rows: Vec<Vec<Cell>>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING.header_separator(LineStyle::none().fill('─').junction('─')));
    table.force_no_tty();
    if look.colours {
        table.enforce_styling();
    }
    match look.width.and_then(|width| u16::try_from(width).ok()) {
        Some(width) => {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(width.max(40));
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    table.set_header(columns.iter().map(|(name, _)| Cell::new(name)).collect::<Vec<_>>());
    for row in rows {
        table.add_row(row);
    }
    for (at, (_, fit)) in columns.iter().enumerate() {
        if let Some(column) = table.column_mut(at) {
            match fit {
                Whole => column.set_constraint(ColumnConstraint::ContentWidth),
                Wraps => column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(
                    WRAPPED_CHARS_MIN,
                ))),
            };
        }
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

/// A cell of somebody else's text.
fn cell(text: &str) -> Cell {
    Cell::new(safe(text))
}

/// The same of several lines: each is made safe by itself.
fn lines(lines: &[String]) -> Cell {
    Cell::new(lines.iter().map(|line| safe(line)).collect::<Vec<_>>().join("\n"))
}

fn colour(decision: Decision) -> Color {
    match decision {
        Decision::Delete => Color::Red,
        Decision::Stop => Color::Yellow,
        Decision::Pending => Color::Cyan,
        Decision::Keep => Color::Green,
        Decision::Blocked => Color::Magenta,
        Decision::Foreign => Color::DarkGrey,
    }
}

/// `a, b and c`.
fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What could not be seen, below a plan; empty if all was.
pub fn gaps(unseen: &[Gap], unavailable: &[Gap]) -> String {
    said_gaps(unseen, unavailable)
}

/// What could not be seen, below the table; empty if all was.
fn said_gaps(unseen: &[Gap], unavailable: &[Gap]) -> String {
    let mut text = String::new();
    for line in super::gaps::unseen(unseen).into_iter().chain(super::gaps::unavailable(unavailable))
    {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// How many kinds are in these gaps, as the end of a sentence.
fn blind_spots(unseen: &[Gap]) -> String {
    let kinds: std::collections::BTreeSet<_> =
        unseen.iter().filter(|gap| !gap.accepted).map(|gap| gap.kind).collect();
    match kinds.len() {
        0 => String::new(),
        1 => "; 1 kind could not be seen".to_owned(),
        many => format!("; {many} kinds could not be seen"),
    }
}
