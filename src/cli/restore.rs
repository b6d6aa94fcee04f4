use super::consent::Consent;
use super::context::{Context, still_let_in};
use super::exit::Exit;
use super::resume::{self, Entered};
use super::run::listen;
use crate::error::Error;
use crate::execute::{Event, Interrupt, Observer};
use crate::journal::{Journal, JournalError, RunId, RunState};
use crate::mandate::Mandate;
use crate::report::{Ending, json, table};
use crate::restore::{self, COMMAND, Changed, Outcome, Restore, Way, changed, note_earlier};
use crate::teardown::Approval;

/// Take a run back, as far as that can be, from the journal's records
///
/// Makes again what RUN removed: roles with their policies, log groups, repositories, trails,
/// buckets with their settings, models, endpoints, clusters… each as the journal recorded it, in
/// the order of the removal turned round. Calls keys back that RUN scheduled to go, and enables
/// them again. What is there by now is never written over. What cannot come back (objects, images,
/// log events) is listed, with the reason. The journal carries the run's manifest, so no -m is
/// needed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run, as `dismantle runs list` shows it
    #[arg(value_name = "RUN")]
    run: String,

    #[command(flatten)]
    consent: Consent,
}

pub async fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.no_csv()?;
    if !context.global.region.is_empty() {
        return Err(Error::Usage(
            "A run is taken back in all of its regions, so `restore` takes no `--region`."
                .to_owned(),
        ));
    }
    args.consent.possible(context)?;
    let named = context.global.manifest.as_ref().map(|_| context.manifest()).transpose()?;
    let journal = context.journal(named.as_ref())?;
    let missing = || JournalError::NoSuchRun {
        run: args.run.chars().take(80).collect(),
        place: journal.place(),
    };
    let run = RunId::parse(&args.run).ok_or_else(missing)?;
    let of = journal.load(&run).await?;
    if of.header.command == COMMAND {
        return Err(Error::Usage(format!(
            "Run {run} is a restore itself. To remove again what it made: dismantle destroy. To \
             go on with it: dismantle resume {run}"
        )));
    }
    let Entered { context, mandate, .. } = resume::enter(context, &of).await?;
    let context = &context;
    args.consent.check_account(&mandate)?;
    if !args.consent.dry_run {
        journal.is_free(mandate.account(), &mandate.manifest.name).await?;
    }
    let changed = changed_by(context, &*journal, &of).await?;
    let way = look(context, &mandate, &changed).await?;
    if args.consent.dry_run {
        context.print(&match context.json() {
            true => json::text(&json::way(&run, &way)),
            false => table::way(&way, context.look()),
        })?;
        context.say("This was a dry run: nothing was changed.");
        return Ok(Exit::Done);
    }
    context.say(&table::way(&way, context.look_aside()));
    let approval = approve(context, &args.consent, &mandate, &way)?;
    let endpoint = context.global.endpoint_url.clone();
    let start = Start::Begin { endpoint };
    carry_out(context, &mandate, &*journal, (&of, &changed), way, approval, start).await
}

/// Goes on with a restore that was cut off.
pub(super) async fn resume(
    context: &Context,
    consent: &Consent,
    journal: &dyn Journal,
    mandate: Mandate,
    state: &RunState,
) -> Result<Exit, Error> {
    let run = &state.header.run;
    let of = restore::of_run(state).ok_or_else(|| {
        Error::Account(format!("Run {run} does not say which run it was to take back."))
    })?;
    let of = journal.load(&of).await?;
    let changed = changed(&of);
    if consent.dry_run {
        let way = look(context, &mandate, &changed).await?;
        context.say(&table::way(&way, context.look_aside()));
        context.say("This was a dry run: nothing was changed.");
        return Ok(Exit::Done);
    }
    let (open, state) = journal.reopen(run).await?;
    let way = look(context, &mandate, &changed).await?;
    context.say(&table::way(&way, context.look_aside()));
    let approval =
        approve(context, consent, &mandate, &Way { steps: open_steps(&state), ..way.clone() })?;
    let start = Start::Resume { open, state: Box::new(state) };
    carry_out(context, &mandate, journal, (&of, &changed), way, approval, start).await
}

