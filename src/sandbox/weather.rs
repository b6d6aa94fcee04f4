//! What happens to a call on its way: latency, quotas, faults, death.
//!
//! All of it is drawn from the sandbox's seed and the number of the call, so that the same run
//! meets the same weather.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::route::{Route, Service};

/// The weather over an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Weather {
    /// Milliseconds from request to answer, at least and at most.
    pub latency_ms: (u64, u64),
    /// Whether AWS's quotas hold.
    pub quotas: bool,
    /// How much of AWS's own time things take that AWS does in the background. 0: none at all.
    pub pace: f64,
    /// How many seconds of AWS's time pass in one second of the sandbox's.
    pub hurry: f64,
    /// Shares of calls (0 to 1) that are struck.
    pub faults: Shares,
    /// Services and operations that are struck harder than the rest.
    pub storms: Vec<Storm>,
    /// Share of deletes in the background that fail once: `DELETE_FAILED`, until asked for again.
    pub failed_deletes: f64,
    /// Seconds for which IAM goes on refusing for the sake of what was taken off already.
    pub iam_lag_s: u64,
    /// Seconds for which lists show what was there before a change. Not S3's.
    pub list_lag_s: u64,
    /// Faults at chosen calls.
    pub script: Vec<Scripted>,
    /// Where the caller dies.
    pub kill: Option<Kill>,
}

/// How often each fault strikes a call: 0 never, 1 always.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Shares {
    pub throttle: f64,
    pub error_before: f64,
    pub error_after: f64,
    pub reset_before: f64,
    pub reset_after: f64,
    pub truncated: f64,
    pub garbage: f64,
}

/// A fault that strikes a share of one service's calls, or of one operation's.
#[derive(Debug, Clone, PartialEq)]
pub struct Storm {
    pub service: Service,
    /// AWS's name of the operation; all of the service's if none.
    pub operation: Option<String>,
    pub fault: Fault,
    pub share: f64,
}

/// What can befall a call. *Before* and *after* are meant of its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Throttle,
    /// The service's own 5xx.
    ErrorBefore,
    ErrorAfter,
    /// The connection breaks and no answer comes.
    ResetBefore,
    ResetAfter,
    /// The caller lacks the permission.
    Denied,
    /// Something between the caller and AWS answers with a page of its own.
    Html,
    /// The answer is cut off in the middle.
    Truncated,
    /// The answer's body is no text at all.
    Garbage,
}

impl Fault {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Throttle => "throttle",
            Self::ErrorBefore => "error before the effect",
            Self::ErrorAfter => "error after the effect",
            Self::ResetBefore => "reset before the effect",
            Self::ResetAfter => "reset after the effect",
            Self::Denied => "denied",
            Self::Html => "html",
            Self::Truncated => "truncated",
            Self::Garbage => "garbage",
        }
    }
}

/// A fault for certain calls of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scripted {
    pub service: Service,
    /// AWS's name of the operation.
    pub operation: String,
    /// In one region only.
    pub region: Option<String>,
    /// Which of its calls, counted from one; all of them if none.
    pub nth: Option<u64>,
    pub fault: Fault,
}

/// The caller's death.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kill {
    /// At which call, counted from one since this weather began.
    pub call: u64,
    pub when: When,
}

/// On which side of a call's effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Before,
    After,
}

impl Weather {
    /// No latency, no quotas, no faults; what AWS does in the background is done at once.
    pub fn calm() -> Self {
        Self {
            latency_ms: (0, 0),
            quotas: false,
            pace: 0.0,
            hurry: 1.0,
            faults: Shares::default(),
            storms: Vec::new(),
            failed_deletes: 0.0,
            iam_lag_s: 0,
            list_lag_s: 0,
            script: Vec::new(),
            kill: None,
        }
    }

    /// Like AWS on a good day.
    pub fn aws() -> Self {
        Self { latency_ms: (30, 250), quotas: true, pace: 1.0, ..Self::calm() }
    }

    /// Everything that takes time takes `scale` of it. Quotas grow as time shrinks.
    pub fn scaled(mut self, scale: f64) -> Self {
        let scale = if scale.is_finite() { scale.clamp(1e-6, 1e6) } else { 1.0 };
        self.hurry /= scale;
        self
    }

    pub fn killing_at(mut self, call: u64, when: When) -> Self {
        self.kill = Some(Kill { call, when });
        self
    }

    /// The same, with a fault at every call of an operation.
    pub fn with(self, service: Service, operation: &str, fault: Fault) -> Self {
        self.with_nth(service, operation, None, fault)
    }

