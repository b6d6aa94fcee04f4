//! A plan as a picture: what goes before what, what stays, and who holds it.
//!
//! A box is a *resource*, its steps folded into it; an arrow from A to B says that A goes before
//! B. Arrows that follow from others are left out: what is drawn is the least that orders the
//! whole. Kept and blocked resources are boxes of their own colour, and whoever uses what is
//! blocked points at it with a dashed arrow. What is pending goes by itself and is not drawn.
//!
//! ```text
//! plan ─→ Picture (boxes, arrows; reduced, folded) ─→ dot · mermaid
//!                                                  ─→ layout ─→ svg
//! ```
//!
//! Names and reasons are other people's. They go through [`super::visible`] and then through the
//! escape of their format, and no identifier in the output is made of them (`n1`, `n2`…).

mod dot;
mod layout;
mod mermaid;
mod order;
mod picture;
mod svg;
#[cfg(test)]
mod tests;

use picture::Picture;

use crate::plan::Plan;
use crate::resource::Action;

/// The language of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For Graphviz; full ids and reasons are tooltips.
    Dot,
    /// For Markdown pages, most of which refuse a picture of more than 500 arrows.
    Mermaid,
    /// Ready to look at; full ids and reasons show under the pointer.
    Svg,
}

/// `plan --graph`: the picture's text, with a line's end. The same plan gives the same text.
///
/// Of more than 200 boxes, those of the same kind that stand between the same neighbours are
/// drawn as one (`12 × ecr:image`). A plan without steps says so in a box of its own.
pub fn plan(plan: &Plan, format: Format) -> String {
    let picture = Picture::of(plan);
    match format {
        Format::Dot => dot::text(&picture),
        Format::Mermaid => mermaid::text(&picture),
        Format::Svg => svg::text(&picture),
    }
}

/// What becomes of a box. Of several actions on one resource, the first of these counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    Delete,
    ScheduleDeletion,
    Stop,
    /// Stays, without some part of it.
    Partly,
    Blocked,
    Kept,
    /// Stays, and uses something that is blocked for its sake.
    User,
    /// A remark, not a resource.
    Note,
}

/// How a box is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Paint {
    class: &'static str,
    fill: &'static str,
    stroke: &'static str,
    dashed: bool,
}

/// Texts on every fill, and arrows, on a white page.
const INK: &str = "#111827";
const ARROW: &str = "#6b7280";
const PAGE: &str = "#ffffff";

impl Look {
    fn of(action: Action) -> Self {
        match action {
            Action::Delete => Look::Delete,
            Action::ScheduleDeletion => Look::ScheduleDeletion,
            Action::Stop => Look::Stop,
            _ => Look::Partly,
        }
    }

    fn paint(self) -> Paint {
        let (class, fill, stroke) = match self {
            Look::Delete => ("gone", "#fee2e2", "#b91c1c"),
            Look::ScheduleDeletion => ("scheduled", "#cffafe", "#0e7490"),
            Look::Stop => ("stopped", "#fef3c7", "#b45309"),
            Look::Partly => ("partly", "#dbeafe", "#1d4ed8"),
            Look::Blocked => ("blocked", "#fae8ff", "#a21caf"),
            Look::Kept => ("kept", "#dcfce7", "#15803d"),
            Look::User => ("user", "#f3f4f6", "#6b7280"),
            Look::Note => ("note", "#ffffff", "#6b7280"),
        };
        Paint { class, fill, stroke, dashed: self == Look::Blocked }
    }
}

/// A box's identifier in the output.
fn name(place: usize) -> String {
    format!("n{}", place + 1)
}
