//! What was asked of the account, call by call.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::route::{Route, Service};

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Counted from one.
    pub number: u64,
    pub service: Service,
    pub operation: String,
    pub region: String,
    /// Who signed it.
    pub access_key: String,
    /// Whether it would change something.
    pub mutates: bool,
    /// The texts that it carries, if it would change something: names, ids, ARNs. No tokens.
    pub words: Vec<String>,
    /// When it arrived, by the sandbox's clock.
    pub at: Timestamp,
    /// The HTTP status of the answer; none while the call is under way or if it never returned.
    pub status: Option<u16>,
    /// The status that the account itself answered with, whatever became of that on the way; none
    /// if the call never came so far.
    pub effect: Option<u16>,
    pub throttled: bool,
    /// What the weather did to it.
    pub fault: Option<&'static str>,
}

/// All calls so far. Only ever grows.
#[derive(Debug, Default)]
pub struct CallLog(Mutex<Vec<Call>>);

impl CallLog {
    pub fn open(&self, route: &Route, words: Vec<String>, at: Timestamp) -> u64 {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = calls.len() as u64 + 1;
        calls.push(Call {
            number,
            service: route.service,
            operation: route.operation.clone(),
            region: route.region.clone(),
            access_key: route.access_key.clone(),
            mutates: route.mutates(),
            words,
            at,
            status: None,
            effect: None,
            throttled: false,
            fault: None,
        });
        number
    }

    pub fn note(&self, number: u64, change: impl FnOnce(&mut Call)) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(call) = usize::try_from(number - 1).ok().and_then(|at| calls.get_mut(at)) {
            change(call);
        }
    }

    pub fn get(&self, number: u64) -> Option<Call> {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.get(usize::try_from(number.checked_sub(1)?).ok()?).cloned()
    }

    pub fn all(&self) -> Vec<Call> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn len(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len() as u64
    }
}
