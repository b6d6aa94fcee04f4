use super::consent::Consent;
use super::context::Context;
use super::exit::Exit;
use super::run::{self, Start};
use crate::error::Error;
use crate::teardown::{About, plan_file};

/// Plan, ask, remove, and look whether it is gone
///
/// Shows what is about to go, asks for the manifest's name, and removes it in order, side by
/// side where that can be. Every step is written to the journal before its call leaves. In the
/// end the account is looked at again.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    consent: Consent,
}

pub async fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.no_csv()?;
    args.consent.possible(context)?;
    let manifest = context.manifest()?;
    let journal = context.journal(Some(&manifest))?;
    let mandate = context.enter(manifest).await?;
    args.consent.check_account(&mandate)?;
    if !args.consent.dry_run {
        journal.is_free(mandate.account(), &mandate.manifest.name).await?;
    }
    run::mention_unfinished(context, &*journal, &mandate).await?;
    let survey = context.survey(&mandate).await?;
    if args.consent.dry_run {
        return run::dry(context, &mandate, &survey, survey.plan.clone());
    }
    mandate.within_limits(&survey)?;
    run::show(context, &mandate, &survey);
    let approval = run::approve(context, &args.consent, &mandate, &survey.plan.steps)?;
    let about = About {
        command: "destroy",
        plan_digest: Some(plan_file(&mandate, &survey).digest()?),
        endpoint_url: context.global.endpoint_url.clone(),
        only_planned: false,
    };
    let steps = survey.plan.steps.clone();
    let start = Start::Begin { about, survey, steps, changed: Vec::new() };
    run::carry_out(context, &mandate, &*journal, approval, start).await
}
