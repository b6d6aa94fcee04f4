//! Kinds and regions: names that are few and that every room passes around.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{LazyLock, Mutex};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Names that are few and live as long as the program: kinds and regions.
static NAMES: LazyLock<Mutex<BTreeSet<&'static str>>> = LazyLock::new(Default::default);

/// More names than AWS has kinds and regions can only come from a hostile file.
const NAMES_MAX: usize = 4096;

fn intern(name: &str) -> Option<&'static str> {
    let mut names = NAMES.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(known) = names.get(name) {
        return Some(known);
    }
    if names.len() >= NAMES_MAX {
        return None;
    }
    let leaked: &'static str = Box::leak(name.to_owned().into_boxed_str());
    names.insert(leaked);
    Some(leaked)
}

/// A text that is not a kind or a region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct BadName {
    pub text: String,
    pub expected: &'static str,
}

/// What a resource is, written `service:resource` in AWS's own words: `iam:role`.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(&'static str);

impl Kind {
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// Reads a kind from a file. Whether Dismantle knows the kind is the catalog's to say.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let bad = || BadName {
            text: text.chars().take(80).collect(),
            expected: "a kind, which is written service:resource, such as iam:role",
        };
        let word = |part: &str| {
            !part.is_empty()
                && part.len() <= 48
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        match text.split_once(':') {
            Some((service, resource)) if word(service) && word(resource) => {
                intern(text).map(Self).ok_or_else(bad)
            }
            _ => Err(bad()),
        }
    }

    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// `iam` of `iam:role`.
    pub fn service(self) -> &'static str {
        self.0.split_once(':').map_or(self.0, |(service, _)| service)
    }

    /// `role` of `iam:role`.
    pub fn resource(self) -> &'static str {
        self.0.split_once(':').map_or("", |(_, resource)| resource)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// An AWS region, or [`Region::GLOBAL`] for IAM.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(&'static str);

impl Region {
    /// Where resources live that have no region of their own.
    pub const GLOBAL: Region = Region("global");

    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    pub fn parse(text: &str) -> Result<Self, BadName> {
        let bad = || BadName {
            text: text.chars().take(80).collect(),
            expected: "a region, such as us-east-1",
        };
        let well_formed = (4..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !well_formed {
            return Err(bad());
        }
        intern(text).map(Self).ok_or_else(bad)
    }

    pub fn as_str(self) -> &'static str {
        self.0
    }

    pub fn is_global(self) -> bool {
        self == Self::GLOBAL
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

macro_rules! serde_as_name {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
serde_as_name!(Kind);
serde_as_name!(Region);
