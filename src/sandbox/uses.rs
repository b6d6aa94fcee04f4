//! When things were last used, where AWS keeps that: roles and keys.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// One use of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    pub at: Timestamp,
    /// In which region a role was used, or by which operation a key.
    pub how: String,
}

/// The last use of each thing, by its unique id: what is made again was never used.
#[derive(Debug, Default)]
pub struct Uses(Mutex<BTreeMap<String, Use>>);

impl Uses {
    pub fn note(&self, id: &str, at: Timestamp, how: &str) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        uses.insert(id.to_owned(), Use { at, how: how.to_owned() });
    }

    pub fn all(&self) -> BTreeMap<String, Use> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn of(&self, id: &str) -> Option<Use> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }
}
