use super::context::Context;
use super::exit::Exit;
use crate::error::Error;
use crate::report::json;

/// Print the manifest's JSON Schema, for editors
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(context: &Context, _: &Args) -> Result<Exit, Error> {
    context.print(&json::text(&crate::manifest::schema()))?;
    Ok(Exit::Done)
}