fn open_steps(state: &RunState) -> Vec<crate::plan::Step> {
    let done =
        |state: &crate::journal::StepState| matches!(state, crate::journal::StepState::Done(_));
    state.steps.iter().filter(|one| !done(&one.state)).map(|one| one.step.clone()).collect()
}

enum Start {
    Begin { endpoint: Option<String> },
    Resume { open: crate::journal::OpenRun, state: Box<RunState> },
}

async fn look(context: &Context, mandate: &Mandate, changed: &[Changed]) -> Result<Way, Error> {
    context.say(&format!("Looking at what is there of {} resources …", changed.len()));
    let before = mandate.aws().session().lockouts();
    let today = restore::look(mandate.aws(), changed).await;
    still_let_in(mandate, before)?;
    Ok(restore::way(changed, &today))
}

/// What the run has changed, with what earlier restores of it have made again. Says so, where one
/// of those never came to its end.
async fn changed_by(
    context: &Context,
    journal: &dyn Journal,
    of: &RunState,
) -> Result<Vec<Changed>, Error> {
    let mut found = changed(of);
    let mut unfinished = None;
    for run in journal.runs().await?.iter().filter(|run| run.command == COMMAND) {
        let Ok(state) = journal.load(&run.run).await else { continue };
        if restore::of_run(&state).as_ref() != Some(&of.header.run) {
            continue;
        }
        note_earlier(&mut found, &state);
        unfinished = run.is_unfinished().then(|| run.run.clone());
    }
    if let Some(run) = unfinished {
        context.say(&format!(
            "note: run {run} began to restore {} and did not come to its end. To go on with it \
             instead: dismantle resume {run}",
            of.header.run
        ));
    }
    Ok(found)
}

fn approve(
    context: &Context,
    consent: &Consent,
    mandate: &Mandate,
    way: &Way,
) -> Result<Option<Approval>, Error> {
    if way.steps.is_empty() {
        return Ok(None);
    }
    let resources: std::collections::BTreeSet<_> =
        way.steps.iter().map(|step| &step.resource).collect();
    let what = format!(
        "{} about to be brought back in {}",
        match resources.len() {
            1 => "1 resource is".to_owned(),
            many => format!("{many} resources are"),
        },
        match way.steps.len() {
            1 => "1 step".to_owned(),
            many => format!("{many} steps"),
        },
    );
    consent.ask(context, mandate, &what).map(Some)
}

async fn carry_out(
    context: &Context,
    mandate: &Mandate,
    journal: &dyn Journal,
    (of, changed): (&RunState, &[Changed]),
    way: Way,
    approval: Option<Approval>,
    start: Start,
) -> Result<Exit, Error> {
    let interrupt = Interrupt::default();
    let watch = context.screen.watch_run();
    let restore =
        Restore { mandate, journal, of, changed, interrupt: &interrupt, observer: &watch };
    let listener = listen(interrupt.clone(), context.screen.clone());
    let outcome = match (approval, start) {
        (Some(approval), Start::Begin { endpoint }) => restore.begin(approval, way, endpoint).await,
        (Some(approval), Start::Resume { open, state }) => {
            restore.resume(approval, open, *state, way).await
        }
        (None, Start::Begin { .. }) => {
            context.say("Nothing is to be done.");
            Ok(restore.nothing(way))
        }
        // Every step is done already: all that is missing is its end.
        (None, Start::Resume { open, state }) => restore.all_done(open, *state, way).await,
    };
    listener.abort();
    if let Some(why) = interrupt.why() {
        watch.event(&Event::Stopping { why });
    }
    watch.clear();
    tell(context, &outcome?)
}

fn tell(context: &Context, outcome: &Outcome) -> Result<Exit, Error> {
    context.print(&match context.json() {
        true => json::text(&json::restore(outcome)),
        false => table::restore(outcome, context.look()),
    })?;
    Ok(match outcome.outcome {
        Ending::Clean | Ending::Nothing => Exit::Done,
        Ending::Incomplete => Exit::Incomplete,
        Ending::Interrupted => Exit::Interrupted,
    })
}
