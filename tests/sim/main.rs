//! A laptop that dies, a network that fails and colleagues who go on working, all from one seed.
//!
//! A [`story`] takes the guide's lab apart in an account in memory, under a paused clock: forty
//! minutes of AWS's time pass in seconds, and the same seed tells the same story. Its weather
//! throttles, breaks connections before and after a call's effect and answers with errors; the
//! process is killed at calls of its choice or told to stop; between its lives somebody changes
//! the account ([`drift`]). In the end nobody may be harmed, everything may be accounted for, and
//! what is left may only be left for a reason.
//!
//! A [`small`] story does the same in a random [`world`] of some dozens of things, where a few
//! hundred calls are a life. Its weather ([`sky`]) is worse, people act in the middle of a run
//! ([`people`]), death comes at writes of the journal too ([`witness`]), and every change is looked at
//! in the moment in which it is made ([`watch`]): it is held against the journal ([`invariants`]),
//! against whoever uses what goes ([`order`]), and against what is to stay.
//!
//! `scripts/sim` tells many stories; the tests here tell a few hundred small ones and two others.
//! Beside them stand a few chosen misfortunes, each alone: deaths and full disks at [`writes`] of the
//! journal, [`credentials`] that expire, [`clocks`] that jump. The tables of [`safety`] hold what must
//! stay, rule by rule. [`mod@restore`] takes back what was taken apart. [`fuzz`] feeds the program what
//! nobody wrote for it; `scripts/fuzz` does so many times. [`privilege`] holds every call against what
//! is declared.
#![cfg(feature = "sandbox")]

mod asked;
mod clocks;
mod credentials;
mod drift;
mod failing;
mod fuzz;
mod hand;
mod invariants;
mod life;
mod order;
mod people;
mod privilege;
mod raw;
mod restore;
mod runs;
mod safety;
mod seen;
mod sky;
mod small;
mod small_life;
mod story;
mod trace;
mod watch;
mod witness;
mod world;
mod writes;

use runs::{Kind, tell_all, tell_all_twice};

/// Small stories that every test run tells.
const SMALL: u64 = 240;

/// Stories of the whole lab that every test run tells.
const BIG: u64 = 2;

#[test]
fn small_worlds_come_out_right_whatever_happens() {
    let totals = tell_all((0..SMALL).map(|seed| (Kind::Small, seed)));
    assert_eq!(totals.never(&small::misfortunes()), None, "it befell nobody");
    assert_eq!(totals.never(&small::kinds()), None, "no world has one");
}

#[test]
fn whatever_happens_nothing_is_harmed_and_nothing_is_lost() {
    tell_all((0..BIG).map(|seed| (Kind::Big, seed)));
}

#[test]
fn what_once_went_wrong_goes_right() {
    tell_all(runs::regressions());
}

#[test]
fn the_same_seed_leaves_the_same_trace() {
    tell_all_twice([3, 7, 11, 19, 40, 41].map(|seed| (Kind::Small, seed)));
    let other = small::tell(4, world::Size::Small).expect("a good end").trace;
    let one = small::tell(3, world::Size::Small).expect("a good end").trace;
    assert!(trace::difference(&one, &other).is_some(), "two seeds, one story");
}

#[test]
#[ignore = "takes as long as it is told to: scripts/sim --seeds N"]
fn many_stories() {
    let number = |name: &str, default| {
        std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
    };
    let kind = std::env::var("DISMANTLE_SIM_KIND").unwrap_or_else(|_| "small".to_owned());
    let kind = Kind::parse(&kind).expect("small, large or big");
    let first = number("DISMANTLE_SIM_FIRST", 1_000);
    let seeds = first..first + number("DISMANTLE_SIM_SEEDS", 5);
    let stories = seeds.map(|seed| (kind, seed));
    match std::env::var_os("DISMANTLE_SIM_TWICE") {
        Some(_) => tell_all_twice(stories),
        None => tell_all(stories),
    };
}
