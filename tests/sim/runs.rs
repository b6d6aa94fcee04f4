//! Many stories side by side, and what they came to.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use crate::small;
use crate::story::{self, Ending};
use crate::trace;
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

    /// Tells it twice: the same seed must leave the same trace.
    fn tell_twice(self, seed: u64) -> Result<Ending, String> {
        let size = match self {
            Kind::Small => Size::Small,
            Kind::Large => Size::Large,
            Kind::Big => {
                let (one, other) = (self.tell(seed)?, self.tell(seed)?);
                let same = one == other;
                return if same { Ok(one) } else { Err(format!("{one:?} is {other:?}")) };
            }
        };
        let (one, other) = (small::tell(seed, size)?, small::tell(seed, size)?);
        match trace::difference(&one.trace, &other.trace) {
            None => Ok(one.ending),
            Some(difference) => Err(format!("told twice, it differs at {difference}")),
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

/// The stories of `regressions.txt`.
pub fn regressions() -> Vec<(Kind, u64)> {
    parsed(include_str!("regressions.txt"))
}

/// One story a line: `small 17  # what it found`.
fn parsed(text: &str) -> Vec<(Kind, u64)> {
    let said = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    said.filter(|line| !line.is_empty())
        .map(|line| {
            let (kind, seed) = line.split_once(' ').expect("KIND SEED");
            let kind = Kind::parse(kind).expect("small, large or big");
            (kind, seed.trim().parse().expect("a seed"))
        })
        .collect()
}

/// What many stories came to.
#[derive(Debug, Default)]
pub struct Totals {
    stories: usize,
    calls: u64,
    minutes: i64,
    seconds: f64,
    /// What befell them, by what it is.
    pub struck: BTreeMap<String, u64>,
    /// Those that went wrong, and why.
    wrong: Vec<(Kind, u64, String)>,
}

impl Totals {
    fn take(&mut self, kind: Kind, seed: u64, ending: Result<Ending, String>) {
        self.stories += 1;
        match ending {
            Ok(ending) => {
                self.calls += ending.calls;
                self.minutes += ending.virtual_s / 60;
                for (what, count) in ending.events {
                    *self.struck.entry(what).or_default() += count;
                }
            }
            Err(why) => self.wrong.push((kind, seed, why)),
        }
    }

    /// For people to read, with one line for each story that went wrong, which replays it.
    fn report(&self) -> String {
        let Self { stories, calls, minutes, seconds, struck, wrong } = self;
        let mut out = format!(
            "{stories} stories in {seconds:.1} s, {minutes} minutes of the account's time, \
             {calls} calls\n"
        );
        for (what, count) in struck {
            out.push_str(&format!("  {count:>7} {what}\n"));
        }
        for (kind, seed, why) in wrong {
            out.push_str(&format!("{} story {seed}: {why}\n", kind.as_str()));
        }
        if !wrong.is_empty() {
            out.push_str("Replay with, and put into tests/sim/regressions.txt:\n");
        }
        for (kind, seed, _) in wrong {
            let kind = kind.as_str();
            out.push_str(&format!("scripts/sim --seeds 1 --from {seed} --{kind}\n"));
        }
        out
    }

    /// The first of `wanted` that never befell anybody.
    pub fn never(&self, wanted: &[String]) -> Option<String> {
        wanted.iter().find(|what| !self.struck.contains_key(*what)).cloned()
    }
}

/// Tells them all, prints the totals, and fails with a line that replays each that went wrong.
pub fn tell_all(stories: impl IntoIterator<Item = (Kind, u64)>) -> Totals {
    good(told_by(stories, Kind::tell))
}

/// The same, each twice.
pub fn tell_all_twice(stories: impl IntoIterator<Item = (Kind, u64)>) -> Totals {
    good(told_by(stories, Kind::tell_twice))
}

fn good(totals: Totals) -> Totals {
    let report = totals.report();
    assert!(totals.wrong.is_empty(), "{report}");
    print!("{report}");
    totals
}

fn told_by(
    stories: impl IntoIterator<Item = (Kind, u64)>,
    tell: impl Fn(Kind, u64) -> Result<Ending, String> + Sync,
) -> Totals {
    let begun = tokio::time::Instant::now();
    let left = Mutex::new(stories.into_iter().collect::<Vec<_>>().into_iter());
    let told = Mutex::new(Totals::default());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let next = left.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((kind, seed)) = next else { return };
                    let ending = tell(kind, seed);
                    if let Err(why) = &ending {
                        println!("{} story {seed}: {why}", kind.as_str());
                    }
                    told.lock().unwrap_or_else(PoisonError::into_inner).take(kind, seed, ending);
                }
            });
        }
    });
    let mut totals = told.into_inner().unwrap_or_else(PoisonError::into_inner);
    totals.wrong.sort_by_key(|(_, seed, _)| *seed);
    totals.seconds = begun.elapsed().as_secs_f64();
    totals
}

#[test]
fn a_story_that_goes_wrong_prints_the_line_that_replays_it() {
    let told =
        told_by([(Kind::Small, 7), (Kind::Large, 8), (Kind::Small, 9)], |kind, seed| match kind {
            Kind::Large => Err("it went wrong".to_owned()),
            _ => Ok(Ending { calls: seed, virtual_s: 60, events: BTreeMap::new() }),
        });
    let report = told.report();
    assert!(report.starts_with("3 stories in "), "{report}");
    assert!(report.contains(" s, 2 minutes of the account's time, 16 calls\n"), "{report}");
    assert!(report.contains("large story 8: it went wrong\n"), "{report}");
    assert!(report.ends_with("\nscripts/sim --seeds 1 --from 8 --large\n"), "{report}");
    let line = "large 8  # it went wrong";
    assert_eq!(
        parsed(&format!("# said\n\n{line}\nsmall 2\n")),
        [(Kind::Large, 8), (Kind::Small, 2)]
    );
}

/// The printed line is understood by the script: a `cargo` of ours says what it was told.
#[cfg(unix)]
#[test]
fn the_line_that_replays_a_story_is_understood() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let cargo = folder.path().join("cargo");
    let echo = "#!/bin/sh\necho $DISMANTLE_SIM_SEEDS $DISMANTLE_SIM_FIRST $DISMANTLE_SIM_KIND $@\n";
    std::fs::write(&cargo, echo).expect("it can be written");
    std::fs::set_permissions(&cargo, PermissionsExt::from_mode(0o755)).expect("it is ours");
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", folder.path().display());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/sim");
    let mut told = std::process::Command::new(script);
    told.args(["--seeds", "1", "--from", "8", "--large"]).env("PATH", path);
    let told = told.output().expect("it runs");
    let told = String::from_utf8_lossy(&told.stdout);
    assert!(told.starts_with("1 8 large test "), "{told}");
    assert!(told.contains("many_stories"), "{told}");
}
