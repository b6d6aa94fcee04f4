//! What has to be true of every story, whatever happened in it.

use std::collections::{BTreeMap, BTreeSet};

use dismantle::classify::{Classification, Decision};
use dismantle::inventory::Inventory;
use dismantle::journal::{Entry, Outcome as Came};
use dismantle::plan::{Step, StepId};
use dismantle::report::{Ending, Outcome};
use dismantle::resource::ResourceId;
use dismantle::sandbox::Call;
use jiff::SignedDuration;
use serde_json::Value;

use crate::asked;
use crate::people::{Must, People};
use crate::raw;
use crate::witness::Written;
use crate::world::{Fate, Side, Thing, World};

/// Who may use a thing was read no longer ago than five minutes before its last call; a minute
/// more for the call itself to come through.
const LOOKED_WITHIN: SignedDuration = SignedDuration::from_mins(6);

/// The journal as it stood at one moment.
#[derive(Debug, Default)]
pub struct Ledger {
    steps: Vec<(u32, Step)>,
    /// What it last said of a run's step, and in which life.
    last: BTreeMap<(u32, StepId), (u32, Entry)>,
}

fn is_final(outcome: &Came) -> bool {
    matches!(outcome, Came::Done | Came::AlreadyGone | Came::Pending { .. })
}

impl Ledger {
    pub fn take(&mut self, line: &Written) -> Result<(), String> {
        let step = match &line.entry {
            Entry::Step(step) => {
                self.steps.push((line.run, step.clone()));
                return Ok(());
            }
            Entry::Intent { step, .. } | Entry::Outcome { step, .. } => step,
            Entry::Record(_) | Entry::Mark(_) => return Ok(()),
        };
        let place = (line.run, step.clone());
        let before = self.last.insert(place, (line.life, line.entry.clone()));
        match (before, &line.entry) {
            (Some((_, Entry::Outcome { outcome, .. })), Entry::Intent { .. })
                if is_final(&outcome) =>
            {
                Err(format!("step {step} was done, and is begun again in life {}", line.life))
            }
            (Some((life, Entry::Intent { .. })), Entry::Intent { .. }) if life == line.life => {
                Err(format!("step {step} has two intents and no outcome between them"))
            }
            _ => Ok(()),
        }
    }

    pub fn done_by(&self, call: &Call) -> Vec<Step> {
        let does = self.steps.iter().filter(|(_, step)| asked::does(call, step));
        does.map(|(_, step)| step.clone()).collect()
    }

    /// Some step that the call does must have said so, and not be over.
    pub fn gave_leave(&self, call: &Call) -> Result<(), String> {
        let intends = |run: u32, step: &Step| {
            let last = self.last.get(&(run, step.step.clone()));
            matches!(last, Some((_, Entry::Intent { .. })))
        };
        let mut does = self.steps.iter().filter(|(_, step)| asked::does(call, step)).peekable();
        if does.peek().is_none() {
            return Err(format!("no step of the journal's does this call: {call:?}"));
        }
        match does.any(|(run, step)| intends(*run, step)) {
            true => Ok(()),
            false => Err(format!("no intent stands for this call: {call:?}")),
        }
    }
}

/// Each call that would change something has its intent before it; no step that is done is asked
/// for again; each intent has its outcome after it, unless the process died or was stopped.
/// `ended` are the lives that came to an end of their own.
pub fn journal_and_calls(
    calls: &[Call],
    lines: &[Written],
    ended: &BTreeSet<u32>,
) -> Result<(), String> {
    let mut ledger = Ledger::default();
    let mut next = lines.iter().peekable();
    for call in calls {
        while let Some(line) = next.next_if(|line| line.after_calls < call.number) {
            ledger.take(line)?;
        }
        if asked::changes(call) {
            ledger.gave_leave(call)?;
        }
    }
    for line in next {
        ledger.take(line)?;
    }
    for ((_, step), (life, entry)) in &ledger.last {
        if ended.contains(life) && matches!(entry, Entry::Intent { .. }) {
            return Err(format!("step {step} has an intent and no outcome, and its run ended"));
        }
    }
    Ok(())
}

/// Nothing of what is to stay may be another than it was.
pub fn stays(world: &World, still: &BTreeMap<usize, Value>, account: &Value) -> Result<(), String> {
    for (at, then) in still {
        let id = &world.things[*at].id;
        let now = raw::state(account, id);
        if now != *then {
            return Err(format!("{id} was to stay as it was: {then} is {now}"));
        }
    }
    Ok(())
}

/// What the world asks for in the end: what could go is gone.
pub fn goes(people: &People, account: &Value) -> Result<(), String> {
    for (at, fate) in people.world.fates().into_iter().enumerate() {
        let Thing { id, history, .. } = &people.world.things[at];
        let state = raw::state(account, id);
        let left = if *history { !raw::has_ended(&state) } else { raw::is_live(&state) };
        if fate == Fate::Goes && left && !people.shaken.contains(&at) {
            return Err(format!("{id} is left, and nothing holds it"));
        }
    }
    Ok(())
}

