//! How fast Dismantle may call AWS: a token bucket for each service, operation and region.
//!
//! A bucket starts at AWS's documented quota, halves on a throttle and creeps back. It runs on
//! tokio's clock, so paused time works.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::Op;
use crate::resource::Region;

/// A bucket never slows below one call in ten seconds: slower than that is a stall.
const RATE_MIN_PER_S: f64 = 0.1;

/// What a second without a throttle gives back, as a share of the documented rate.
const RECOVERY_PER_S: f64 = 0.05;

#[derive(Debug)]
struct Bucket {
    documented_per_s: f64,
    rate_per_s: f64,
    tokens: f64,
    at: Instant,
}

impl Bucket {
    fn new(rate_per_s: f64, now: Instant) -> Self {
        Self { documented_per_s: rate_per_s, rate_per_s, tokens: rate_per_s.max(1.0), at: now }
    }

    /// Takes a token now, or says how long to wait for one.
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let elapsed_s = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        let regained = self.documented_per_s * RECOVERY_PER_S * elapsed_s;
        self.rate_per_s = (self.rate_per_s + regained).min(self.documented_per_s);
        let burst = self.rate_per_s.max(1.0);
        self.tokens = (self.tokens + self.rate_per_s * elapsed_s).min(burst);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let missing_s = (1.0 - self.tokens) / self.rate_per_s;
        // A hair more than needed: rounding down would wake up a nanosecond early, for ever.
        Err(Duration::from_secs_f64(missing_s) + Duration::from_millis(1))
    }

    fn throttled(&mut self) {
        self.rate_per_s = (self.rate_per_s / 2.0).max(RATE_MIN_PER_S);
        self.tokens = 0.0;
    }
}

/// All buckets of one account.
#[derive(Debug, Default)]
pub struct Limits {
    buckets: Mutex<HashMap<(&'static str, &'static str, Region), Bucket>>,
}

impl Limits {
    /// Waits until the operation may be called.
    pub async fn acquire(&self, op: Op, region: Region) {
        loop {
            let wait = {
                let now = Instant::now();
                match self.with(op, region, |bucket| bucket.take(now)) {
                    Ok(()) => return,
                    Err(wait) => wait,
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Slows the operation down.
    pub fn throttled(&self, op: Op, region: Region) {
        self.with(op, region, Bucket::throttled);
    }

    fn with<T>(&self, op: Op, region: Region, act: impl FnOnce(&mut Bucket) -> T) -> T {
        let mut buckets = self.buckets.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let (group, rate) = documented(op);
        let bucket = buckets
            .entry((op.service, group, region))
            .or_insert_with(|| Bucket::new(rate, Instant::now()));
        act(bucket)
    }
}

/// The group of operations that share a quota, and its calls a second, an account, a region.
/// Where AWS documents nothing: low enough not to be throttled at once, and it grows.
fn documented(op: Op) -> (&'static str, f64) {
    let read = !op.write;
    match (op.service, op.name) {
        ("cloudtrail", _) if read => ("reads", 10.0),
        ("cloudtrail", _) => ("writes", 1.0),
        ("s3", "DeleteObjects") => ("DeleteObjects", 3.0 * 16.0),
        ("s3", _) if read => ("reads", 200.0),
        ("s3", _) => ("writes", 100.0),
        ("kms", "ListAliases" | "ListKeys") => (op.name, 250.0),
        ("kms", "ListGrants") => (op.name, 50.0),
        ("kms", "DescribeKey") => (op.name, 1000.0),
        ("kms", "CancelKeyDeletion") => (op.name, 2.5),
        ("kms", _) if read => ("reads", 50.0),
        ("kms", _) => (op.name, 7.5),
        ("iam", _) if read => ("reads", 10.0),
        ("iam", _) => ("writes", 5.0),
        ("logs", "DeleteLogGroup" | "DescribeLogGroups") => (op.name, 10.0),
        (
            "logs",
            "ListTagsForResource" | "DescribeSubscriptionFilters" | "DescribeMetricFilters",
        ) => (op.name, 5.0),
        ("logs", _) if read => ("reads", 10.0),
        ("logs", _) => ("writes", 5.0),
        ("ecr", _) if read => ("reads", 10.0),
        ("ecr", _) => ("writes", 5.0),
        ("sagemaker", _) if read => (op.name, 5.0),
        ("sagemaker", _) => (op.name, 2.0),
        ("eks", _) if read => (op.name, 5.0),
        ("eks", _) => (op.name, 1.0),
        _ => ("all", 5.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OP: Op = Op::read("iam", "ListRoles");
    const HERE: Region = Region::new("us-east-1");

    /// Seconds that so many calls take.
    async fn time_of(limits: &Limits, calls: usize) -> f64 {
        let begun = Instant::now();
        for _ in 0..calls {
            limits.acquire(OP, HERE).await;
        }
        begun.elapsed().as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttle_halves_the_pace_and_quiet_brings_it_back() {
        let limits = Limits::default();
        let (_, rate) = documented(OP);
        let calls = rate.ceil() as usize * 20;
        time_of(&limits, calls).await;
        let usual = time_of(&limits, calls).await;
        let expected = calls as f64 / rate;
        assert!((usual - expected).abs() < expected / 10.0, "{usual} s, not {expected} s");

        limits.throttled(OP, HERE);
        let slowed = time_of(&limits, 2).await;
        assert!(slowed > 2.0 / rate * 1.5, "{slowed} s");
        // Another region has a quota of its own.
        let begun = Instant::now();
        limits.acquire(OP, Region::new("eu-west-1")).await;
        assert!(begun.elapsed().is_zero());

        tokio::time::sleep(Duration::from_secs_f64(1.0 / RECOVERY_PER_S)).await;
        time_of(&limits, rate.ceil() as usize).await;
        let again = time_of(&limits, calls).await;
        assert!((again - expected).abs() < expected / 10.0, "{again} s, not {expected} s");
    }

    #[tokio::test(start_paused = true)]
    async fn no_number_of_throttles_stops_it() {
        let limits = Limits::default();
        (0..100).for_each(|_| limits.throttled(OP, HERE));
        assert!(time_of(&limits, 1).await <= 1.0 / RATE_MIN_PER_S + 1.0);
    }
}
