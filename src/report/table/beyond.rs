//! What a lab left in services that Dismantle does not take apart.

use std::collections::{BTreeMap, BTreeSet};

use comfy_table::Cell;

use super::{Look, Whole, Wraps, cell, listed, table};
use crate::beyond::{Beyond, Remains};
use crate::report::words::count;
use crate::report::{safe, visible};

/// What `verify` says below its own table; empty where nothing was found and all was seen.
pub fn beyond(beyond: &Beyond, look: Look) -> String {
    let mut text = String::new();
    if !beyond.remains.is_empty() {
        text.push_str(&format!("\n{}\n{}", rows(&beyond.remains, look), sum(&beyond.remains)));
        text.push_str("To look at them:\n");
        for one in &beyond.remains {
            // Whole, however long: a command that was cut off means something else.
            text.push_str(&format!("  {}\n", visible(&one.command)));
        }
    }
    let mut unknown: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in &beyond.unknown {
        unknown.entry(&one.why).or_default().insert(one.region.as_str());
    }
    for (why, regions) in unknown {
        let regions: Vec<String> = regions.into_iter().map(str::to_owned).collect();
        text.push_str(&format!(
            "what the lab left in other services is not known in {}: {} → grant tag:GetResources \
             or mend the cause; nothing else hangs on it\n",
            listed(&regions),
            safe(why),
        ));
    }
    text
}

fn rows(remains: &[Remains], look: Look) -> String {
    let columns = [
        ("BEYOND", Whole),
        ("ID", Wraps),
        ("REGION", Whole),
        ("COSTS MONEY", Whole),
        ("TAG", Wraps),
    ];
    let rows = remains.iter().map(|one| {
        let costs = match one.costs {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not known",
        };
        vec![
            cell(&one.what),
            cell(&one.id),
            Cell::new(one.region),
            Cell::new(costs),
            cell(&one.tag),
        ]
    });
    table(look, &columns, rows.collect())
}

fn sum(remains: &[Remains]) -> String {
    let costs = remains.iter().filter(|one| one.costs == Some(true)).count();
    format!(
        "{} in services that Dismantle does not take apart, by the lab's tags; {costs} cost money.\n",
        count(remains.len(), "thing is left", "things are left"),
    )
}
