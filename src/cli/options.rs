//! What every command takes.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

use crate::resource::{Kind, Region};

const HEADING: &str = "Global options";

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    Table,
    /// One JSON document
    Json,
    /// For a spreadsheet (inventory only)
    Csv,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = HEADING)]
pub struct Global {
    /// The manifest: a YAML file that says what is the lab's and what stays
    #[arg(short, long, global = true, value_name = "FILE")]
    pub manifest: Option<PathBuf>,

    /// Only these of the manifest's regions; may be given several times
    #[arg(long, global = true, value_name = "REGION", value_parser = region)]
    pub region: Vec<Region>,

    /// The profile of the AWS configuration to take credentials from
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,

    /// Another endpoint than AWS's, such as an emulator's
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,

    /// Let an endpoint be plain http although it is not on this machine
    #[arg(long, global = true)]
    pub insecure_endpoint: bool,

    /// How results are printed
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t = Output::Table)]
    pub output: Output,

    /// Go on although a kind could not be seen; may be given several times
    ///
    /// What such a kind could use is blocked otherwise.
    #[arg(long, global = true, value_name = "KIND", value_parser = kind)]
    pub accept_unseen: Vec<Kind>,

    /// The journal's file, instead of dismantle/journal.sqlite in the user's state directory
    #[arg(long, global = true, value_name = "PATH")]
    pub journal: Option<String>,

    /// Say more, on stderr: calls that failed, and with -vv every call
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,

    /// Say nothing on stderr but errors
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// No colours, and no bars that move
    #[arg(long, global = true)]
    pub no_color: bool,
}

fn region(text: &str) -> Result<Region, String> {
    Region::parse(text).map_err(|error| error.to_string())
}

/// A kind that Dismantle knows.
fn kind(text: &str) -> Result<Kind, String> {
    let kind = Kind::parse(text).map_err(|error| error.to_string())?;
    let catalog = crate::aws::registry::catalog();
    if catalog.get(kind).is_some() {
        return Ok(kind);
    }
    let near = catalog
        .kinds()
        .map(|facts| (strsim::jaro_winkler(facts.kind.as_str(), text), facts.kind))
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    Err(match near {
        Some((_, near)) => format!("there is no kind {text}; did you mean {near}?"),
        None => format!("there is no kind {text}"),
    })
}