/// What is gone is accounted for by a step of some run, and what a step has removed is gone.
pub fn accounted(people: &People, lines: &[Written], account: &Value) -> Result<(), String> {
    let mut removals = BTreeMap::new();
    let mut done: BTreeSet<&ResourceId> = BTreeSet::new();
    for line in lines {
        match &line.entry {
            Entry::Step(step) if step.action.is_removal() => {
                removals.insert((line.run, &step.step), &step.resource);
            }
            Entry::Outcome { step, outcome, .. } if is_final(outcome) => {
                done.extend(removals.get(&(line.run, step)));
            }
            _ => {}
        }
    }
    for (at, Thing { id, side, history, .. }) in people.world.things.iter().enumerate() {
        if *side == Side::Theirs || *history || people.shaken.contains(&at) {
            continue;
        }
        match (raw::is_live(&raw::state(account, id)), done.contains(id)) {
            (true, true) => {
                return Err(format!("{id} is there, and a step is done that removes it"));
            }
            (false, false) => return Err(format!("{id} is gone, and no step says so")),
            _ => {}
        }
    }
    Ok(())
}

/// What somebody has made sure of stays, unless its last call had left by then.
pub fn musts(
    people: &People,
    calls: &[Call],
    lines: &[Written],
    account: &Value,
) -> Result<(), String> {
    for Must { at, since, at_work, run, why } in &people.musts {
        let id = &people.world.things[*at].id;
        if raw::is_live(&raw::state(account, id)) {
            continue;
        }
        let newer = lines.iter().find(|line| run.is_some_and(|run| line.run > run));
        let until = newer.map_or(u64::MAX, |line| line.after_calls);
        let late = |call: &&Call| {
            let after = call.at.duration_since(*since);
            let may = if *at_work { LOOKED_WITHIN } else { SignedDuration::ZERO };
            let removed = asked::took_effect(call) && asked::removes(call, id);
            removed && after > may && call.number <= until
        };
        if let Some(call) = calls.iter().find(late) {
            return Err(format!("{id} was to stay because of {why} since {since}: {call:?}"));
        }
    }
    Ok(())
}

/// The report equals the world: everything of the lab's that is there is in it, and nothing else.
pub fn report(
    outcome: &Outcome,
    inventory: &Inventory,
    decided: &Classification,
    touched: &BTreeSet<&ResourceId>,
) -> Result<(), String> {
    let rows = outcome.left.iter().chain(&outcome.kept).chain(&outcome.blocked);
    let mut said: BTreeSet<&ResourceId> =
        rows.chain(&outcome.failed).map(|row| &row.resource).collect();
    said.extend(outcome.pending.iter().map(|one| &one.resource));
    let resources = inventory.resources();
    let not_there = |id: &&&ResourceId| !touched.contains(**id) && !resources.contains_key(**id);
    if let Some(not_there) = said.iter().find(not_there) {
        return Err(format!("the report speaks of {not_there}, which is not there"));
    }
    for (id, verdict) in &decided.verdicts {
        let silent = !said.contains(id) && !touched.contains(id);
        if verdict.decision != Decision::Foreign && silent {
            let decision = verdict.decision.as_str();
            return Err(format!("{id} is there ({decision}), and the report is silent on it"));
        }
    }
    let open =
        !(outcome.left.is_empty() && outcome.blocked.is_empty() && outcome.failed.is_empty());
    if outcome.outcome == Ending::Clean && open {
        return Err(format!("the report says clean, and is not: {outcome:?}"));
    }
    Ok(())
}

/// Calls of a look at the lab's region and at what is global, where there is nothing: 66, and a few
/// for kinds to come. Regions that are read only for what uses a global thing take fewer.
pub const SURVEY: u64 = 70;

/// Calls that the program may make in a story.
///
/// A look at everything makes `SURVEY` calls a region, one region more for what is global, and up
/// to `PER_THING` for each thing. A life looks twice, and every five minutes again at what may use
/// a thing; where AWS says that something is in use it looks around, which faults bring about. A
/// step makes up to `PER_STEP` calls in a life, and while it waits one look, of a few calls, every
/// two seconds at first and every thirty soon. A fault costs its call again, and the look after it.
pub fn calls_max(world: &World, lives: u64, minutes: u64, faults: u64) -> u64 {
    const PER_THING: u64 = 8;
    const PER_STEP: u64 = 10;
    const PER_MINUTE: u64 = 2;
    const PER_FAULT: u64 = 8;
    let things = world.things.len() as u64;
    let look = SURVEY * (world.enabled.len() as u64 + 1) + PER_THING * things;
    look * (2 * lives + 2 + minutes / 5 + faults / 20)
        + things * (PER_STEP * lives + PER_MINUTE * minutes)
        + PER_FAULT * faults
}
