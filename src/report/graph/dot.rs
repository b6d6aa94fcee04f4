//! A picture for Graphviz.

use super::picture::{Means, Picture};
use super::{ARROW, INK, PAGE, name};

pub(super) fn text(picture: &Picture<'_>) -> String {
    let mut text = format!(
        "digraph plan {{\n  \
         graph [rankdir=LR, bgcolor=\"{PAGE}\"];\n  \
         node [shape=box, fontname=\"monospace\", fontsize=11, fontcolor=\"{INK}\"];\n  \
         edge [color=\"{ARROW}\", fontcolor=\"{ARROW}\", fontname=\"monospace\", fontsize=9];\n"
    );
    for (place, node) in picture.nodes.iter().enumerate() {
        let paint = node.look.paint();
        text.push_str(&format!(
            "  {} [label={}, tooltip={}, style=\"{}\", fillcolor=\"{}\", color=\"{}\"];\n",
            name(place),
            quoted(&node.lines()),
            quoted(&node.told()),
            if paint.dashed { "rounded,filled,dashed" } else { "rounded,filled" },
            paint.fill,
            paint.stroke,
        ));
    }
    for arrow in &picture.arrows {
        let style = match arrow.means {
            Means::Before => "",
            Means::Uses => " [label=\"uses\", style=dashed]",
        };
        text.push_str(&format!("  {} -> {}{style};\n", name(arrow.from), name(arrow.to)));
    }
    text.push_str("}\n");
    text
}

/// Lines as one `escString`. Graphviz reads character references in it (`&#x202e;`), so the
/// ampersand is one itself.
fn quoted(lines: &[String]) -> String {
    let lines: Vec<String> = lines
        .iter()
        .map(|line| line.replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;"))
        .collect();
    format!("\"{}\"", lines.join("\\n"))
}
