//! The main job, shown from beginning to end in an account in memory.

mod show;
mod stage;

use super::context::Context;
use super::exit::Exit;
use super::sandbox::scale;
use crate::error::Error;
use stage::Stage;

/// Build the guide's lab in an account in memory, and take it apart
///
/// No AWS account is needed and nothing leaves this machine: the real program talks to an AWS
/// account in memory, over AWS's own SDK. Time runs faster there: half an hour of AWS's takes a
/// few seconds.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How slow the account's time is: 2 is twice as slow as usual, 0 waits for nothing
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = scale)]
    time_scale: f64,

    /// Die at this call of the removal, and resume
    #[arg(long, value_name = "CALL", value_parser = clap::value_parser!(u64).range(1..))]
    kill_at: Option<u64>,

    /// What ids and latencies are drawn from
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
}

pub async fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.no_csv()?;
    let stage = Stage::build(args.seed, args.time_scale).await?;
    show::welcome(context)?;
    let mandate = stage.enter().await?;
    let survey = context.survey(&mandate).await?;
    show::inventory(context, &mandate, &survey)?;
    show::plan(context, &survey.plan)?;
    show::before(context, &mandate)?;
    let outcome = match args.kill_at {
        None => stage.take_apart(context, &mandate, &survey).await?,
        Some(call) => {
            let met = stage.die_at(context, &mandate, &survey, call).await?;
            match met {
                stage::Met::Death(death) => {
                    show::death(context, &death)?;
                    stage.resume(context).await?
                }
                stage::Met::End(outcome) => {
                    show::no_death(context, call)?;
                    *outcome
                }
            }
        }
    };
    let witness = stage.witness(&mandate, &survey).await;
    show::proof(context, &outcome, &witness)?;
    match witness.left.is_empty() && witness.harmed.is_empty() {
        true => Ok(Exit::Done),
        false => Ok(Exit::Incomplete),
    }
}
