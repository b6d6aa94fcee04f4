use super::context::Context;
use super::exit::Exit;
use crate::beyond;
use crate::error::Error;
use crate::report::{json, table};
use crate::teardown::verified;

/// Look again: what is left, what is pending and until when
///
/// Read-only. Exits with 3 if something is left that should be gone, or if not everything could
/// be seen, because then nobody can say so. What carries the lab's tags in other services, such as
/// load balancers and volumes, is listed too, with the command that shows it; the exit code does
/// not hang on it.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub async fn run(context: &Context, _: &Args) -> Result<Exit, Error> {
    context.no_csv()?;
    let mandate = context.enter(context.manifest()?).await?;
    let survey = context.survey(&mandate).await?;
    let verified = verified(&mandate, &survey);
    let beyond = beyond::look(&mandate, &survey).await;
    context.print(&match context.json() {
        true => json::text(&json::verify(&verified, &beyond)),
        false => {
            let look = context.look();
            format!("{}{}", table::verify(&verified, look), table::beyond(&beyond, look))
        }
    })?;
    if !verified.left.is_empty() {
        context.say("To remove what is left: dismantle destroy.");
    }
    match verified.left.is_empty() && !verified.is_blind() {
        true => Ok(Exit::Done),
        false => Ok(Exit::Incomplete),
    }
}
