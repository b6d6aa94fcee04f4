//! A laptop that dies, a network that fails and colleagues who go on working, all from one seed.
//!
//! A [`story`] takes the guide's lab apart in an account in memory, under a paused clock: forty
//! minutes of AWS's time pass in seconds, and the same seed tells the same story. Its weather
//! throttles, breaks connections before and after a call's effect and answers with errors; the
//! process is killed at calls of its choice or told to stop; between its lives somebody changes
//! the account ([`drift`]). In the end nobody may be harmed, everything may be accounted for, and
//! what is left may only be left for a reason.
//!
//! `scripts/sim` tells many stories; the tests here tell a few. Beside them stand a few chosen
//! misfortunes, each alone: deaths and full disks at [`writes`] of the journal, [`credentials`] that
//! expire, [`clocks`] that jump. The tables of [`safety`] hold what must stay, rule by rule.
//! [`mod@restore`] takes back what was taken apart. [`fuzz`] feeds the program what nobody wrote for
//! it; `scripts/fuzz` does so many times. [`privilege`] holds every call against what is declared.
#![cfg(feature = "sandbox")]

mod clocks;
mod credentials;
mod drift;
mod fuzz;
mod life;
mod privilege;
mod restore;
mod safety;
mod story;
mod writes;

use std::collections::BTreeMap;

use story::{Ending, tell};

/// Stories that every test run tells.
const FEW: u64 = 4;

#[test]
fn whatever_happens_nothing_is_harmed_and_nothing_is_lost() {
    tell_all(0..FEW);
}

#[test]
fn the_same_seed_tells_the_same_story() {
    assert_eq!(tell(7), tell(7));
}

#[test]
#[ignore = "takes as long as it is told to: scripts/sim --seeds N"]
fn many_stories() {
    let number = |name: &str, default| {
        std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
    };
    let first = number("DISMANTLE_SIM_FIRST", 1_000);
    tell_all(first..first + number("DISMANTLE_SIM_SEEDS", 5));
}

fn tell_all(seeds: impl Iterator<Item = u64>) {
    let (mut told, mut calls, mut minutes) = (0, 0, 0);
    let mut struck: BTreeMap<String, u64> = BTreeMap::new();
    let mut wrong = Vec::new();
    for seed in seeds {
        told += 1;
        match tell(seed) {
            Ok(Ending { calls: made, virtual_s, events }) => {
                calls += made;
                minutes += virtual_s / 60;
                for (what, count) in events {
                    *struck.entry(what).or_default() += count;
                }
            }
            Err(why) => {
                println!("seed {seed}: {why}");
                wrong.push(seed);
            }
        }
    }
    println!("{told} stories, {calls} calls, {minutes} minutes of the account's time; {struck:?}");
    assert!(wrong.is_empty(), "seeds {wrong:?}");
}
