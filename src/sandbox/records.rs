//! Things that the sandbox keeps itself: as AWS describes them, with what is still going on.
//!
//! winterbaume forgets most of what a SageMaker or EKS resource refers to (keys, subnets, inputs,
//! default settings), and does at once what takes AWS minutes. Those kinds live here instead.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Where a record is and what it is called: region, kind (`sagemaker:app`), name. What lives in
/// something is called `parent/child`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    pub region: String,
    pub kind: &'static str,
    pub name: String,
}

impl Id {
    pub fn new(region: &str, kind: &'static str, name: &str) -> Self {
        Self { region: region.to_owned(), kind, name: name.to_owned() }
    }
}

/// One thing.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    /// As its describe call answers.
    pub body: Map<String, Value>,
    pub arn: String,
    pub tags: BTreeMap<String, String>,
    pub created: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Next>,
}

/// What becomes of a record by itself.
#[derive(Debug, Clone, Serialize)]
pub struct Next {
    pub at: Timestamp,
    pub change: Change,
}

#[derive(Debug, Clone, Serialize)]
pub enum Change {
    Gone,
    /// Members that get other values.
    Set(Vec<(&'static str, Value)>),
    /// The same, and then gone after a while.
    Fade(Vec<(&'static str, Value)>, Duration),
}

impl Record {
    pub fn text(&self, member: &str) -> &str {
        self.body.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn set(&mut self, member: &str, value: impl Into<Value>) {
        self.body.insert(member.to_owned(), value.into());
    }
}

/// All records, and where their ids are drawn from.
#[derive(Debug)]
pub struct Records {
    rows: BTreeMap<Id, Record>,
    chance: SmallRng,
    /// Deletes that went on for a while, and those that failed.
    pub slow_deletes: u64,
    pub failed_deletes: u64,
}

impl Records {
    pub fn new(seed: u64) -> Self {
        let chance = SmallRng::seed_from_u64(seed);
        Self { rows: BTreeMap::new(), chance, slow_deletes: 0, failed_deletes: 0 }
    }

    /// Lets happen what was due by now.
    pub fn settle(&mut self, now: Timestamp) {
        let due: Vec<Id> = self
            .rows
            .iter()
            .filter(|(_, record)| record.next.as_ref().is_some_and(|next| next.at <= now))
            .map(|(id, _)| id.clone())
            .collect();
        for id in due {
            let Some(record) = self.rows.get_mut(&id) else { continue };
            let Some(next) = record.next.take() else { continue };
            match next.change {
                Change::Gone => {
                    self.rows.remove(&id);
                }
                Change::Set(members) => {
                    members.into_iter().for_each(|(name, value)| record.set(name, value));
                }
                Change::Fade(members, time) => {
                    members.into_iter().for_each(|(name, value)| record.set(name, value));
                    record.next = Some(Next { at: later(next.at, time), change: Change::Gone });
                }
            }
        }
    }

    pub fn get(&self, id: &Id) -> Option<&Record> {
        self.rows.get(id)
    }

    pub fn get_mut(&mut self, id: &Id) -> Option<&mut Record> {
        self.rows.get_mut(id)
    }

    pub fn find_mut(&mut self, kind: &str, region: &str, name: &str) -> Option<&mut Record> {
        let found = |id: &Id| id.kind == kind && id.region == region && id.name == name;
        self.rows.iter_mut().find(|(id, _)| found(id)).map(|(_, record)| record)
    }

    pub fn insert(&mut self, id: Id, record: Record) {
        self.rows.insert(id, record);
    }

    pub fn remove(&mut self, id: &Id) -> Option<Record> {
        self.rows.remove(id)
    }

    /// All of a kind in a region, by name.
    pub fn of<'a>(
        &'a self,
        region: &'a str,
        kind: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Record)> {
        self.rows
            .iter()
            .filter(move |(id, _)| id.region == region && id.kind == kind)
            .map(|(id, record)| (id.name.as_str(), record))
    }

    /// All in a region that carry a tag.
    pub fn tagged<'a>(&'a self, region: &'a str) -> impl Iterator<Item = &'a Record> {
        self.rows
            .iter()
            .filter(move |(id, record)| id.region == region && !record.tags.is_empty())
            .map(|(_, record)| record)
    }

    /// All of a kind in every region.
    pub fn everywhere<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a Id, &'a Record)> {
        self.rows.iter().filter(move |(id, _)| id.kind == kind)
    }

    /// What lives in `parent`.
    pub fn within<'a>(
        &'a self,
        region: &'a str,
        kind: &'a str,
        parent: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Record)> {
        self.of(region, kind).filter(move |(name, _)| {
            name.strip_prefix(parent).is_some_and(|rest| rest.starts_with('/'))
        })
    }

    pub fn by_arn(&mut self, arn: &str) -> Option<&mut Record> {
        self.rows.values_mut().find(|record| record.arn == arn)
    }

    pub fn remove_within(&mut self, region: &str, parent: &str, kinds: &[&str]) {
        self.rows.retain(|id, _| {
            let child = id.name.strip_prefix(parent).is_some_and(|rest| rest.starts_with('/'));
            !(child && id.region == region && kinds.contains(&id.kind))
        });
    }

    pub fn regions_of(&self, service: &str) -> Vec<String> {
        let mut regions: Vec<String> = self
            .rows
            .keys()
            .filter(|id| id.kind.starts_with(service))
            .map(|id| id.region.clone())
            .collect();
        regions.dedup();
        regions
    }

    /// Whether something happens that happens in a share of all cases. Draws nothing for none.
    pub fn chance(&mut self, share: f64) -> bool {
        share > 0.0 && self.chance.random::<f64>() < share
    }

    /// Text of `length` letters out of `alphabet`, drawn from the seed.
    pub fn draw(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length)
            .map(|_| char::from(alphabet[self.chance.random_range(0..alphabet.len())]))
            .collect()
    }

    /// Everything, to compare worlds.
    pub fn snapshot(&self) -> Value {
        let rows: Map<String, Value> = self
            .rows
            .iter()
            .map(|(id, record)| (format!("{} {} {}", id.kind, id.region, id.name), json!(record)))
            .collect();
        Value::Object(rows)
    }
}

/// A time after another; the end of time if there is none.
pub fn later(at: Timestamp, time: Duration) -> Timestamp {
    at.checked_add(time).unwrap_or(Timestamp::MAX)
}

/// A time as AWS's JSON protocols write it: seconds with a fraction.
pub fn epoch(at: Timestamp) -> Value {
    json!(at.as_millisecond() as f64 / 1000.0)
}

pub const HEX: &[u8] = b"0123456789abcdef";
pub const HEX_UPPER: &[u8] = b"0123456789ABCDEF";
pub const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
/// What IAM's unique ids are made of.
pub const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// One page of a list: the rows, and the token of the next page.
pub fn page<T>(rows: Vec<T>, token: Option<&str>, size: usize) -> (Vec<T>, Option<String>) {
    let start: usize = token.and_then(|token| token.parse().ok()).unwrap_or(0);
    let size = size.max(1);
    let more = rows.len() > start.saturating_add(size);
    let rows = rows.into_iter().skip(start).take(size).collect();
    (rows, more.then(|| (start + size).to_string()))
}
