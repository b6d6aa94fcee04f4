//! Turns what is known into text: tables for people, JSON, CSV and graphs for programs.
//!
//! Data in, text out: nothing here knows a terminal, the clock or AWS. Names, tags, reasons and
//! messages come from other people, so everything goes through [`safe`] (or an escape of its
//! format) on its way to a reader.

pub mod csv;
mod gaps;
pub mod graph;
pub mod json;
pub mod table;
mod text;
mod words;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::classify::{Classification, Decision, Verdict};
use crate::inventory::{Gap, Inventory};
use crate::journal::{RunId, RunOutcome};
use crate::manifest::Manifest;
use crate::plan::Row;
use crate::resource::{Catalog, Lifecycle, Resource, ResourceId};

pub(crate) use text::acts;
pub use text::{safe, shell_word, visible};
pub(crate) use words::{seconds, short, thousands};

/// An account as `inventory` shows it.
#[derive(Debug, Clone, Copy)]
pub struct InventoryView<'a> {
    pub account: &'a str,
    pub manifest: &'a Manifest,
    pub inventory: &'a Inventory,
    pub classification: &'a Classification,
    pub catalog: &'a Catalog,
    /// Ages count to here.
    pub now: Timestamp,
    /// Whether neighbours are shown too.
    pub all: bool,
}

impl<'a> InventoryView<'a> {
    /// What is shown, by kind, region and id.
    fn shown(&self) -> Vec<(&'a Resource, &'a Verdict)> {
        let mut shown: Vec<(&'a Resource, &'a Verdict)> = self
            .inventory
            .resources()
            .into_iter()
            .filter_map(|(id, resource)| Some((resource, self.classification.verdicts.get(id)?)))
            .filter(|(_, verdict)| self.all || verdict.decision != Decision::Foreign)
            .collect();
        shown.sort_by_key(|(resource, _)| (resource.kind(), resource.region(), &resource.id.id));
        shown
    }

    /// What the manifest's naming convention reads out of a resource's names.
    fn labels(&self, resource: &Resource) -> BTreeMap<String, String> {
        self.manifest.labels_of(resource)
    }

    fn label_fields(&self) -> Vec<&'a str> {
        self.manifest.labels.iter().flat_map(|convention| convention.fields()).collect()
    }
}

/// Something that is on its way out by itself: a key in its window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pending {
    #[serde(flatten)]
    pub resource: ResourceId,
    /// `None` where AWS does not say.
    pub until: Option<Timestamp>,
}

impl From<(ResourceId, Option<Timestamp>)> for Pending {
    fn from((resource, until): (ResourceId, Option<Timestamp>)) -> Self {
        Self { resource, until }
    }
}

/// What a second look at the account found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Should be gone, or stopped, and is not.
    pub left: Vec<Row>,
    pub pending: Vec<Pending>,
    pub kept: Vec<Row>,
    pub blocked: Vec<Row>,
    pub unseen: Vec<Gap>,
    pub unavailable: Vec<Gap>,
}

impl Verified {
    /// Whether something that nobody accepted could not be seen.
    pub fn is_blind(&self) -> bool {
        self.unseen.iter().any(|gap| !gap.accepted)
    }

    /// What is there of the lab, by a fresh look and fresh decisions.
    pub fn new(inventory: &Inventory, decided: &Classification) -> Self {
        let rows = |decision| -> Vec<Row> {
            decided
                .of(decision)
                .map(|(id, verdict)| Row {
                    resource: id.clone(),
                    reason: verdict.reason.clone(),
                    used_by: verdict.used_by.iter().map(Into::into).collect(),
                })
                .collect()
        };
        let mut left = rows(Decision::Delete);
        left.extend(rows(Decision::Stop));
        left.sort();
        let pending = decided
            .of(Decision::Pending)
            .map(|(id, _)| {
                let until = match inventory.get(id).map(|resource| &resource.lifecycle) {
                    Some(Lifecycle::Pending { until }) => *until,
                    _ => None,
                };
                Pending { resource: id.clone(), until }
            })
            .collect();
        Self {
            left,
            pending,
            kept: rows(Decision::Keep),
            blocked: rows(Decision::Blocked),
            unseen: inventory.unseen(),
            unavailable: inventory.unavailable(),
        }
    }
}

/// How a run ended, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Nothing is left that should be gone.
    Clean,
    /// Something failed, is blocked or is left.
    Incomplete,
    /// Stopped before its end; `resume` goes on with it.
    Interrupted,
    /// There was nothing to do.
    Nothing,
}

impl Ending {
    pub fn as_str(self) -> &'static str {
        match self {
            Ending::Clean => "clean",
            Ending::Incomplete => "incomplete",
            Ending::Interrupted => "interrupted",
            Ending::Nothing => "nothing",
        }
    }
}

impl From<RunOutcome> for Ending {
    fn from(outcome: RunOutcome) -> Self {
        match outcome {
            RunOutcome::Clean => Ending::Clean,
            RunOutcome::Incomplete => Ending::Incomplete,
        }
    }
}

/// What came of `destroy`, `apply` or `resume`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `None` where nothing was to be done, so that no run began.
    pub run: Option<RunId>,
    pub outcome: Ending,
    /// Steps that are done.
    pub done: usize,
    pub failed: Vec<Row>,
    pub blocked: Vec<Row>,
    pub left: Vec<Row>,
    pub kept: Vec<Row>,
    pub pending: Vec<Pending>,
    pub unseen: Vec<Gap>,
    pub elapsed_s: u64,
    pub requests: u64,
    pub throttled: u64,
}
