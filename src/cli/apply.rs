use std::collections::BTreeMap;
use std::path::PathBuf;

use super::consent::Consent;
use super::context::Context;
use super::exit::Exit;
use super::run::{self, Start};
use crate::aws::registry;
use crate::classify::Planned;
use crate::error::Error;
use crate::manifest::Manifest;
use crate::plan::{PlanFile, PlanFileError};
use crate::resource::ResourceId;
use crate::teardown::{About, still_planned};

/// Do exactly what a plan file says
///
/// The file carries its manifest, so no -m is needed. The account is looked at afresh: what has
/// changed since the plan was made (another thing under the old name, a protection, a new
/// neighbour that uses it) is left alone and reported; what is not in the plan stays.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What `dismantle plan --out FILE` wrote
    #[arg(value_name = "FILE")]
    plan: PathBuf,

    #[command(flatten)]
    consent: Consent,
}

pub async fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.no_csv()?;
    let file = PlanFile::read(&args.plan)?;
    args.consent.possible(context)?;
    let manifest = manifest_of(context, &file)?;
    let journal = context.journal(Some(&manifest))?;
    let mut mandate = context.enter(manifest).await?;
    if mandate.account() != file.account {
        return Err(Error::Guard(format!(
            "The plan was made for account {}, and these credentials belong to {}. Nothing was \
             changed.",
            file.account,
            mandate.account()
        )));
    }
    args.consent.check_account(&mandate)?;
    if !args.consent.dry_run {
        journal.is_free(mandate.account(), &mandate.manifest.name).await?;
    }
    run::mention_unfinished(context, &*journal, &mandate).await?;
    mandate.accepted_unseen.extend(&file.accept_unseen);
    mandate.planned = Some(planned(&file));
    let survey = context.survey(&mandate).await?;
    let (steps, changed) = still_planned(&file.steps, &survey);
    let mut plan = survey.plan.clone();
    plan.steps = steps.clone();
    plan.blocked.extend(changed.iter().cloned());
    if args.consent.dry_run {
        return run::dry(context, &mandate, &survey, plan);
    }
    mandate.within_limits(&survey)?;
    run::show_plan(context, &plan);
    let approval = run::approve(context, &args.consent, &mandate, &steps)?;
    let about = About {
        command: "apply",
        plan_digest: Some(file.digest()?),
        endpoint_url: context.global.endpoint_url.clone(),
        only_planned: true,
    };
    let start = Start::Begin { about, survey, steps, changed };
    run::carry_out(context, &mandate, &*journal, approval, start).await
}

/// The manifest that the plan was made from, in the regions that it was made for.
fn manifest_of(context: &Context, file: &PlanFile) -> Result<Manifest, Error> {
    if context.global.manifest.is_some() {
        return Err(Error::Usage(
            "A plan file carries the manifest that it was made from, so `apply` takes no `-m`. To \
             use another manifest, make a new plan: `dismantle plan -m FILE --out FILE`."
                .to_owned(),
        ));
    }
    let source = file.manifest_source.as_deref().unwrap_or("the plan's manifest");
    let mut manifest = Manifest::parse(&file.manifest, source, registry::catalog())?;
    if file.regions.iter().any(|region| !manifest.regions.contains(region)) {
        let why = "it has regions that its manifest does not name".to_owned();
        return Err(PlanFileError::NotAPlan { why }.into());
    }
    manifest.regions.clone_from(&file.regions);
    context.narrowed(manifest)
}

fn planned(file: &PlanFile) -> BTreeMap<ResourceId, Planned> {
    let things = file.steps.iter().map(|step| {
        let planned = Planned { pin: step.pin.clone(), created: step.created };
        (step.resource.clone(), planned)
    });
    things.collect()
}
