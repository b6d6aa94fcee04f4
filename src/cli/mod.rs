//! The command line: one file a command, named as it is typed.
//!
//! A command's `Args` are its help text; its `run` reads top to bottom: resolve, check, act, say
//! what was done, say what comes next. No AWS call is made here: the rooms below do that.

mod apply;
mod completions;
mod consent;
mod context;
#[cfg(feature = "sandbox")]
mod demo;
mod destroy;
mod exit;
mod inventory;
mod log;
mod options;
mod plan;
mod progress;
mod restore;
mod resume;
mod run;
mod runs;
#[cfg(feature = "sandbox")]
mod sandbox;
mod schema;
mod tag;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::error::Error;
use context::Context;
use exit::Exit;
use options::Global;

/// Take an AWS lab apart, piece by piece, in the right order, and prove it
///
/// A manifest says what is the lab's. Dismantle looks at the account, works out from what uses
/// what in which order things can go, and removes what is the lab's and nothing else. Whatever
/// something staying still uses is not touched. Every step is written down before its call
/// leaves, so that a run that was cut off can be finished.
#[derive(Debug, Parser)]
#[command(
    name = "dismantle",
    version,
    max_term_width = 100,
    subcommand_help_heading = "Commands",
    after_long_help = AFTER_HELP
)]
struct Cli {
    #[command(flatten)]
    global: Global,

    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Where to start:
  dismantle demo                           see it at work, in an account in memory
  dismantle inventory -m lab.yaml          what is there, what would go, and why
  dismantle plan -m lab.yaml --out FILE    the steps in order, to be looked at and kept
  dismantle apply FILE                     do exactly that
  dismantle destroy -m lab.yaml            plan, ask, remove, prove
  dismantle resume                         finish what was cut off
  dismantle restore RUN                    take a run back, as far as that can be

Exit codes:
    0  done; nothing is left that should be gone
    1  error, or not everything could be seen
    2  wrong usage or manifest
    3  finished, but something failed, is blocked or is left
    4  refused by a guard; nothing was changed
    5  another run holds the journal
  130  interrupted; `dismantle resume` goes on";

#[derive(Debug, Subcommand)]
enum Command {
    Inventory(inventory::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Destroy(destroy::Args),
    Resume(resume::Args),
    Restore(restore::Args),
    Verify(verify::Args),
    Tag(tag::Args),
    Runs(runs::Args),
    #[cfg(feature = "sandbox")]
    Demo(demo::Args),
    #[cfg(feature = "sandbox")]
    Sandbox(sandbox::Args),
    Schema(schema::Args),
    Completions(completions::Args),
}

/// Runs the program with this process's arguments.
pub fn main() -> ExitCode {
    main_with(std::env::args_os())
}

fn main_with(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and versions are no errors; a closed pipe is nobody's fault.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let context = match Context::new(cli.global) {
        Ok(context) => context,
        Err(error) => return exit::said(&error),
    };
    match dispatch(&context, cli.command) {
        Ok(exit) => exit.into(),
        Err(error) => exit::said(&error),
    }
}

fn dispatch(context: &Context, command: Command) -> Result<Exit, Error> {
    match command {
        Command::Schema(args) => schema::run(context, &args),
        Command::Completions(args) => completions::run(context, &args, &mut Cli::command()),
        #[cfg(feature = "sandbox")]
        Command::Demo(args) => paused(demo::run(context, &args)),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => running(sandbox::run(context, &args)),
        Command::Inventory(args) => running(inventory::run(context, &args)),
        Command::Plan(args) => running(plan::run(context, &args)),
        Command::Apply(args) => running(apply::run(context, &args)),
        Command::Destroy(args) => running(destroy::run(context, &args)),
        Command::Resume(args) => running(resume::run(context, &args)),
        Command::Restore(args) => running(restore::run(context, &args)),
        Command::Verify(args) => running(verify::run(context, &args)),
        Command::Tag(args) => running(tag::run(context, &args)),
        Command::Runs(args) => running(runs::run(context, &args)),
    }
}

/// Runs a command on as many threads as there are processors.
fn running(work: impl Future<Output = Result<Exit, Error>>) -> Result<Exit, Error> {
    runtime(tokio::runtime::Builder::new_multi_thread().enable_all(), work)
}

/// Runs a command whose clock goes on only when everybody waits.
#[cfg(feature = "sandbox")]
fn paused(work: impl Future<Output = Result<Exit, Error>>) -> Result<Exit, Error> {
    runtime(tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true), work)
}

fn runtime(
    builder: &mut tokio::runtime::Builder,
    work: impl Future<Output = Result<Exit, Error>>,
) -> Result<Exit, Error> {
    let runtime =
        builder.build().map_err(|error| Error::io("the runtime could not be started", error))?;
    let result = runtime.block_on(work);
    // A lookup of a name that never answers must not hold the program back.
    runtime.shutdown_background();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// The whole reference in one file, so that a change to the help is seen in review.
    #[test]
    fn the_reference_is_as_it_was_reviewed() {
        fn help(command: &mut clap::Command, path: &str, text: &mut String) {
            let mut shown = command.clone().term_width(90);
            text.push_str(&format!("## {path}\n\n{}\n\n", shown.render_long_help()));
            let names: Vec<String> =
                command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
            for name in names.iter().filter(|name| *name != "help") {
                if let Some(sub) = command.find_subcommand_mut(name) {
                    help(sub, &format!("{path} {name}"), text);
                }
            }
        }
        let mut command = Cli::command();
        command.build();
        let mut text = String::new();
        help(&mut command, "dismantle", &mut text);
        insta::assert_snapshot!("reference", text);
    }
}
