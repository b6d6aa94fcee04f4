//! What a lab left in services that Dismantle does not take apart.
//!
//! Controllers in a cluster make load balancers and volumes that outlive it, a Studio domain
//! leaves its file system. They are found by their tags, listed with the command that shows each,
//! and left alone: nothing here changes anything, and no exit code hangs on it. What is asked for
//! ([`ask`]) and what is said of an answer ([`show`]) are pure.

mod ask;
mod show;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use serde::Serialize;

use crate::aws::tagged::{Tagged, carrying};
use crate::aws::{Aws, AwsError};
use crate::mandate::{Mandate, Survey};
use crate::resource::{Catalog, Region};
use ask::{Ask, Known};

/// What the look needs of IAM.
pub const PERMISSIONS: &[&str] = &["tag:GetResources"];

/// Something in another service that carries a tag of the lab's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remains {
    /// `load balancer`, `volume`; `service:type` where there is no better word.
    pub what: String,
    /// The ARN's last part: `vol-0a1b2c3d4e5f60718`.
    pub id: String,
    pub region: Region,
    pub arn: String,
    /// The tag by which it was found, `key=value`.
    pub tag: String,
    /// Whether it costs money as long as it is there; `None` where that is not known.
    pub costs: Option<bool>,
    /// What shows it: a line for a shell, with the AWS CLI.
    pub command: String,
}

/// Why nobody knows what is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unknown {
    pub region: Region,
    pub why: String,
}

/// What was found in other services, what costs money first; and where it is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beyond {
    pub remains: Vec<Remains>,
    pub unknown: Vec<Unknown>,
}

/// Looks for what the lab left in the manifest's regions.
pub async fn look(mandate: &Mandate, survey: &Survey) -> Beyond {
    let known = Known {
        manifest: &mandate.manifest,
        inventory: &survey.inventory,
        decided: &survey.decided,
        gone: &mandate.gone,
        account: mandate.account(),
        partition: mandate.aws().partition(),
    };
    let answers = ask::asks(&known).into_iter().map(|ask| answer(mandate.aws(), ask));
    sorted(join_all(answers).await, mandate.catalog())
}

type Answer = (Ask, Result<Vec<Tagged>, AwsError>);

async fn answer(aws: &Aws, ask: Ask) -> Answer {
    let found = carrying(&aws.in_region(ask.region), &ask.filters).await;
    (ask, found)
}

/// Each thing once, by the first tag that shows it; one that is Dismantle's to take apart is in
/// the inventory, and not here.
fn sorted(answers: Vec<Answer>, catalog: &Catalog) -> Beyond {
    let mut remains: BTreeMap<String, Remains> = BTreeMap::new();
    let mut unknown = BTreeSet::new();
    for (ask, found) in answers {
        let region = ask.region;
        let things = match found {
            Ok(things) => things,
            Err(error) => {
                unknown.insert(Unknown { region, why: error.to_string() });
                continue;
            }
        };
        for thing in things {
            let Some(tag) = ask.shows(&thing.tags) else { continue };
            if !show::is_arn(&thing.arn) {
                let why = "GetResources gave an ARN that is none".to_owned();
                unknown.insert(Unknown { region, why });
                continue;
            }
            if show::is_elsewhere(&thing.arn, catalog) {
                let shown = || show::remains(&thing.arn, region, tag);
                remains.entry(thing.arn.clone()).or_insert_with(shown);
            }
        }
    }
    let mut remains: Vec<Remains> = remains.into_values().collect();
    remains.sort_by(|a, b| {
        let place = |it: &Remains| (it.costs != Some(true), it.region);
        place(a).cmp(&place(b)).then_with(|| (&a.what, &a.id).cmp(&(&b.what, &b.id)))
    });
    Beyond { remains, unknown: unknown.into_iter().collect() }
}
