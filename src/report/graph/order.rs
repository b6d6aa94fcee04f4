//! What comes before what among places: in order, in columns, and without what follows anyway.

use std::collections::BTreeSet;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::picture::{Arrow, Means};

/// Groups of places, each before all that it points at. Places that are before each other, such
/// as a resource of which one step is done early, share a group.
fn groups(places: usize, next: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(places, 0);
    for _ in 0..places {
        graph.add_node(());
    }
    for (from, after) in next.iter().enumerate() {
        for to in after {
            graph.add_edge(NodeIndex::new(from), NodeIndex::new(*to), ());
        }
    }
    let mut groups: Vec<Vec<usize>> = kosaraju_scc(&graph)
        .into_iter()
        .map(|group| group.into_iter().map(|node| node.index()).collect())
        .collect();
    groups.reverse();
    groups
}

fn next_of(places: usize, arrows: impl IntoIterator<Item = Arrow>) -> Vec<BTreeSet<usize>> {
    let mut next = vec![BTreeSet::new(); places];
    for arrow in arrows {
        next[arrow.from].insert(arrow.to);
    }
    next
}

/// The arrows without those of order that follow from others: A → C where A → B → C. Arrows at a
/// circle's members are left as they are, for there each may stand for the other.
pub(super) fn reduced(places: usize, arrows: BTreeSet<Arrow>) -> BTreeSet<Arrow> {
    let is_order = |arrow: &Arrow| arrow.means == Means::Before;
    let next = next_of(places, arrows.iter().copied().filter(is_order));
    let mut rank = vec![0; places];
    let mut circles = vec![false; places];
    for (at, group) in groups(places, &next).iter().enumerate() {
        for place in group {
            rank[*place] = at;
            circles[*place] = group.len() > 1;
        }
    }
    let mut follows = BTreeSet::new();
    let mut reached = vec![places; places];
    for (from, after) in next.iter().enumerate().filter(|(from, _)| !circles[*from]) {
        let mut after: Vec<usize> = after.iter().copied().collect();
        after.sort_by_key(|to| (rank[*to], *to));
        for to in after {
            if reached[to] == from && !circles[to] {
                follows.insert((from, to));
            }
            reach(from, to, &next, &mut reached);
        }
    }
    arrows
        .into_iter()
        .filter(|arrow| !is_order(arrow) || !follows.contains(&(arrow.from, arrow.to)))
        .collect()
}

/// Marks `at`, and all that comes after it, as reached from `from`.
fn reach(from: usize, at: usize, next: &[BTreeSet<usize>], reached: &mut [usize]) {
    let mut open = vec![at];
    while let Some(at) = open.pop() {
        if reached[at] != from {
            reached[at] = from;
            open.extend(&next[at]);
        }
    }
}

/// The column of each place: one behind the last of what points at it.
pub(super) fn columns(places: usize, arrows: &[Arrow]) -> Vec<usize> {
    let next = next_of(places, arrows.iter().copied());
    let mut columns = vec![0; places];
    for group in groups(places, &next) {
        let column = group.iter().map(|place| columns[*place]).max().unwrap_or_default();
        for place in &group {
            columns[*place] = column;
        }
        let inside: BTreeSet<usize> = group.iter().copied().collect();
        for to in group.iter().flat_map(|place| &next[*place]) {
            if !inside.contains(to) {
                columns[*to] = columns[*to].max(column + 1);
            }
        }
    }
    columns
}
