use clap_complete::Shell;

use super::context::Context;
use super::exit::Exit;
use crate::error::Error;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_enum)]
    shell: Shell,
}

pub fn run(context: &Context, args: &Args, command: &mut clap::Command) -> Result<Exit, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "dismantle", &mut script);
    context.print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
