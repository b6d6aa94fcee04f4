use std::collections::BTreeMap;

use super::consent::Consent;
use super::context::Context;
use super::exit::Exit;
use super::run::{self, Start};
use crate::aws::registry;
use crate::classify::Planned;
use crate::error::Error;
use crate::journal::{Journal, JournalError, RunId, RunOutcome, RunState, RunStatus};
use crate::mandate::Mandate;
use crate::manifest::Manifest;
use crate::restore::COMMAND;
use crate::teardown::About;

/// Go on with a run that was cut off, from its journal
///
/// The journal carries the run's manifest, so no -m is needed. What is done is not done again;
/// where a call left and no answer came, AWS is asked before anything else. Without RUN the
/// newest run that did not come to its end is taken (of the manifest that -m names, if any).
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run, as `dismantle runs list` shows it
    #[arg(value_name = "RUN")]
    run: Option<String>,

    #[command(flatten)]
    consent: Consent,
}

/// A run that the journal has, with its manifest's account entered.
pub(super) struct Entered {
    pub context: Context,
    pub mandate: Mandate,
    pub about: About,
}

/// Enters the account of a run as the run did: its manifest, its regions, its endpoint.
pub(super) async fn enter(context: &Context, state: &RunState) -> Result<Entered, Error> {
    let context = at_the_same_endpoint(context, state)?;
    let header = &state.header;
    let source = header.manifest_source.as_deref().unwrap_or("the run's manifest");
    let mut manifest = Manifest::parse(&header.manifest, source, registry::catalog())?;
    manifest.regions.retain(|region| header.regions.contains(region));
    let about = About::read(header);
    let mandate = context.enter(context.narrowed(manifest)?).await?;
    if mandate.account() != header.account {
        return Err(Error::Guard(format!(
            "Run {} is of account {}, and these credentials belong to {}. Nothing was changed.",
            header.run,
            header.account,
            mandate.account()
        )));
    }
    Ok(Entered { context, mandate, about })
}

pub async fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.no_csv()?;
    if !context.global.region.is_empty() {
        return Err(Error::Usage(
            "A run goes on in all of its regions, so `resume` takes no `--region`.".to_owned(),
        ));
    }
    args.consent.possible(context)?;
    let named = context.global.manifest.as_ref().map(|_| context.manifest()).transpose()?;
    let journal = context.journal(named.as_ref())?;
    let wanted = named.as_ref().map(|manifest| manifest.name.as_str());
    let run = which(&*journal, args.run.as_deref(), wanted).await?;
    let state = journal.load(&run).await?;
    if state.status() == RunStatus::Finished(RunOutcome::Clean) {
        context.say(&format!("Run {run} came to its end, and nothing was left."));
        context.say(&format!("What it did: dismantle runs show {run}"));
        return Ok(Exit::Done);
    }
    let Entered { context, mut mandate, about } = enter(context, &state).await?;
    let (context, header) = (&context, &state.header);
    args.consent.check_account(&mandate)?;
    if header.command == COMMAND {
        return super::restore::resume(context, &args.consent, &*journal, mandate, &state).await;
    }
    mandate.accepted_unseen.extend(&header.accept_unseen);
    if about.only_planned {
        mandate.planned = Some(planned(&state));
    }
    if args.consent.dry_run {
        let survey = context.survey(&mandate).await?;
        return run::dry(context, &mandate, &survey, run::open_steps(&state, &survey.plan));
    }
    // Two that resume at once: the second one is told before it asks.
    let (open, state) = journal.reopen(&run).await?;
    let survey = context.survey(&mandate).await?;
    let plan = run::open_steps(&state, &survey.plan);
    run::show_plan(context, &plan);
    let approval = run::approve(context, &args.consent, &mandate, &plan.steps)?;
    let start = Start::Resume { open, state: Box::new(state), survey };
    run::carry_out(context, &mandate, &*journal, approval, start).await
}

async fn which(
    journal: &dyn Journal,
    typed: Option<&str>,
    manifest_name: Option<&str>,
) -> Result<RunId, Error> {
    let place = journal.place();
    if let Some(typed) = typed {
        let missing = || JournalError::NoSuchRun { run: typed.chars().take(80).collect(), place };
        return RunId::parse(typed).ok_or_else(|| missing().into());
    }
    match journal.latest_unfinished(None, manifest_name).await? {
        Some(summary) => Ok(summary.run),
        None => Err(Error::Account(format!(
            "There is no run to go on with in the journal {place} . `dismantle runs list` shows \
             the runs that are there; `dismantle verify` looks whether anything is left."
        ))),
    }
}

/// A run that was at an emulator goes on there.
fn at_the_same_endpoint(context: &Context, state: &RunState) -> Result<Context, Error> {
    let mut global = context.global.clone();
    global.manifest = None;
    if global.endpoint_url.is_none() {
        global.endpoint_url.clone_from(&state.header.endpoint_url);
    }
    let mut same = Context::new(global)?;
    same.clock = context.clock.clone();
    Ok(same)
}

fn planned(state: &RunState) -> BTreeMap<crate::resource::ResourceId, Planned> {
    let things = state.steps.iter().map(|record| {
        let step = &record.step;
        (step.resource.clone(), Planned { pin: step.pin.clone(), created: step.created })
    });
    things.collect()
}
