use super::context::Context;
use super::exit::Exit;
use super::options::Output;
use crate::error::Error;
use crate::report::{InventoryView, csv, json, table};

/// Show what of the lab is in the account, what would become of it, and why
///
/// Read-only. Each row has a decision: delete, stop, pending (on its way already), keep, or
/// blocked (something that stays still uses it). Exits with 1 if not everything could be seen.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show what is not the lab's, too
    #[arg(long)]
    all: bool,
}

pub async fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    let mandate = context.enter(context.manifest()?).await?;
    let survey = context.survey(&mandate).await?;
    let view = InventoryView {
        account: mandate.account(),
        manifest: &mandate.manifest,
        inventory: &survey.inventory,
        classification: &survey.decided,
        catalog: mandate.catalog(),
        now: survey.now,
        all: args.all,
    };
    context.print(&match context.global.output {
        Output::Table => table::inventory(&view, context.look()),
        Output::Json => json::text(&json::inventory(&view)),
        Output::Csv => csv::inventory(&view),
    })?;
    if !survey.plan.steps.is_empty() {
        context.say("The steps in order: dismantle plan. To remove it: dismantle destroy.");
    }
    match mandate.unseen(&survey).is_empty() {
        true => Ok(Exit::Done),
        false => Ok(Exit::Error),
    }
}
