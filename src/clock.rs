//! Time comes in from outside, so that a forty-minute teardown can run in a moment.
//!
//! Waiting is always `tokio::time::sleep`; what time it *is* comes from a [`Clock`]. Under
//! tokio's paused clock a [`TokioClock`] and every sleep move together.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

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
    since: Instant,
}

impl TokioClock {
    /// A clock that shows `start` now. Needs no runtime of its own.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, since: Instant::now() }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        let elapsed: Duration = self.since.elapsed();
        self.start.checked_add(elapsed).unwrap_or(Timestamp::MAX)
    }
}

/// A moment by two clocks. The wall's goes on while the machine sleeps, and can be set back; the
/// machine's own cannot be set, and sleeps with it.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    pub wall: Timestamp,
    pub own: Instant,
}

impl Moment {
    pub fn now(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), own: Instant::now() }
    }

    /// Whether this was no longer ago than `time`, by both clocks.
    pub fn is_within(self, time: SignedDuration, now: Moment) -> bool {
        wall_is_within(self.wall, time, now.wall) && own_is_within(self.own, time, now.own)
    }

    /// Seconds until `now`, the machine's sleep included.
    pub fn elapsed_s(self, now: Moment) -> u64 {
        let by_the_wall = now.wall.duration_since(self.wall).as_secs();
        let by_its_own = now.own.saturating_duration_since(self.own).as_secs();
        u64::try_from(by_the_wall).unwrap_or(0).max(by_its_own)
    }
}

/// What was read in the future was read before the clock was set back: how long ago, nobody knows.
pub fn wall_is_within(at: Timestamp, time: SignedDuration, now: Timestamp) -> bool {
    let ago = now.duration_since(at);
    !ago.is_negative() && ago < time
}

pub fn own_is_within(at: Instant, time: SignedDuration, now: Instant) -> bool {
    let ago = now.saturating_duration_since(at);
    SignedDuration::try_from(ago).is_ok_and(|ago| ago < time)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_was_read_is_old_by_either_clock() {
        let noon: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let read = Moment { wall: noon, own: Instant::now() };
        let five_min = SignedDuration::from_mins(5);
        // Minutes by the wall's clock and by the machine's own, and whether it is fresh.
        let rows = [
            ("at once", (0, 0), true),
            ("after four minutes", (4, 4), true),
            ("after six minutes", (6, 6), false),
            ("after a sleep", (120, 1), false),
            ("the clock was set back", (-120, 1), false),
            ("the clock was set back, and came round again", (1, 121), false),
        ];
        for (what, (wall_min, own_min), expected) in rows {
            let now = Moment {
                wall: noon + SignedDuration::from_mins(wall_min),
                own: read.own + Duration::from_secs(own_min * 60),
            };
            assert_eq!(read.is_within(five_min, now), expected, "{what}");
        }
    }
}
