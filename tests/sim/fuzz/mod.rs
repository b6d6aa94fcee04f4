//! What nobody wrote for the program: manifests, plan files and journals that were bent, and
//! answers that are not AWS's.
//!
//! Nothing of it may make the program panic or hang, and nothing of it may take away what stays.
//! A few hundred cases of each come with every test run, the same ones each time; `scripts/fuzz`
//! asks for as many as one likes, and says how many were taken and how many refused, and why.

mod answers;
mod bend;
mod journal;
mod manifest;
mod pages;
mod plan_file;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::LazyLock;
use std::time::Duration;

use dismantle::aws::{Session, registry};
use dismantle::discover::Seen;
use dismantle::mandate::{Mandate, Survey};
use dismantle::manifest::Manifest;
use dismantle::resource::{Kind, Region};
use dismantle::sandbox::Sandbox;
use dismantle::sandbox::lab::{self, Lab};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

/// The manifest of the sandbox's lab.
pub const MANIFEST: &str = include_str!("../../../manifests/mlops-retail-prediction.yaml");

/// Cases of each kind of file that come with every test run.
const FEW: u32 = 200;

/// No case takes nearly as long, on the slowest machine and in a debug build.
const CASE_MAX: Duration = Duration::from_secs(30);

/// A number from the environment, which `scripts/fuzz` sets.
pub fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// How many cases the long tests are asked for.
pub fn many() -> u32 {
    number("DISMANTLE_FUZZ_CASES", 10_000)
}

/// How many cases came out in each way.
#[derive(Debug, Default)]
pub struct Tally(RefCell<BTreeMap<String, u64>>);

impl Tally {
    pub fn note(&self, how: &str) {
        *self.0.borrow_mut().entry(how.to_owned()).or_default() += 1;
    }

    pub fn count(&self, how: &str) -> u64 {
        self.0.borrow().get(how).copied().unwrap_or_default()
    }

    pub fn print(&self, of: &str) {
        let counts = self.0.borrow();
        println!("{of}: {} cases; {counts:?}", counts.values().sum::<u64>());
    }
}

/// Holds `law` against so many cases; the seed is the environment's, or always the same. A case
/// that breaks the law is made smaller, and printed.
pub fn each<S>(cases: u32, wanted: S, law: impl Fn(S::Value) -> Result<(), String>)
where
    S: Strategy,
    S::Value: Debug,
{
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&number("DISMANTLE_FUZZ_SEED", 1).to_be_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let held = runner.run(&wanted, |case| {
        let begun = tokio::time::Instant::now();
        law(case).map_err(TestCaseError::fail)?;
        match begun.elapsed() < CASE_MAX {
            true => Ok(()),
            false => Err(TestCaseError::fail(format!("it took {:?}", begun.elapsed()))),
        }
    });
    if let Err(broken) = held {
        panic!("{broken}");
    }
}

/// The lab among its neighbours, seen once.
pub struct World {
    pub lab: Lab,
    pub mandate: Mandate,
    pub survey: Survey,
}

/// Not to be touched first from inside a runtime.
pub static WORLD: LazyLock<World> = LazyLock::new(|| paused().block_on(world()));

/// A runtime whose time passes only while everybody waits.
pub fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime")
}

async fn world() -> World {
    // Names live as long as the process and are limited in number: the true ones come first.
    for facts in registry::catalog().kinds() {
        Kind::parse(facts.kind.as_str()).expect("a kind");
    }
    for region in ["global", "us-east-1", "ap-southeast-1", "eu-west-1"] {
        Region::parse(region).expect("a region");
    }
    let sandbox = Sandbox::builder().build();
    let lab = lab::build(&|region| sandbox.sdk_config(region)).await.expect("a lab");
    let mandate = enter(&sandbox).await.expect("a way in");
    let survey = mandate.survey(&Seen::default()).await;
    World { lab, mandate, survey }
}

/// Goes in at the door, with the lab's manifest.
pub async fn enter(sandbox: &Sandbox) -> Result<Mandate, String> {
    let session = Session::new(sandbox.sdk_config("us-east-1"), sandbox.clock(), 1);
    let manifest = Manifest::parse(MANIFEST, "lab.yaml", registry::catalog());
    let manifest = manifest.map_err(|error| error.to_string())?;
    let entered = Mandate::enter(session, manifest, Default::default()).await;
    entered.map_err(|error| error.to_string())
}

/// What an error must be before a person sees it: something, not too much of it, and nothing that
/// acts on a terminal.
pub fn is_sayable(text: &str) -> Result<(), String> {
    const CHARS_MAX: usize = 200_000;
    if text.trim().is_empty() {
        return Err("an error says nothing".to_owned());
    }
    if text.chars().count() > CHARS_MAX {
        return Err(format!("an error is {} bytes long", text.len()));
    }
    let acts = |c: &char| {
        (c.is_control() && *c != '\n' && *c != '\t')
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}')
    };
    match text.chars().find(acts) {
        None => Ok(()),
        Some(c) => Err(format!("an error has {c:?} in it")),
    }
}
