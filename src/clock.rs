//! Time comes in from outside, so that a forty-minute teardown can run in a moment.
//!
//! Waiting is always `tokio::time::sleep`; what time it *is* comes from a [`Clock`]. Under
//! tokio's paused clock a [`TokioClock`] and every sleep move together.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

/// Tells the time of day.
pub trait Clock: fmt::Debug + Send + Sync {
    fn now(&self) -> Timestamp;
}

pub type SharedClock = Arc<dyn Clock>;

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct WallClock;

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine is asked")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A time of day that runs with tokio's clock from a given start.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    start: Timestamp,
    since: tokio::time::Instant,
}

impl TokioClock {
    /// A clock that shows `start` now. Needs no runtime of its own.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, since: tokio::time::Instant::now() }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        let elapsed: Duration = self.since.elapsed();
        self.start.checked_add(elapsed).unwrap_or(Timestamp::MAX)
    }
}

/// The same clock for the SDK: signatures follow it.
#[derive(Debug, Clone)]
pub struct SdkTime(pub SharedClock);

impl aws_smithy_async::time::TimeSource for SdkTime {
    fn now(&self) -> std::time::SystemTime {
        let since_epoch = self.0.now().duration_since(Timestamp::UNIX_EPOCH);
        // Before 1970 no request can be signed; the epoch is as good as any.
        std::time::UNIX_EPOCH + Duration::try_from(since_epoch).unwrap_or_default()
    }
}
