//! A clock that can be set.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

use crate::clock::{Clock, SharedClock};

/// Another clock's time, and what somebody set it forward or back.
#[derive(Debug)]
pub struct ShiftedClock {
    base: SharedClock,
    ahead_ms: AtomicI64,
}

impl ShiftedClock {
    pub fn on(base: SharedClock) -> Self {
        Self { base, ahead_ms: AtomicI64::new(0) }
    }

    /// Sets it forward, or back. What waits by tokio's clock notices nothing, as when a machine
    /// sleeps or its clock is corrected.
    pub fn shift(&self, by: SignedDuration) {
        let by_ms = i64::try_from(by.as_millis()).unwrap_or_default();
        self.ahead_ms.fetch_add(by_ms, Ordering::Relaxed);
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_millis(self.ahead_ms.load(Ordering::Relaxed));
        self.base.now().checked_add(ahead).unwrap_or(Timestamp::MAX)
    }
}
