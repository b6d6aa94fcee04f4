//! A restore that dies, at a call or at a write of its journal, and is gone on with or begun again.

use std::collections::BTreeMap;

use dismantle::plan::Row;
use dismantle::report::Ending;
use dismantle::restore::Outcome;
use dismantle::sandbox::{Call, Weather, When};

use super::corner::Corner;
use super::play::{Journaled, on_a_paused_clock};
use crate::asked::took_effect;
use crate::writes::{Disk, Fate, OnDisk};

/// Each so many calls, and each so many writes, a death.
const EVERY: usize = 17;

/// All is back, nothing was made twice, and a restore that comes after finds nothing to do.
async fn check(corner: &Corner, outcome: &Outcome) -> Result<(), String> {
    // What died after its last call has nothing left to do when it is begun again.
    if !matches!(outcome.outcome, Ending::Clean | Ending::Nothing) {
        return Err(format!("{:?}: {:#?} {:#?}", outcome.outcome, outcome.failed, outcome.blocked));
    }
    let wrong = corner.play.not_as_it_was().await;
    if !wrong.is_empty() {
        return Err(format!("{wrong:#?}"));
    }
    let mut made: BTreeMap<(String, Vec<String>), u32> = BTreeMap::new();
    let creates = |call: &Call| took_effect(call) && call.operation.starts_with("Create");
    for call in corner.play.sandbox.calls().into_iter().filter(creates) {
        *made.entry((call.operation, call.words)).or_default() += 1;
    }
    // Once when it was built, and once when it came back.
    if let Some((twice, _)) = made.iter().find(|(_, times)| **times > 2) {
        return Err(format!("made twice: {twice:?}"));
    }
    let again = corner.play.restore(Journaled::Anew).await;
    match (again.outcome, &again.run) {
        (Ending::Nothing, None) => Ok(()),
        _ => Err(format!("there was more to do: {again:#?}")),
    }
}

/// Goes on with it, or begins again; what AWS is still making then is waited for.
async fn brought_to_an_end(corner: &Corner, how: Journaled) -> Outcome {
    let outcome = corner.play.restore(how).await;
    let making = |row: &Row| row.reason.contains("it is being made");
    if how == Journaled::GoesOn || !outcome.blocked.iter().any(making) {
        return outcome;
    }
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    corner.play.restore(how).await
}

#[test]
fn killed_at_any_call_it_goes_on_or_is_begun_again_and_ends_alike() {
    on_a_paused_clock(async {
        let whole = Corner::taken_apart(1).await;
        let before = whole.play.sandbox.calls_made();
        let outcome = whole.play.restore(Journaled::Anew).await;
        let calls = whole.play.sandbox.calls_made() - before;
        check(&whole, &outcome).await.expect("undisturbed");
        let mut wrong = Vec::new();
        for (number, call) in (5..=calls).step_by(EVERY).enumerate() {
            let corner = Corner::taken_apart(1).await;
            let when = [When::After, When::Before][number % 2];
            let how = [Journaled::GoesOn, Journaled::GoesOn, Journaled::Anew][number % 3];
            corner.play.sandbox.set_weather(Weather::aws().killing_at(call, when));
            let outcome = corner.play.until_killed(corner.play.restore(how)).await;
            corner.play.sandbox.set_weather(Weather::aws());
            let outcome = match outcome {
                Some(outcome) => outcome,
                None => brought_to_an_end(&corner, how).await,
            };
            if let Err(why) = check(&corner, &outcome).await {
                wrong.push(format!("killed {when:?} call {call}, then {how:?}: {why}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

#[test]
fn killed_at_any_write_of_its_journal_it_ends_alike() {
    on_a_paused_clock(async {
        let whole = Corner::taken_apart(1).await;
        let disk = Disk::new(None);
        let journal = OnDisk { journal: whole.play.journal(), disk: disk.clone() };
        whole.play.try_to_restore(Journaled::Anew, &journal).await.expect("undisturbed");
        let writes = disk.writes();
        let mut wrong = Vec::new();
        let chosen = (1..=writes).rev().step_by(EVERY / 2);
        for (number, at) in chosen.enumerate() {
            let corner = Corner::taken_apart(1).await;
            let fate = [Fate::DiesBefore, Fate::DiesAfter][number % 2];
            let how = [Journaled::GoesOn, Journaled::GoesOn, Journaled::Anew][number % 3];
            let disk = Disk::new(Some((at, fate)));
            let mut dead = disk.dead.subscribe();
            let journal = OnDisk { journal: corner.play.journal(), disk };
            tokio::select! {
                biased;
                _ = dead.wait_for(|dead| *dead) => {}
                ended = corner.play.try_to_restore(how, &journal) => {
                    wrong.push(format!("write {at}: it ended: {ended:?}"));
                }
            }
            drop(journal);
            let outcome = brought_to_an_end(&corner, how).await;
            if let Err(why) = check(&corner, &outcome).await {
                wrong.push(format!("write {at}, {fate:?}, then {how:?}: {why}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

/// Waits until the account has answered a call of this operation.
async fn answered(corner: &Corner, operation: &str) {
    let is_it = |call: &Call| took_effect(call) && call.operation == operation;
    while !corner.play.sandbox.calls().iter().any(is_it) {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[test]
fn a_key_that_was_called_back_and_not_enabled_is_enabled() {
    on_a_paused_clock(async {
        for how in [Journaled::GoesOn, Journaled::Anew] {
            let corner = Corner::taken_apart(2).await;
            tokio::select! {
                biased;
                () = answered(&corner, "CancelKeyDeletion") => {}
                _ = corner.play.restore(how) => panic!("it was to be cut off"),
            }
            let outcome = corner.play.restore(how).await;
            check(&corner, &outcome).await.expect("a good end");
            assert!(outcome.restored.contains(&corner.key()), "{how:?}: {outcome:#?}");
            let calls = corner.play.sandbox.calls();
            let cancelled = calls.iter().filter(|call| call.operation == "CancelKeyDeletion");
            assert_eq!(cancelled.count(), 1, "{how:?}");
        }
    });
}