    /// The same, with a fault at the nth call of an operation.
    pub fn with_nth(
        mut self,
        service: Service,
        operation: &str,
        nth: impl Into<Option<u64>>,
        fault: Fault,
    ) -> Self {
        let operation = operation.to_owned();
        let nth = nth.into();
        self.script.push(Scripted { service, operation, region: None, nth, fault });
        self
    }

    /// How long something takes in the background that takes AWS this long.
    pub fn background(&self, aws: Duration) -> Duration {
        let seconds = aws.as_secs_f64() * self.pace / self.hurry;
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }
}

/// What the weather does to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    pub latency: Duration,
    pub fault: Option<Fault>,
    pub kill: Option<When>,
}

/// The weather as it goes on: what it remembers between calls.
#[derive(Debug)]
pub struct Sky {
    seed: u64,
    pub weather: Weather,
    /// Calls since this weather began.
    calls: u64,
    seen: HashMap<(Service, String), u64>,
    tokens: HashMap<(Service, String, String), Tokens>,
}

#[derive(Debug, Clone, Copy)]
struct Tokens {
    left: f64,
    at: Timestamp,
}

impl Sky {
    pub fn new(seed: u64, weather: Weather) -> Self {
        Self { seed, weather, calls: 0, seen: HashMap::new(), tokens: HashMap::new() }
    }

    /// What happens to the next call.
    pub fn fate(&mut self, number: u64, route: &Route, now: Timestamp) -> Fate {
        self.calls += 1;
        let mut chance =
            SmallRng::seed_from_u64(self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let (least, most) = self.weather.latency_ms;
        let latency_ms = chance.random_range(least..=most.max(least)) as f64 / self.weather.hurry;
        let latency = Duration::try_from_secs_f64(latency_ms / 1000.0).unwrap_or_default();
        let drawn = self.drawn(chance.random::<f64>());
        let storm = self.storm(route, &mut chance);
        let kill = self.weather.kill.and_then(|kill| {
            (self.calls > kill.call)
                .then_some(When::Before)
                .or((self.calls == kill.call).then_some(kill.when))
        });
        let fault = self.scripted(route).or(storm).or(drawn).or_else(|| {
            (self.weather.quotas && !self.admit(route, now)).then_some(Fault::Throttle)
        });
        Fate { latency, fault, kill }
    }

    fn drawn(&self, mut at: f64) -> Option<Fault> {
        let shares = self.weather.faults;
        let table = [
            (shares.throttle, Fault::Throttle),
            (shares.error_before, Fault::ErrorBefore),
            (shares.error_after, Fault::ErrorAfter),
            (shares.reset_before, Fault::ResetBefore),
            (shares.reset_after, Fault::ResetAfter),
            (shares.truncated, Fault::Truncated),
            (shares.garbage, Fault::Garbage),
        ];
        for (share, fault) in table {
            if at < share {
                return Some(fault);
            }
            at -= share;
        }
        None
    }

    /// The first storm over this call that strikes it.
    fn storm(&self, route: &Route, chance: &mut SmallRng) -> Option<Fault> {
        let over = |storm: &&Storm| {
            storm.service == route.service
                && storm.operation.as_ref().is_none_or(|operation| *operation == route.operation)
        };
        let storms = self.weather.storms.iter().filter(over);
        let mut struck = storms.filter(|storm| chance.random::<f64>() < storm.share);
        struck.next().map(|storm| storm.fault)
    }

    fn scripted(&mut self, route: &Route) -> Option<Fault> {
        if self.weather.script.is_empty() {
            return None;
        }
        let seen = self.seen.entry((route.service, route.operation.clone())).or_default();
        *seen += 1;
        let hit = self.weather.script.iter().find(|scripted| {
            scripted.service == route.service
                && scripted.operation == route.operation
                && scripted.region.as_ref().is_none_or(|region| *region == route.region)
                && scripted.nth.is_none_or(|nth| nth == *seen)
        });
        hit.map(|scripted| scripted.fault)
    }

    /// Takes a token from the operation's bucket, which holds one second's worth.
    fn admit(&mut self, route: &Route, now: Timestamp) -> bool {
        let Some((group, rate)) = super::quotas::of(route) else { return true };
        let rate = rate * self.weather.hurry;
        let full = rate.max(1.0);
        let key = (route.service, group, route.region.clone());
        let tokens = self.tokens.entry(key).or_insert(Tokens { left: full, at: now });
        let elapsed_s = now.duration_since(tokens.at).as_secs_f64().max(0.0);
        tokens.left = (tokens.left + elapsed_s * rate).min(full);
        tokens.at = now;
        let admitted = tokens.left >= 1.0;
        if admitted {
            tokens.left -= 1.0;
        }
        admitted
    }
}
