//! A picture for Markdown pages that draw Mermaid.

use std::collections::BTreeSet;

use super::picture::{Means, Node, Picture};
use super::{INK, Look, name};

pub(super) fn text(picture: &Picture<'_>) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (place, node) in picture.nodes.iter().enumerate() {
        let class = node.look.paint().class;
        text.push_str(&format!("  {}(\"{}\"):::{class}\n", name(place), label(node)));
    }
    for arrow in &picture.arrows {
        let line = match arrow.means {
            Means::Before => "-->",
            Means::Uses => "-.->|uses|",
        };
        text.push_str(&format!("  {} {line} {}\n", name(arrow.from), name(arrow.to)));
    }
    let looks: BTreeSet<Look> = picture.nodes.iter().map(|node| node.look).collect();
    for paint in looks.into_iter().map(Look::paint) {
        let (class, fill, stroke) = (paint.class, paint.fill, paint.stroke);
        let dashes = if paint.dashed { ",stroke-dasharray:6 4" } else { "" };
        text.push_str(&format!(
            "  classDef {class} fill:{fill},stroke:{stroke},color:{INK}{dashes}\n"
        ));
    }
    text
}

fn label(node: &Node<'_>) -> String {
    let mut lines: Vec<String> = node.lines().iter().map(|line| escaped(line)).collect();
    // A kind is two plain words, and is read in the source too.
    if let (Some(_), Some(kind)) = (node.kind, lines.first_mut()) {
        *kind = kind.replace("#58;", ":");
    }
    lines.join("<br/>")
}

/// All but letters, digits and what is harmless everywhere, as an entity code. Mermaid looks for
/// more than quotes and tags, and also inside of quoted text: directives (`%%{init`), formulas
/// (`$$`), icons (`fa:fa-`), Markdown.
fn escaped(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '"' => text.push_str("#quot;"),
            ' ' | '-' | '_' | '.' | ',' | '/' | '@' | '(' | ')' | '×' | '…' => text.push(c),
            c if c.is_alphanumeric() => text.push(c),
            c => text.push_str(&format!("#{};", u32::from(c))),
        }
    }
    text
}
