//! A picture that any browser shows: one file, without scripts, styles or fonts of its own.

use dagre::Point;

use super::layout::{Frame, Layout, layout};
use super::picture::{Arrow, Means, Node, Picture};
use super::{ARROW, INK, PAGE};

const FONT: &str = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace";
const FONT_SIZE: f64 = 12.0;

/// How far a character of such a font goes on; the widest of them take 0.602 of their size.
const CHAR_WIDTH: f64 = 7.3;
const LINE_HEIGHT: f64 = 16.0;
/// From the top of a line to what letters stand on.
const ASCENT: f64 = 12.0;

const PADDING: f64 = 10.0;
const MARGIN: f64 = 16.0;

pub(super) fn text(picture: &Picture<'_>) -> String {
    let labels: Vec<Vec<String>> = picture.nodes.iter().map(|node| node.lines()).collect();
    let frames = labels.iter().map(|lines| sized(lines)).collect();
    let arrows: Vec<Arrow> = picture.arrows.iter().copied().collect();
    let layout = layout(frames, &arrows);
    let mut text = head(&area(&layout));
    for (arrow, route) in arrows.iter().zip(&layout.routes) {
        text.push_str(&drawn_arrow(*arrow, route));
    }
    for ((node, lines), frame) in picture.nodes.iter().zip(&labels).zip(&layout.frames) {
        text.push_str(&drawn_node(node, lines, frame));
    }
    text.push_str("</svg>\n");
    text
}

/// Room for a label, not yet at its place.
fn sized(lines: &[String]) -> Frame {
    let cells = lines.iter().map(|line| cells(line)).max().unwrap_or_default();
    Frame {
        width: cells as f64 * CHAR_WIDTH + 2.0 * PADDING,
        height: lines.len() as f64 * LINE_HEIGHT + 2.0 * PADDING,
        ..Frame::default()
    }
}

/// Letters from Hangul on (Unicode orders East Asian scripts there) may be twice as wide.
fn cells(line: &str) -> usize {
    line.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum()
}

/// All that is drawn, with a margin. Arrows may go further out than boxes.
fn area(layout: &Layout) -> Frame {
    let (mut left, mut top, mut right, mut bottom) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64);
    let corners = layout
        .frames
        .iter()
        .flat_map(|frame| [(frame.x, frame.y), (frame.right(), frame.bottom())])
        .chain(layout.routes.iter().flatten().map(|point| (point.x, point.y)));
    for (x, y) in corners {
        left = left.min(x);
        top = top.min(y);
        right = right.max(x);
        bottom = bottom.max(y);
    }
    Frame {
        x: left - MARGIN,
        y: top - MARGIN,
        width: right - left + 2.0 * MARGIN,
        height: bottom - top + 2.0 * MARGIN,
    }
}

/// The page is white also where the reader's is dark.
fn head(area: &Frame) -> String {
    let Frame { x, y, width, height } = area;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" \
         width=\"{width:.1}\" height=\"{height:.1}\" \
         viewBox=\"{x:.1} {y:.1} {width:.1} {height:.1}\" \
         font-family=\"{FONT}\" font-size=\"{FONT_SIZE}\" fill=\"{INK}\">\n\
         <title>What goes before what</title>\n\
         <defs><marker id=\"dismantle-arrow\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" \
         markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
         <path d=\"M0 0L10 5L0 10z\" fill=\"{ARROW}\"/></marker></defs>\n\
         <rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
         fill=\"{PAGE}\"/>\n"
    )
}

fn drawn_arrow(arrow: Arrow, route: &[Point]) -> String {
    let dashes = match arrow.means {
        Means::Before => "",
        Means::Uses => " stroke-dasharray=\"5 4\"",
    };
    let mut text = format!(
        "<path d=\"{}\" fill=\"none\" stroke=\"{ARROW}\" stroke-width=\"1.3\"{dashes} \
         marker-end=\"url(#dismantle-arrow)\"/>\n",
        curve(route)
    );
    if arrow.means == Means::Uses
        && let Some(at) = middle(route)
    {
        text.push_str(&format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"10\" \
             stroke=\"{PAGE}\" stroke-width=\"3\" paint-order=\"stroke\">uses</text>\n",
            at.x,
            at.y + 3.0
        ));
    }
    text
}

/// A line that is drawn to each bend without reaching it, so that it has no corners.
fn curve(route: &[Point]) -> String {
    let [first, bends @ .., last] = route else { return String::new() };
    let mut path = format!("M{:.1} {:.1}", first.x, first.y);
    for (bend, next) in bends.iter().zip(bends.iter().skip(1).chain([last])) {
        let to = between(bend, next);
        path.push_str(&format!("Q{:.1} {:.1} {:.1} {:.1}", bend.x, bend.y, to.x, to.y));
    }
    path.push_str(&format!("L{:.1} {:.1}", last.x, last.y));
    path
}

fn between(a: &Point, b: &Point) -> Point {
    Point::new((a.x + b.x) / 2.0, (a.y + b.y) / 2.0)
}

/// The middle bend, which is where room was made for a word.
fn middle(route: &[Point]) -> Option<Point> {
    let after = route.get(route.len() / 2)?;
    match route.len() % 2 {
        1 => Some(after.clone()),
        _ => Some(between(route.get(route.len() / 2 - 1)?, after)),
    }
}

fn drawn_node(node: &Node<'_>, lines: &[String], frame: &Frame) -> String {
    let paint = node.look.paint();
    let told: Vec<String> = node.told().iter().map(|line| xml(line)).collect();
    let mut text = format!(
        "<g><title>{}</title><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" \
         rx=\"8\" fill=\"{}\" stroke=\"{}\" stroke-width=\"1.5\"{}/>\n",
        told.join("\n"),
        frame.x,
        frame.y,
        frame.width,
        frame.height,
        paint.fill,
        paint.stroke,
        if paint.dashed { " stroke-dasharray=\"6 4\"" } else { "" },
    );
    for (at, line) in lines.iter().enumerate() {
        text.push_str(&format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" xml:space=\"preserve\"{}>{}</text>\n",
            frame.x + PADDING,
            frame.y + PADDING + at as f64 * LINE_HEIGHT + ASCENT,
            if at == 0 { " font-weight=\"bold\"" } else { "" },
            xml(line),
        ));
    }
    text.push_str("</g>\n");
    text
}

/// A visible line for a document; two of the characters that XML forbids are left in such.
fn xml(line: &str) -> String {
    let line = line.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    quick_xml::escape::escape(line).into_owned()
}
