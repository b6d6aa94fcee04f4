//! Where boxes and arrows go on a page: what is first on the left, lone boxes below.

use std::collections::BTreeMap;

use dagre::graph::{Graph, GraphOptions};
use dagre::layout::types::LabelPos;
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, Point, RankDir, Ranker};

use super::name;
use super::order::columns;
use super::picture::{Arrow, Means};

/// What is laid out with few crossings. That recurses once for each box and takes time with the
/// square of the boxes and bends in a column; beyond, boxes stand in plain columns.
const LAYERED_NODES_MAX: usize = 400;
const LAYERED_PARTS_MAX: usize = 3_000;

const ROW_GAP: f64 = 16.0;
const COLUMN_GAP: f64 = 64.0;
const ARROW_GAP: f64 = 10.0;

/// The room that the word "uses" takes on an arrow.
const USES_WIDTH: f64 = 36.0;
const USES_HEIGHT: f64 = 16.0;

/// A box's place, from its upper left corner.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Frame {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Frame {
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub frames: Vec<Frame>,
    /// The way of each arrow: two points, or more where it bends.
    pub routes: Vec<Vec<Point>>,
}

/// Finds places for boxes of which width and height are known.
pub(super) fn layout(mut frames: Vec<Frame>, arrows: &[Arrow]) -> Layout {
    let mut tied = vec![false; frames.len()];
    for arrow in arrows {
        tied[arrow.from] = true;
        tied[arrow.to] = true;
    }
    let columns = columns(frames.len(), arrows);
    let routes = match fits_layers(&columns, arrows, &tied) {
        true => layered(&mut frames, arrows, &tied),
        false => in_columns(&mut frames, arrows, &tied, &columns),
    };
    place_lone(&mut frames, &tied, &routes);
    Layout { frames, routes }
}

fn fits_layers(columns: &[usize], arrows: &[Arrow], tied: &[bool]) -> bool {
    let nodes = tied.iter().filter(|tied| **tied).count();
    let bends: usize =
        arrows.iter().map(|arrow| 2 * columns[arrow.to].abs_diff(columns[arrow.from])).sum();
    (1..=LAYERED_NODES_MAX).contains(&nodes) && nodes + bends <= LAYERED_PARTS_MAX
}

fn layered(frames: &mut [Frame], arrows: &[Arrow], tied: &[bool]) -> Vec<Vec<Point>> {
    let options = GraphOptions { multigraph: true, ..GraphOptions::default() };
    let mut graph: Graph<NodeLabel, EdgeLabel> = Graph::with_options(options);
    for (place, frame) in frames.iter().enumerate().filter(|(place, _)| tied[*place]) {
        let (width, height) = (frame.width, frame.height);
        graph.set_node(name(place), Some(NodeLabel { width, height, ..NodeLabel::default() }));
    }
    for arrow in arrows {
        let (from, to, label) = (name(arrow.from), name(arrow.to), Some(label(arrow)));
        graph.set_edge(from, to, label, edge_name(arrow));
    }
    // The default ranker, network simplex, may panic for want of an edge (dagre's issue 267).
    let options = LayoutOptions {
        rankdir: RankDir::LR,
        nodesep: ROW_GAP,
        edgesep: ARROW_GAP,
        ranksep: COLUMN_GAP,
        ranker: Ranker::TightTree,
        ..LayoutOptions::default()
    };
    dagre::layout(&mut graph, Some(options));
    for (place, frame) in frames.iter_mut().enumerate() {
        if let Some(NodeLabel { x: Some(x), y: Some(y), .. }) = graph.node(&name(place)) {
            frame.x = x - frame.width / 2.0;
            frame.y = y - frame.height / 2.0;
        }
    }
    let route = |arrow: &Arrow| {
        graph
            .edge(&name(arrow.from), &name(arrow.to), edge_name(arrow))
            .map(|label| label.points.clone())
            .filter(|points| points.len() > 1)
            .unwrap_or_else(|| straight(frames, arrow))
    };
    arrows.iter().map(route).collect()
}

/// Two arrows of different meaning may join the same boxes.
fn edge_name(arrow: &Arrow) -> Option<&'static str> {
    match arrow.means {
        Means::Before => None,
        Means::Uses => Some("uses"),
    }
}

fn label(arrow: &Arrow) -> EdgeLabel {
    let (width, height) = match arrow.means {
        Means::Before => (0.0, 0.0),
        Means::Uses => (USES_WIDTH, USES_HEIGHT),
    };
    EdgeLabel { width, height, labelpos: LabelPos::Center, ..EdgeLabel::default() }
}

fn in_columns(
    frames: &mut [Frame],
    arrows: &[Arrow],
    tied: &[bool],
    columns: &[usize],
) -> Vec<Vec<Point>> {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, column) in columns.iter().enumerate().filter(|(place, _)| tied[*place]) {
        members.entry(*column).or_default().push(place);
    }
    let mut x = 0.0;
    for places in members.values() {
        let (mut y, mut width) = (0.0, 0.0_f64);
        for place in places {
            let frame = &mut frames[*place];
            (frame.x, frame.y) = (x, y);
            y = frame.bottom() + ROW_GAP;
            width = width.max(frame.width);
        }
        x += width + COLUMN_GAP;
    }
    arrows.iter().map(|arrow| straight(frames, arrow)).collect()
}

fn straight(frames: &[Frame], arrow: &Arrow) -> Vec<Point> {
    let (from, to) = (&frames[arrow.from], &frames[arrow.to]);
    vec![
        Point::new(from.right(), from.y + from.height / 2.0),
        Point::new(to.x, to.y + to.height / 2.0),
    ]
}

/// Boxes without an arrow, in rows below the others and about as wide as those.
fn place_lone(frames: &mut [Frame], tied: &[bool], routes: &[Vec<Point>]) {
    let mut right = 0.0_f64;
    let mut top = routes.iter().flatten().map(|point| point.y + ROW_GAP).fold(0.0, f64::max);
    let (mut wide, mut high) = (0.0_f64, 0.0_f64);
    for (frame, tied) in frames.iter().zip(tied) {
        match tied {
            true => {
                right = right.max(frame.right());
                top = top.max(frame.bottom() + 2.0 * ROW_GAP);
            }
            false => {
                wide = wide.max(frame.width + ROW_GAP);
                high = high.max(frame.height + ROW_GAP);
            }
        }
    }
    let lone = tied.iter().filter(|tied| !**tied).count();
    // Boxes are some four times as wide as high.
    let across = (((right + ROW_GAP) / wide.max(1.0)) as usize).max(lone.isqrt() / 2).max(1);
    let places = frames.iter_mut().zip(tied).filter(|(_, tied)| !**tied);
    for (at, (frame, _)) in places.enumerate() {
        frame.x = (at % across) as f64 * wide;
        frame.y = top + (at / across) as f64 * high;
    }
}
