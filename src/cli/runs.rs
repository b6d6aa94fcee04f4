use clap::Subcommand;

use super::context::Context;
use super::exit::Exit;
use crate::error::Error;
use crate::journal::{JournalError, RunId};
use crate::report::{json, table};

/// Read the journal
///
/// Nothing is asked of AWS. A run that cannot be read is listed too, and says so.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the runs that the journal knows, the newest first
    List,
    /// Show every step of a run, and what came of it
    Show {
        /// The run, as `dismantle runs list` shows it
        #[arg(value_name = "RUN")]
        run: String,
    },
}

pub async fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.no_csv()?;
    let named = context.global.manifest.as_ref().map(|_| context.manifest()).transpose()?;
    let journal = context.journal(named.as_ref())?;
    let text = match &args.what {
        What::List => {
            let runs = journal.runs().await?;
            match context.json() {
                true => json::text(&json::runs(&runs)),
                false => table::runs(&runs, context.look()),
            }
        }
        What::Show { run: typed } => {
            let place = journal.place();
            let missing =
                || JournalError::NoSuchRun { run: typed.chars().take(80).collect(), place };
            let run = RunId::parse(typed).ok_or_else(missing)?;
            let state = journal.load(&run).await?;
            match context.json() {
                true => json::text(&json::run(&state)),
                false => table::run(&state, context.look()),
            }
        }
    };
    context.print(&text)?;
    Ok(Exit::Done)
}
