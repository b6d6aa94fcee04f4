use std::path::PathBuf;

use clap::ValueEnum;

use super::context::Context;
use super::exit::Exit;
use crate::error::Error;
use crate::report::{graph, shell_word, table};
use crate::teardown::plan_file;

/// Show the steps in order, with what is kept and blocked
///
/// Read-only. With --out the plan is written to a file, for `dismantle apply` to do exactly
/// that. Exits with 1 if not everything could be seen.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write the plan to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Print a picture of the plan instead
    #[arg(long, value_name = "FORMAT", value_enum)]
    graph: Option<Graph>,

    /// Exit with 0 if there is nothing to do, with 10 if there is
    #[arg(long)]
    detailed_exitcode: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Graph {
    Svg,
    Dot,
    Mermaid,
}

impl From<Graph> for graph::Format {
    fn from(format: Graph) -> Self {
        match format {
            Graph::Svg => Self::Svg,
            Graph::Dot => Self::Dot,
            Graph::Mermaid => Self::Mermaid,
        }
    }
}

pub async fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.no_csv()?;
    let mandate = context.enter(context.manifest()?).await?;
    let survey = context.survey(&mandate).await?;
    let file = plan_file(&mandate, &survey);
    if let Some(path) = &args.out {
        file.write(path)?;
    }
    let text = match (args.graph, context.json()) {
        (Some(format), _) => graph::plan(&survey.plan, format.into()),
        (None, true) => String::from_utf8_lossy(&file.to_bytes()?).into_owned(),
        (None, false) => {
            let unseen = mandate.unseen(&survey);
            let gaps = table::gaps(&unseen, &survey.inventory.unavailable());
            format!("{}{gaps}", table::plan(&survey.plan, context.look()))
        }
    };
    context.print(&text)?;
    if let Some(path) = &args.out {
        let path = path.display().to_string();
        let word = shell_word(&path);
        context.say(&format!("Written to {word} . To do this: dismantle apply {word}"));
    } else if !survey.plan.steps.is_empty() {
        context.say("To keep this plan: --out FILE. To do it now: dismantle destroy.");
    }
    if !mandate.unseen(&survey).is_empty() {
        return Ok(Exit::Error);
    }
    match args.detailed_exitcode && !survey.plan.steps.is_empty() {
        true => Ok(Exit::Something),
        false => Ok(Exit::Done),
    }
}
