//! What could not be seen, said in few lines: an outage is one line, not kinds times regions.

use std::collections::{BTreeMap, BTreeSet};

use super::safe;
use crate::inventory::Gap;
use crate::resource::{Kind, Region};

const NAMED_MAX: usize = 3;

#[derive(Default)]
struct Group {
    kinds: BTreeSet<Kind>,
    regions: BTreeSet<Region>,
}

fn groups<K: Ord>(gaps: &[Gap], key: impl Fn(&Gap) -> K) -> BTreeMap<K, Group> {
    let mut groups: BTreeMap<K, Group> = BTreeMap::new();
    for gap in gaps {
        let group = groups.entry(key(gap)).or_default();
        group.kinds.insert(gap.kind);
        group.regions.insert(gap.region);
    }
    groups
}

/// The first few by name, the rest by number.
fn named<'n>(names: impl ExactSizeIterator<Item = &'n str>, what: &str) -> String {
    let rest = names.len().saturating_sub(NAMED_MAX);
    let first: Vec<&str> = names.take(NAMED_MAX).collect();
    match rest {
        0 => first.join(", "),
        _ => format!("{} and {rest} more {what}", first.join(", ")),
    }
}

fn places(regions: &BTreeSet<Region>) -> String {
    if regions.len() == 1 && regions.contains(&Region::GLOBAL) {
        return String::new();
    }
    format!(" in {}", named(regions.iter().map(|region| region.as_str()), "regions"))
}

/// One line for each reason why something could not be seen, with what to do about it.
pub(super) fn unseen(gaps: &[Gap]) -> Vec<String> {
    // Reasons name the region that they are about; the same reason elsewhere is the same line.
    let anywhere = |gap: &Gap| (gap.accepted, gap.why.replace(gap.region.as_str(), "that region"));
    groups(gaps, anywhere)
        .into_iter()
        .map(|((accepted, why), group)| {
            let why = match group.regions.first() {
                Some(only) if group.regions.len() == 1 => why.replace("that region", only.as_str()),
                _ => why,
            };
            let kinds = named(group.kinds.iter().map(|kind| kind.as_str()), "kinds");
            if accepted {
                return format!(
                    "could not see {kinds}{}: {} → accepted, so nothing is blocked by it",
                    places(&group.regions),
                    safe(&why),
                );
            }
            let flags = match group.kinds.len() {
                0..=NAMED_MAX => {
                    let flag = |kind: &Kind| format!("--accept-unseen {kind}");
                    group.kinds.iter().map(flag).collect::<Vec<_>>().join(" ")
                }
                _ => "--accept-unseen KIND for each of them".to_owned(),
            };
            format!(
                "could not see {kinds}{}: {} → what it could use is blocked; grant the permission \
                 or mend the cause, or pass {flags}",
                places(&group.regions),
                safe(&why),
            )
        })
        .collect()
}

/// One line for all that is not offered where it was asked for.
pub(super) fn unavailable(gaps: &[Gap]) -> Option<String> {
    if gaps.is_empty() {
        return None;
    }
    let services: Vec<String> = groups(gaps, |gap| gap.kind.service())
        .into_iter()
        .map(|(service, group)| {
            let kinds = match group.kinds.len() {
                0..=NAMED_MAX => {
                    group.kinds.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(", ")
                }
                many => format!("{service} ({many} kinds)"),
            };
            format!("{kinds}{}", places(&group.regions))
        })
        .collect();
    Some(format!("not offered there, so nothing of it can be there: {}", services.join("; ")))
}
