//! What `destroy`, `apply` and `resume` do alike: show, ask, carry out, tell.

use std::collections::BTreeSet;

use super::consent::Consent;
use super::context::Context;
use super::exit::Exit;
use super::progress::Screen;
use crate::discover::Seen;
use crate::error::Error;
use crate::execute::{Event, Interrupt, Observer};
use crate::journal::{Journal, OpenRun, RunState, RunStatus, StepState};
use crate::mandate::{Mandate, Survey};
use crate::plan::{Plan, Row, Step};
use crate::report::{InventoryView, Outcome, json, table};
use crate::resource::ResourceId;
use crate::teardown::{About, Approval, Teardown, plan_file};

/// How a run starts.
pub enum Start {
    Begin { about: About, survey: Survey, steps: Vec<Step>, changed: Vec<Row> },
    Resume { open: OpenRun, state: Box<RunState>, survey: Survey },
}

/// Says which run of this account and manifest never came to its end.
pub async fn mention_unfinished(
    context: &Context,
    journal: &dyn Journal,
    mandate: &Mandate,
) -> Result<(), Error> {
    let name = Some(mandate.manifest.name.as_str());
    let unfinished = journal.latest_unfinished(Some(mandate.account()), name).await?;
    // One that cannot be read back was spoken of at the door.
    if let Some(run) = unfinished.filter(|run| !matches!(run.status, RunStatus::Unreadable(_))) {
        context.say(&format!(
            "note: run {0} of this manifest did not come to its end. This starts afresh, by what \
             is there now; to go on with that run instead: dismantle resume {0}",
            run.run
        ));
    }
    Ok(())
}

/// `--dry-run`: prints what would be done, and what stays.
pub fn dry(
    context: &Context,
    mandate: &Mandate,
    survey: &Survey,
    plan: Plan,
) -> Result<Exit, Error> {
    let unseen = mandate.unseen(survey);
    let text = match context.json() {
        true => {
            let mut file = plan_file(mandate, survey);
            (file.steps, file.blocked) = (plan.steps, plan.blocked);
            String::from_utf8_lossy(&file.to_bytes()?).into_owned()
        }
        false => {
            let gaps = table::gaps(&unseen, &survey.inventory.unavailable());
            format!("{}{gaps}", table::plan(&plan, context.look()))
        }
    };
    context.print(&text)?;
    context.say("This was a dry run: nothing was changed.");
    mandate.within_limits(survey)?;
    match unseen.is_empty() {
        true => Ok(Exit::Done),
        false => Ok(Exit::Error),
    }
}

/// Shows, beside the result, what is about to go and what stays.
pub fn show(context: &Context, mandate: &Mandate, survey: &Survey) {
    let view = InventoryView {
        account: mandate.account(),
        manifest: &mandate.manifest,
        inventory: &survey.inventory,
        classification: &survey.decided,
        catalog: mandate.catalog(),
        now: survey.now,
        all: false,
    };
    context.say(&table::inventory(&view, context.look_aside()));
}

/// The same, step by step.
pub fn show_plan(context: &Context, plan: &Plan) {
    context.say(&table::plan(plan, context.look_aside()));
}

/// What of a run is still to be done, with what stays by today's look.
pub fn open_steps(state: &RunState, today: &Plan) -> Plan {
    let open = state.steps.iter().filter(|record| !matches!(record.state, StepState::Done(_)));
    Plan { steps: open.map(|record| record.step.clone()).collect(), ..today.clone() }
}

/// Asks, where there is something to be asked for.
pub fn approve(
    context: &Context,
    consent: &Consent,
    mandate: &Mandate,
    steps: &[Step],
) -> Result<Option<Approval>, Error> {
    if steps.is_empty() {
        return Ok(None);
    }
    let resources: BTreeSet<&ResourceId> = steps.iter().map(|step| &step.resource).collect();
    let removed = steps.iter().filter(|step| step.action.is_removal()).count();
    let things = match resources.len() {
        1 => "1 resource is".to_owned(),
        many => format!("{many} resources are"),
    };
    let steps = match steps.len() {
        1 => "1 step".to_owned(),
        many => format!("{many} steps"),
    };
    let what = format!("{things} about to be changed in {steps}, of which {removed} for good,");
    consent.ask(context, mandate, &what).map(Some)
}

/// Runs to the end, looks again, prints the outcome.
pub async fn carry_out(
    context: &Context,
    mandate: &Mandate,
    journal: &dyn Journal,
    approval: Option<Approval>,
    start: Start,
) -> Result<Exit, Error> {
    let interrupt = Interrupt::default();
    let watch = context.screen.watch_run();
    let teardown = Teardown { mandate, journal, interrupt: &interrupt, observer: &watch };
    let listener = listen(interrupt.clone(), context.screen.clone());
    let executed = match (approval, start) {
        (Some(approval), Start::Begin { about, survey, steps, changed }) => {
            teardown.begin(approval, &about, survey.inventory, steps, changed).await
        }
        (Some(approval), Start::Resume { open, state, survey }) => {
            teardown.resume(approval, open, *state, survey.inventory).await
        }
        (None, Start::Begin { survey, changed, .. }) => {
            listener.abort();
            context.say("Nothing is to be done.");
            return tell(context, &teardown.nothing(&survey, changed));
        }
        // Every step is done already: all that is missing is the proof.
        (None, Start::Resume { open, state, survey }) => {
            let executed = teardown.all_done(open, &state);
            listener.abort();
            return tell(context, &teardown.finish(executed, Some(&survey)).await?);
        }
    };
    let mut executed = executed.inspect_err(|_| listener.abort())?;
    if let Some(why) = interrupt.why() {
        watch.event(&Event::Stopping { why });
    }
    watch.clear();
    let survey = match executed.is_interrupted() {
        true => None,
        false => {
            let seen = Seen::default();
            let again = context.screen.watch_discovery("Looking at the account again", &seen);
            let survey = teardown.look_again(&mut executed, &seen).await;
            again.finish();
            survey
        }
    };
    let outcome = teardown.finish(executed, survey.as_ref()).await?;
    listener.abort();
    tell(context, &outcome)
}

/// Prints what came of it.
pub fn tell(context: &Context, outcome: &Outcome) -> Result<Exit, Error> {
    context.print(&match context.json() {
        true => json::text(&json::outcome(outcome)),
        false => table::outcome(outcome, context.look()),
    })?;
    Ok(Exit::from(outcome))
}

/// The first Ctrl-C (or SIGTERM) lets calls in flight finish; the second leaves at once.
pub(super) fn listen(interrupt: Interrupt, screen: Screen) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut typed), Ok(mut asked)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return;
        };
        for again in [false, true] {
            let why = tokio::select! {
                _ = typed.recv() => "Ctrl-C",
                _ = asked.recv() => "SIGTERM",
            };
            if again {
                screen.say("Left at once. To go on: dismantle resume");
                std::process::exit(i32::from(Exit::Interrupted as u8));
            }
            interrupt.stop(why);
            screen.say(&format!(
                "{why}: no new step is started; calls in flight finish. Once more leaves at once."
            ));
        }
    })
}
