//! Whole runs among answers that are not AWS's.
//!
//! The answers of some calls are wrecked after the call had its effect: cut in half, emptied,
//! `null` where a list was, a proxy's page. Whatever is taken for granted by then, nothing may go
//! that stays, the journal may not say of anything that it is gone while it is there, and once
//! the answers are AWS's again the rest goes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dismantle::discover::Seen;
use dismantle::execute::{Interrupt, Quiet};
use dismantle::inventory::Inventory;
use dismantle::journal::{Journal, RunSummary, SqliteJournal, StepState};
use dismantle::resource::{Action, Lifecycle, ResourceId};
use dismantle::sandbox::lab::{self, Lab};
use dismantle::sandbox::{Call, Mangler, Reply, Sandbox};
use dismantle::teardown::{About, Approval, Said, Teardown};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use super::{enter, many, number, paused};

/// Runs among wrecked answers, and with AWS's own, until nothing is left to do.
const WRECKED_RUNS: usize = 2;
const GOOD_RUNS_MAX: usize = 4;

/// No run takes longer, by the account's own clock.
const RUN_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// Whose answers are wrecked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Reads,
    Writes,
    Everything,
}

#[test]
fn wrecked_answers_take_nothing_away_and_the_journal_stays_true() {
    tell([(11, Of::Reads), (12, Of::Writes), (13, Of::Everything)]);
}

#[test]
#[ignore = "takes as long as it is told to: scripts/fuzz"]
fn many_runs_among_wrecked_answers() {
    let first = u64::from(number("DISMANTLE_FUZZ_SEED", 1)) * 1_000;
    let runs = u64::from(many() / 500).max(1);
    tell((first..first + runs).map(|seed| {
        let of = [Of::Reads, Of::Writes, Of::Everything][(seed % 3) as usize];
        (seed, of)
    }));
}

fn tell(stories: impl IntoIterator<Item = (u64, Of)>) {
    let (mut told, mut calls) = (0, 0);
    let mut struck: BTreeMap<String, u64> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (seed, of) in stories {
        told += 1;
        match paused().block_on(story(seed, of)) {
            Ok(sandbox) => {
                for call in sandbox.calls() {
                    calls += 1;
                    if call.fault.is_some() {
                        let what = format!("{} {}", call.service.as_str(), call.operation);
                        *struck.entry(what).or_default() += 1;
                    }
                }
            }
            Err(why) => {
                println!("seed {seed}, {of:?}: {why}");
                wrong.push(seed);
            }
        }
    }
    let wrecks: u64 = struck.values().sum();
    println!("answers: {told} runs, {calls} calls, {wrecks} wrecked; {struck:?}");
    assert!(wrong.is_empty(), "seeds {wrong:?}");
    assert!(wrecks > 0, "no answer was wrecked");
}

async fn story(seed: u64, of: Of) -> Result<Sandbox, String> {
    let sandbox = Sandbox::builder().seed(seed).build();
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let journal = || SqliteJournal::at(folder.path().join("journal.sqlite"));
    let lab = lab::build(&|region| sandbox.sdk_config(region)).await;
    let lab = lab.map_err(|error| error.to_string())?;
    let before = everything(&sandbox).await?;
    for run in 0..WRECKED_RUNS {
        sandbox.set_mangler(Some(wrecker(seed * 10 + run as u64, of)));
        let ended = tokio::time::timeout(RUN_MAX, destroy(&sandbox, &journal())).await;
        sandbox.set_mangler(None);
        // It may be turned away at the door, and it may fail; it may not go on for ever.
        ended.map_err(|_| "it does not end".to_owned())?.ok();
        let now = everything(&sandbox).await?;
        unharmed(&lab, &before, &now)?;
        truthful(&journal(), &now).await?;
    }
    for _ in 0..GOOD_RUNS_MAX {
        destroy(&sandbox, &journal()).await?;
        let now = everything(&sandbox).await?;
        unharmed(&lab, &before, &now)?;
        truthful(&journal(), &now).await?;
        if !lab.must_go.iter().any(|id| lives(&now, id)) {
            return Ok(sandbox);
        }
    }
    let now = everything(&sandbox).await?;
    let left: Vec<_> = lab.must_go.iter().filter(|id| lives(&now, id)).collect();
    Err(format!("left, though the answers are good again: {left:?}"))
}

async fn everything(sandbox: &Sandbox) -> Result<Inventory, String> {
    Ok(enter(sandbox).await?.discovery.all(&Seen::default()).await)
}

fn lives(seen: &Inventory, id: &ResourceId) -> bool {
    let lifecycle = seen.get(id).map(|resource| &resource.lifecycle);
    !matches!(lifecycle, None | Some(Lifecycle::Pending { .. }))
}

