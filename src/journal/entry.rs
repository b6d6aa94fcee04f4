//! What is written: the header of a run, then one entry after another.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use rand::Rng;
use serde::{Deserialize, Deserializer, Serialize};

use crate::plan::{Step, StepId};
use crate::resource::{Kind, Region, Resource};
use crate::scrub;

/// A run's name: when it began, and four letters against collisions: `20261124-171500-k3f9`.
/// Sorts by time, is easy to read out and to double-click.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RunId(String);

/// Letters and digits that are not taken for one another.
const RUN_ID_LETTERS: &[u8] = b"23456789abcdefghjkmnpqrstuvwxyz";

impl RunId {
    pub fn new(at: Timestamp, rng: &mut impl Rng) -> Self {
        let mut id = at.strftime("%Y%m%d-%H%M%S-").to_string();
        for _ in 0..4 {
            let letter = RUN_ID_LETTERS[rng.random_range(0..RUN_ID_LETTERS.len())];
            id.push(char::from(letter));
        }
        Self(id)
    }

    /// Reads a run id that somebody typed; `None` for what no run can be called.
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        well_formed.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for RunId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a run's id"))
    }
}

/// What a run is, said once at its start: enough for `resume`, `restore` and `runs` to need no
/// manifest file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunHeader {
    pub run: RunId,
    pub account: String,
    pub manifest_name: String,
    /// The manifest, word for word.
    pub manifest: String,
    /// The file it was read from, for messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_source: Option<String>,
    /// The digest of the plan file, or of the plan that was confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_digest: Option<String>,
    /// Kinds whose blindness the person accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accept_unseen: Vec<Kind>,
    /// A custom endpoint, which a resumed run must meet again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_url: Option<String>,
    pub regions: Vec<Region>,
    pub program_version: String,
    /// The command's name: `destroy`, `apply`, `sweep`, `restore`.
    pub command: String,
    pub started: Timestamp,
    /// Further settings that a resumed run takes over, by the name of their flag.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, serde_json::Value>,
}

impl RunHeader {
    /// The header as it may be written: a custom endpoint without the password in its address.
    pub fn scrubbed(mut self) -> Self {
        self.endpoint_url = self.endpoint_url.map(|url| scrub::url(&url));
        for value in self.options.values_mut() {
            scrub::value(value);
        }
        self
    }
}

/// One line of a run's log, in the order of writing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// A step that is to be done; those of the plan first, late ones where they joined.
    Step(Step),
    /// A resource as it was before the first call that changed it, or as a restore made it.
    Record(Box<Resource>),
    /// The step's call is about to leave.
    Intent {
        step: StepId,
        attempt: u32,
    },
    /// What came of it.
    Outcome {
        step: StepId,
        attempt: u32,
        outcome: Outcome,
    },
    Mark(Mark),
}

impl Entry {
    pub(super) fn record(resource: &Resource) -> Self {
        Self::Record(Box::new(scrub::resource(resource)))
    }

    /// The entry's kind in one word, a column of its own in a journal.
    pub fn word(&self) -> &'static str {
        match self {
            Entry::Step(_) => "step",
            Entry::Record(_) => "record",
            Entry::Intent { .. } => "intent",
            Entry::Outcome { .. } => "outcome",
            Entry::Mark(_) => "mark",
        }
    }
}

/// An entry with the time it was written at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub at: Timestamp,
    pub entry: Entry,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Done,
    AlreadyGone,
    /// Accepted, and gone at a later time: a key in its window.
    Pending {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// The call failed; `class` is the error's class as the program named it.
    Failed {
        class: String,
        why: String,
    },
    /// A guard kept the call from leaving: what was approved is not what is there.
    Refused {
        why: String,
    },
    /// The call left and its answer did not tell whether it took effect.
    Uncertain {
        why: String,
    },
}

impl Outcome {
    pub(super) fn scrubbed(self) -> Self {
        match self {
            Outcome::Failed { class, why } => Outcome::Failed { class, why: scrub::text(&why) },
            Outcome::Refused { why } => Outcome::Refused { why: scrub::text(&why) },
            Outcome::Uncertain { why } => Outcome::Uncertain { why: scrub::text(&why) },
            Outcome::Done | Outcome::AlreadyGone | Outcome::Pending { .. } => self,
        }
    }
}

/// How a finished run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunOutcome {
    /// Nothing is left that should be gone.
    Clean,
    /// Something failed, is blocked or is left.
    Incomplete,
}

impl fmt::Display for RunOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            RunOutcome::Clean => "clean",
            RunOutcome::Incomplete => "incomplete",
        })
    }
}

/// Steps by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    pub steps: u64,
    /// Done, gone already, or pending.
    pub done: u64,
    pub failed: u64,
    pub refused: u64,
    pub uncertain: u64,
    pub open: u64,
}

/// A turn in a run's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    Finished {
        outcome: RunOutcome,
        counts: Counts,
        /// Further figures for the report: `requests`, `throttled`, `elapsed_s`, `blocked`, `left`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        figures: BTreeMap<String, u64>,
    },
    /// Stopped at a clean point; `why` is for people: `Ctrl-C`, `the credentials expired`.
    Interrupted { why: String },
    /// Another process went on with the run.
    Resumed { program_version: String },
}

impl Mark {
    pub(super) fn scrubbed(self) -> Self {
        match self {
            Mark::Interrupted { why } => Mark::Interrupted { why: scrub::text(&why) },
            Mark::Finished { .. } | Mark::Resumed { .. } => self,
        }
    }
}
