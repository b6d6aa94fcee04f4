//! Many stories side by side, and what they came to.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use crate::small;
use crate::story::{self, Ending};
use crate::world::Size;

/// Stories at a time. Each has a runtime and a clock of its own.
const SIDE_BY_SIDE: usize = 2;

/// Which stories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A random world of up to 60 things.
    Small,
    /// A random world of up to 300.
    Large,
    /// The guide's lab, in all regions.
    Big,
}

impl Kind {
    pub fn parse(text: &str) -> Option<Self> {
        [Kind::Small, Kind::Large, Kind::Big].into_iter().find(|kind| kind.as_str() == text)
    }

    fn as_str(self) -> &'static str {
        match self {
            Kind::Small => "small",
            Kind::Large => "large",
            Kind::Big => "big",
        }
    }

    fn tell(self, seed: u64) -> Result<Ending, String> {
        let told = catch_unwind(AssertUnwindSafe(|| match self {
            Kind::Small => small::tell(seed, Size::Small).map(|told| told.ending),
            Kind::Large => small::tell(seed, Size::Large).map(|told| told.ending),
            Kind::Big => story::tell(seed),
        }));
        told.unwrap_or_else(|_| Err("it panicked; see above".to_owned()))
    }
}

/// One line of `regressions.txt`: `small 17  # what it found`.
pub fn regressions() -> Vec<(Kind, u64)> {
    let lines = include_str!("regressions.txt").lines();
    let said = lines.map(|line| line.split('#').next().unwrap_or_default().trim());
    said.filter(|line| !line.is_empty())
        .map(|line| {
            let (kind, seed) = line.split_once(' ').expect("KIND SEED");
            let kind = Kind::parse(kind).expect("small, large or big");
            (kind, seed.trim().parse().expect("a seed"))
        })
        .collect()
}

/// Tells them all, prints the totals, and fails with a line that replays each that went wrong.
pub fn tell_all(stories: impl IntoIterator<Item = (Kind, u64)>) {
    let begun = tokio::time::Instant::now();
    let left = Mutex::new(stories.into_iter().collect::<Vec<_>>().into_iter());
    let told = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let next = left.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((kind, seed)) = next else { return };
                    let ending = kind.tell(seed);
                    if let Err(why) = &ending {
                        println!("{} story {seed}: {why}", kind.as_str());
                    }
                    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                    told.push((kind, seed, ending));
                }
            });
        }
    });
    let told = told.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (mut calls, mut minutes, mut wrong) = (0, 0, Vec::new());
    let mut struck: BTreeMap<String, u64> = BTreeMap::new();
    for (kind, seed, ending) in &told {
        match ending {
            Ok(ending) => {
                calls += ending.calls;
                minutes += ending.virtual_s / 60;
                for (what, count) in &ending.events {
                    *struck.entry(what.clone()).or_default() += count;
                }
            }
            Err(_) => {
                wrong.push(format!("scripts/sim --first {seed} --seeds 1 --{}", kind.as_str()));
            }
        }
    }
    let (count, seconds) = (told.len(), begun.elapsed().as_secs_f64());
    println!(
        "{count} stories in {seconds:.1} s, {minutes} minutes of the account's time, {calls} calls"
    );
    for (what, count) in struck {
        println!("  {count:>7} {what}");
    }
    assert!(wrong.is_empty(), "replay with:\n{}", wrong.join("\n"));
}