/// Goes on with the run that did not come to its end, or begins one.
async fn destroy(sandbox: &Sandbox, journal: &SqliteJournal) -> Result<(), String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let mut mandate = enter(sandbox).await?;
    mandate.remember(journal).await.map_err(|error| said(&error))?;
    let runs = journal.runs().await.map_err(|error| said(&error))?;
    let unfinished = runs.into_iter().rfind(RunSummary::is_unfinished);
    let survey = mandate.survey(&Seen::default()).await;
    let interrupt = Interrupt::default();
    let teardown = Teardown { mandate: &mandate, journal, interrupt: &interrupt, observer: &Quiet };
    let typed = Said::Typed(mandate.manifest.name.clone());
    let approval = Approval::of(&typed, &mandate).map_err(|error| said(&error))?;
    let executed = match unfinished {
        Some(run) => {
            let (open, state) = journal.reopen(&run.run).await.map_err(|error| said(&error))?;
            teardown.resume(approval, open, state, survey.inventory).await
        }
        None => {
            let about = About {
                command: "destroy",
                plan_digest: None,
                endpoint_url: None,
                only_planned: false,
            };
            teardown.begin(approval, &about, survey.inventory, survey.plan.steps, Vec::new()).await
        }
    };
    let executed = executed.map_err(|error| said(&error))?;
    let looked = match executed.is_interrupted() {
        true => None,
        false => Some(mandate.survey_after(&executed.gone, &Seen::default()).await),
    };
    teardown.finish(executed, looked.as_ref()).await.map(drop).map_err(|error| said(&error))
}

fn unharmed(lab: &Lab, before: &Inventory, now: &Inventory) -> Result<(), String> {
    for id in lab.neighbours.iter().chain(&lab.kept).chain(&lab.blocked) {
        let (then, now) = (before.get(id), now.get(id));
        let stopped = then.is_some_and(|resource| {
            matches!(resource.lifecycle, Lifecycle::Ended { .. })
                || resource.removal.prep.iter().any(|prep| prep.action == Action::Stop)
        });
        if now.is_none() || (then != now && !stopped) {
            return Err(format!("{id} was to stay, and is harmed"));
        }
    }
    Ok(())
}

/// Whatever the journal calls removed is not there.
async fn truthful(journal: &SqliteJournal, now: &Inventory) -> Result<(), String> {
    for run in journal.runs().await.map_err(|error| error.to_string())? {
        let state = journal.load(&run.run).await.map_err(|error| error.to_string())?;
        for record in &state.steps {
            let removed =
                record.step.action.is_removal() && matches!(record.state, StepState::Done(_));
            if removed && lives(now, &record.step.resource) {
                let resource = &record.step.resource;
                return Err(format!("the journal calls {resource:?} removed, and it is there"));
            }
        }
    }
    Ok(())
}

/// Wrecks the answers of about one call in thirty.
fn wrecker(seed: u64, of: Of) -> Mangler {
    Arc::new(move |call: &Call, reply: &mut Reply| {
        let mut chance =
            SmallRng::seed_from_u64(seed ^ call.number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let reads = ["Get", "List", "Describe", "Head"];
        let is_read = reads.iter().any(|verb| call.operation.starts_with(verb));
        let meant = match of {
            Of::Reads => is_read,
            Of::Writes => !is_read,
            Of::Everything => true,
        };
        // Writes are few.
        let share = if is_read { 0.02 } else { 0.2 };
        if meant && chance.random_bool(share) {
            wreck(reply, &mut chance);
        }
    })
}

fn wreck(reply: &mut Reply, chance: &mut SmallRng) {
    // What has no body says what it says with its status, which nobody changes here.
    if reply.body.is_empty() {
        return;
    }
    match chance.random_range(0..8) {
        0 => reply.body.truncate(reply.body.len() / 2),
        1 => reply.body.clear(),
        2 => page(reply, 200),
        3 => page(reply, 502),
        4 => reply.body = b"[[[[".repeat(5_000),
        5 => reply.body = b"\x00\xff\xfe<a>{\"\x1b[2J".to_vec(),
        6 => {
            reply.content_type = "text/html".to_owned();
            reply.body = b"\"AWS\"".to_vec();
        }
        _ => nullify(reply),
    }
}

/// Something between the caller and AWS answers with a page of its own.
fn page(reply: &mut Reply, status: u16) {
    *reply = Reply {
        status,
        content_type: "text/html".to_owned(),
        body: b"<html><body><h1>Please log in</h1></body></html>".to_vec(),
    };
}

/// `null` where lists and structures were, if there was hardly anything else: of a description
/// with other members in it nobody can tell that one is missing. What is left loses its end.
fn nullify(reply: &mut Reply) {
    let is_next = |key: &str| key.ends_with("oken") || key.ends_with("arker");
    match serde_json::from_slice(&reply.body) {
        Ok(Value::Object(mut members))
            if members
                .iter()
                .all(|(key, one)| is_next(key) || !(one.is_string() || one.is_number())) =>
        {
            for member in members.values_mut().filter(|one| one.is_array() || one.is_object()) {
                *member = Value::Null;
            }
            reply.body = Value::Object(members).to_string().into_bytes();
        }
        _ => reply.body.truncate(reply.body.len().saturating_sub(12)),
    }
}
