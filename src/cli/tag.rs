use super::consent::Consent;
use super::context::Context;
use super::exit::Exit;
use crate::error::Error;
use crate::report::{json, table};
use crate::tagging::{self, Tagging};

/// Write the lab's tags on what the manifest matches
///
/// Project, Environment and Component are read out of names by the manifest's `labels`;
/// dismantle:lab is the manifest's name. A tag that is there with another value stays and is
/// reported. Neighbours are never tagged.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    consent: Consent,
}

pub async fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.no_csv()?;
    args.consent.possible(context)?;
    let mandate = context.enter(context.manifest()?).await?;
    args.consent.check_account(&mandate)?;
    let survey = context.survey(&mandate).await?;
    let wanted = tagging::wanted(&mandate, &survey);
    let blind = !mandate.unseen(&survey).is_empty();
    if args.consent.dry_run || wanted.written.is_empty() {
        print(context, &wanted, args.consent.dry_run)?;
        return Ok(match (blind, args.consent.dry_run) {
            (false, _) => Exit::Done,
            (true, true) => Exit::Error,
            (true, false) => Exit::Incomplete,
        });
    }
    if !args.consent.yes {
        context.say(&table::tagging(&wanted, true, context.look_aside()));
    }
    let what = format!("Tags are about to be written on {} resources", wanted.written.len());
    let approval = args.consent.ask(context, &mandate, &what)?;
    let done = tagging::write(&mandate, approval, &survey, wanted).await;
    print(context, &done, false)?;
    match done.failed.is_empty() && !blind {
        true => Ok(Exit::Done),
        false => Ok(Exit::Incomplete),
    }
}

fn print(context: &Context, tagging: &Tagging, dry_run: bool) -> Result<(), Error> {
    context.print(&match context.json() {
        true => json::text(&json::tagging(tagging)),
        false => table::tagging(tagging, dry_run, context.look()),
    })
}
